from collections.abc import Sequence

from ha_bridge.domain.cardinality import LOOKS, GuardedLayout
from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.points import Point, Series
from tests.making import state


class OneSeriesAnEntity:
    """A layout of two points an event, one of them in a series that all share."""

    def points(self, event: Event) -> Sequence[Point]:
        assert isinstance(event, StateEvent)
        series = (Series("shared", {}), Series("m", {"entity_id": event.entity_id}))
        return [Point(each, {"value": 1.0}, event.time) for each in series]


class OneMeasurementAnEntity:
    def points(self, event: Event) -> Sequence[Point]:
        assert isinstance(event, StateEvent)
        return [Point(Series(event.entity_id, {}), {"value": 1.0}, event.time)]


def test_known_series_go_on_and_new_ones_are_refused() -> None:
    guard = GuardedLayout(OneSeriesAnEntity(), most=2)
    assert len(guard.points(state("sensor.a"))) == 2
    assert len(guard.points(state("sensor.b"))) == 1
    assert len(guard.points(state("sensor.a"))) == 2
    assert (guard.series, guard.refused) == (2, 1)


def test_it_knows_which_measurements_have_how_many_series_and_with_which_fields_they_began() -> None:
    guard = GuardedLayout(OneSeriesAnEntity(), most=10)
    for name in ("sensor.a", "sensor.b", "sensor.a"):
        guard.points(state(name))
    assert guard.largest(1) == {"m": 2}
    assert guard.largest(9) == {"m": 2, "shared": 1}
    assert guard.shape() == {"m": {"value": "float"}, "shared": {"value": "float"}}


class WithAttributes:
    """A layout whose points have a field for each attribute."""

    def points(self, event: Event) -> Sequence[Point]:
        assert isinstance(event, StateEvent)
        return [Point(Series("m", {}), dict(event.attributes or {}), event.time)]


def test_a_field_that_comes_later_is_learnt_of_the_points_that_go_out() -> None:
    guard = GuardedLayout(WithAttributes(), most=10)
    guard.look(guard.points(state("sensor.a", attributes={"value": 1.0})))
    later = guard.points(state("sensor.a", attributes={"value": "text", "battery": 5}))
    assert guard.shape() == {"m": {"value": "float"}}
    guard.look(later)
    assert guard.shape() == {"m": {"value": "float", "battery": "integer"}}
    assert guard.fields == 2


def test_of_many_points_the_first_are_looked_at_until_it_is_asked_again() -> None:
    guard = GuardedLayout(WithAttributes(), most=10)
    points = [Point(Series("m", {}), {f"f{number}": 1.0}, number) for number in range(LOOKS + 2)]
    guard.look(points[:2])
    guard.look(points[2:])
    assert guard.fields == LOOKS
    guard.look_again()
    guard.look(points[LOOKS:])
    assert guard.fields == LOOKS + 2


def test_it_warns_before_it_refuses_and_says_of_what_there_is_most() -> None:
    guard = GuardedLayout(OneSeriesAnEntity(), most=5)
    guard.points(state("sensor.a"))
    guard.points(state("sensor.b"))
    assert guard.worry("sinks.x.max_series") == ""
    guard.points(state("sensor.c"))
    assert guard.worry("sinks.x.max_series").startswith("80% of sinks.x.max_series are in use")
    guard.points(state("sensor.d"))
    guard.points(state("sensor.e"))
    worry = guard.worry("sinks.x.max_series")
    assert worry.startswith("new series are refused: exclude entities or raise sinks.x.max_series")
    assert worry.endswith("most are in m, shared")
    assert GuardedLayout(OneSeriesAnEntity(), most=0).worry("k").startswith("80% of k")


def test_what_is_shown_does_not_grow_with_the_entities() -> None:
    guard = GuardedLayout(OneMeasurementAnEntity(), most=1000)
    for number in range(100):
        guard.points(state(f"sensor.{number}"))
    assert (len(guard.largest(10)), len(guard.measurements)) == (10, 100)
