"""Keeping a mistake from drowning a server in series."""

from collections.abc import Sequence

from ha_bridge.domain.events import Event
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Layout


class GuardedLayout:
    """A layout that refuses points of new series once there are `most`; those of known ones go on."""

    def __init__(self, layout: Layout, most: int) -> None:
        self._layout = layout
        self._most = most
        self._known: set[str] = set()
        self.refused = 0

    @property
    def series(self) -> int:
        return len(self._known)

    def points(self, event: Event) -> Sequence[Point]:
        points = self._layout.points(event)
        for point in points:
            if point.series.key not in self._known:
                return self._meet(points)
        return points

    def _meet(self, points: Sequence[Point]) -> Sequence[Point]:
        return [point for point in points if self._admits(point.series.key)]

    def _admits(self, key: str) -> bool:
        if key in self._known:
            return True
        if len(self._known) >= self._most:
            self.refused += 1
            return False
        self._known.add(key)
        return True
