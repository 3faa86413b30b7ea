"""What is written: points, each of a series, as InfluxDB understands the words."""

from collections.abc import Mapping

import msgspec

FieldValue = float | int | bool | str


class Series:
    """A measurement with its tags: the identity that points of different times share.

    Made once per entity and cached; `key` is its escaped line-protocol prefix, tags sorted by key.
    Empty tag values must have been left out by the maker.
    """

    __slots__ = ("key", "measurement", "tags")

    def __init__(self, measurement: str, tags: Mapping[str, str]) -> None:
        from ha_bridge.domain.line_protocol import series_key  # noqa: PLC0415 - the two know each other

        self.measurement = measurement
        self.tags = dict(sorted(tags.items()))
        self.key = series_key(measurement, self.tags)


class Point(msgspec.Struct, frozen=True, gc=False):
    """One line. `time` is in microseconds since the Unix epoch; `fields` has at least one entry."""

    series: Series
    fields: Mapping[str, FieldValue]
    time: int
