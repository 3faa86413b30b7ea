"""Keeping a mistake from drowning a server in series, and knowing where they come from."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ha_bridge.domain.events import Event
from ha_bridge.domain.field_types import FieldType, Written, type_of
from ha_bridge.domain.layouts.reduced import Reshape, reshaped
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Layout

FULL = 0.8
"""The share of the series that may be in use before that is worth a warning."""

NAMED = 3

LOOKS = 200
"""Points whose fields are looked at between two questions for the shape: all, but under load."""


class GuardedLayout:
    """A layout that refuses points of new series once there are `most`; those of known ones go on.

    `measurements`: how many series each has. `fields`: how many there are, those of one name once for each measurement.
    """

    def __init__(self, layout: Layout, most: int) -> None:
        self._layout = layout
        self._most = most
        self._known: set[str] = set()
        self.measurements: Counter[str] = Counter()
        self._fields: dict[str, dict[str, FieldType]] = {}
        self._looks = LOOKS
        self.fields = 0
        self.refused = 0

    @property
    def series(self) -> int:
        return len(self._known)

    def points(self, event: Event, reshape: Reshape | None = None) -> Sequence[Point]:
        """The points of an event, in the shape that rules give them."""
        points = reshaped(self._layout, event, reshape) if reshape else self._layout.points(event)
        for point in points:
            if point.series.key not in self._known:
                return self._meet(points)
        return points

    def largest(self, most: int) -> Mapping[str, int]:
        """The measurements with the most series: a bounded number of them, however many there are."""
        return dict(self.measurements.most_common(most))

    def look(self, points: Sequence[Point]) -> None:
        """Learn the fields of points that go out. A batch's cost and not an event's: of many, the first are looked at."""
        for point in points[: self._looks]:
            self._note_fields(point)
        self._looks -= min(self._looks, len(points))

    def look_again(self) -> None:
        """As many points as at first may be looked at."""
        self._looks = LOOKS

    def shape(self) -> Written:
        """The fields of each measurement with their types; a copy."""
        return {measurement: dict(fields) for measurement, fields in self._fields.items()}

    def worry(self, key: str) -> str:
        """Say what is about to go wrong, or does; `key` names the setting of the limit. Empty while all is well."""
        if not self.refused and self.series < FULL * self._most:
            return ""
        most = f"most are in {', '.join(self.largest(NAMED)) or 'nothing'}"
        if self.refused:
            return f"new series are refused: exclude entities or raise {key}; {most}"
        return f"{FULL:.0%} of {key} are in use, beyond which new series are refused; {most}"

    def _meet(self, points: Sequence[Point]) -> Sequence[Point]:
        return [point for point in points if self._admits(point)]

    def _admits(self, point: Point) -> bool:
        key = point.series.key
        if key in self._known:
            return True
        if len(self._known) >= self._most:
            self.refused += 1
            return False
        self._known.add(key)
        self.measurements[point.series.measurement] += 1
        self._note_fields(point)
        return True

    def _note_fields(self, point: Point) -> None:
        types = self._fields.setdefault(point.series.measurement, {})
        for name, value in point.fields.items():
            if name not in types:
                types[name] = type_of(value)
                self.fields += 1
