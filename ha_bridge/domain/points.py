"""What is written: points, each of a series, as InfluxDB understands the words."""

from collections.abc import Mapping

import msgspec

from ha_bridge.domain.escapes import series_key

FieldValue = float | int | bool | str


class Series:
    """A measurement with its tags: the identity that points of different times share.

    Made once per entity and cached; `key` is its escaped line-protocol prefix, tags sorted by key.
    Tags with an empty key or value do not exist in InfluxDB and are left out.
    """

    __slots__ = ("key", "measurement", "tags")

    def __init__(self, measurement: str, tags: Mapping[str, str]) -> None:
        self.measurement = measurement
        self.tags = {key: tags[key] for key in sorted(tags) if key and tags[key]}
        self.key = series_key(measurement, self.tags)


class Point(msgspec.Struct, frozen=True, gc=False):
    """One line. `time` is in microseconds since the Unix epoch; `fields` has at least one entry.

    `nanos`: nanoseconds after `time`, 0 to 999, that tell apart what happened in the same microsecond.
    """

    series: Series
    fields: Mapping[str, FieldValue]
    time: int
    nanos: int = 0
