from collections.abc import Callable, Sequence

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.routing import Outlet, Router, Routing
from tests.making import batch, state


class Everything:
    def wants(self, event: Event) -> bool:
        return True


class Only:
    def __init__(self, test: Callable[[Event], bool]) -> None:
        self._test = test

    def wants(self, event: Event) -> bool:
        return self._test(event)


class Copies:
    """A layout of `count` points an event; it notes the attributes it saw."""

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self.seen: list[object] = []

    def points(self, event: Event) -> Sequence[Point]:
        if isinstance(event, StateEvent):
            self.seen.append(event.attributes)
        return [Point(Series("m", {}), {"value": 1.0}, event.time)] * self._count


def outlet(name: str, bit: int, count: int = 1, test: Callable[[Event], bool] = lambda event: True) -> Outlet:
    return Outlet(name, bit, Only(test), GuardedLayout(Copies(count), 10**6))


def test_every_sink_gets_what_it_wants_and_owes_an_answer_for_it() -> None:
    router = Router(
        Routing(Everything(), [outlet("a", 1), outlet("b", 2, test=lambda event: event.time > 1)])
    )
    routed = router.route(batch([state(time=1), state(time=2)]))
    assert {name: list(points.seqs) for name, points in routed.points.items()} == {"a": [0, 1], "b": [1]}
    assert routed.owing == {0: 1, 1: 3}
    assert not routed.filtered


def test_what_nobody_wants_is_filtered() -> None:
    router = Router(
        Routing(Only(lambda event: event.time != 1), [outlet("a", 1, test=lambda event: event.time != 2)])
    )
    routed = router.route(batch([state(time=1), state(time=2), state(time=3)]))
    assert list(routed.filtered) == [0, 1]
    assert list(routed.points["a"].seqs) == [2]


def test_an_event_without_points_is_filtered() -> None:
    routed = Router(Routing(Everything(), [outlet("a", 1, count=0)])).route(batch([state()]))
    assert (routed.points, list(routed.filtered)) == ({}, [0])


def test_several_points_of_an_event_stand_side_by_side() -> None:
    routed = Router(Routing(Everything(), [outlet("a", 1, count=2)])).route(
        batch([state(time=1), state(time=2)])
    )
    assert list(routed.points["a"].seqs) == [0, 0, 1, 1]


def test_a_road_without_attributes_borrows_the_latest_known_ones() -> None:
    layout = Copies()
    router = Router(Routing(Everything(), [Outlet("a", 1, Everything(), GuardedLayout(layout, 10**6))]))
    known = {"unit_of_measurement": "W"}
    router.route(batch([state("sensor.b"), state(attributes=known), state(), BusEvent(1, "x", {})]))
    assert layout.seen == [None, known, known]


def test_history_borrows_attributes_and_lends_none() -> None:
    layout = Copies()
    router = Router(Routing(Everything(), [Outlet("a", 1, Everything(), GuardedLayout(layout, 10**6))]))
    old, new = {"unit_of_measurement": "kW"}, {"unit_of_measurement": "W"}
    router.route(batch([state(attributes=new)]))
    router.route(batch([state(attributes=old), state()], "history"))
    router.route(batch([state()]))
    assert layout.seen == [new, old, new, new]


def test_other_rules_hold_from_the_next_batch_on() -> None:
    router = Router(Routing(Everything(), [outlet("a", 1)]))
    router.ask_for(Routing(Only(lambda event: False), [outlet("a", 1)]))
    assert router.renew()
    assert not router.renew()
    assert list(router.route(batch([Reading(1, "m", {}, {"value": 1.0})])).filtered) == [0]
