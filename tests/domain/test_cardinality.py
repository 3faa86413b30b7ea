from collections.abc import Sequence

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.points import Point, Series
from tests.making import state


class OneSeriesAnEntity:
    """A layout of two points an event, one of them in a series that all share."""

    def points(self, event: Event) -> Sequence[Point]:
        assert isinstance(event, StateEvent)
        series = (Series("shared", {}), Series("m", {"entity_id": event.entity_id}))
        return [Point(each, {"value": 1.0}, event.time) for each in series]


def test_known_series_go_on_and_new_ones_are_refused() -> None:
    guard = GuardedLayout(OneSeriesAnEntity(), most=2)
    assert len(guard.points(state("sensor.a"))) == 2
    assert len(guard.points(state("sensor.b"))) == 1
    assert len(guard.points(state("sensor.a"))) == 2
    assert (guard.series, guard.refused) == (2, 1)
