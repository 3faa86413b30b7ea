"""Any layout, cut down to what its sink can hold: coarser times, numbers alone."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from ha_bridge.domain.events import Event
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Layout

Reshape = Callable[[Sequence[Point]], Sequence[Point]]


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
        return self.reduced(self._layout.points(event))

    def reshaped(self, event: Event, reshape: Reshape) -> Sequence[Point]:
        """The same of what a rule makes of the points: it may have made texts."""
        return self.reduced(reshape(self._layout.points(event)))

    def reduced(self, points: Sequence[Point]) -> Sequence[Point]:
        if not self._strings:
            points = [kept for point in points if (kept := _numbers(point))]
        if self._tick == 1:
            return points
        return [replace(point, time=point.time - point.time % self._tick, nanos=0) for point in points]


def reshaped(layout: Layout, event: Event, reshape: Reshape) -> Sequence[Point]:
    """The points that a layout makes of an event, as rules reshape them."""
    if isinstance(layout, ReducedLayout):
        return layout.reshaped(event, reshape)
    return reshape(layout.points(event))


def _numbers(point: Point) -> Point | None:
    """Leave out the texts; None where nothing else is in it."""
    fields = {name: value for name, value in point.fields.items() if not isinstance(value, str)}
    return replace(point, fields=fields) if fields else None
