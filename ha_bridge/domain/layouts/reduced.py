"""Any layout, cut down to what its sink can hold: coarser times, numbers alone."""

from collections.abc import Sequence

from msgspec.structs import replace

from ha_bridge.domain.events import Event
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Layout


class ReducedLayout:
    """Leaves out text fields unless there are to be `strings`, and cuts times to whole `tick`s of microseconds.

    Cut, not rounded, as Home Assistant's own integration does it: an event gives the same point whenever it is sent.
    Two changes of an entity within a tick become one point, of which the later written wins.
    """

    def __init__(self, layout: Layout, *, strings: bool, tick: int) -> None:
        self._layout = layout
        self._strings = strings
        self._tick = tick

    def points(self, event: Event) -> Sequence[Point]:
        points = self._layout.points(event)
        if not self._strings:
            points = [kept for point in points if (kept := _numbers(point))]
        if self._tick == 1:
            return points
        return [replace(point, time=point.time - point.time % self._tick, nanos=0) for point in points]


def _numbers(point: Point) -> Point | None:
    """Leave out the texts; None where nothing else is in it."""
    fields = {name: value for name, value in point.fields.items() if not isinstance(value, str)}
    return replace(point, fields=fields) if fields else None
