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


class GuardedLayout:
    """A layout that refuses points of new series once there are `most`; those of known ones go on.

    `measurements`: how many series each has.
    """

    def __init__(self, layout: Layout, most: int) -> None:
        self._layout = layout
        self._most = most
        self._known: set[str] = set()
        self.measurements: Counter[str] = Counter()
        self._fields: dict[str, dict[str, FieldType]] = {}
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

    def shape(self) -> Written:
        """The fields of each measurement with their types, as far as series began with them; a copy."""
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
        self._note(point)
        return True

    def _note(self, point: Point) -> None:
        measurement = point.series.measurement
        self.measurements[measurement] += 1
        types = self._fields.setdefault(measurement, {})
        types.update({name: type_of(value) for name, value in point.fields.items()})
