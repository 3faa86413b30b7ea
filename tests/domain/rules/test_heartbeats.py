"""Repeating what has not changed."""

from collections.abc import Sequence
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import HEARTBEAT, BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.layouts import BridgeLayout, BridgeOptions
from ha_bridge.domain.line_protocol import line
from ha_bridge.domain.points import Point
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.routing import Outlet, Router, Routing
from ha_bridge.domain.rules import Rules
from ha_bridge.domain.rules.heartbeats import GRACE
from ha_bridge.domain.selection import Patterns, Selection
from ha_bridge.unit_conversion import conversion
from tests.domain.rules.making import apply, registry, rule, rules, state
from tests.making import SECOND, batch

ALL = Selection(Patterns(), Patterns())


def beating(**more: object) -> Rules:
    return rules(rule({"domains": ("sensor",)}, heartbeat=10, **more))


def repeats(of: Rules, seconds: float) -> list[tuple[float, str | None]]:
    """Give what is repeated at a tick then: time in seconds and state."""
    due = [
        shaped.event for event in of.heartbeats.due(round(seconds * SECOND)) if (shaped := of.repeat(event))
    ]
    return [(event.time / SECOND, event.state) for event in due if isinstance(event, StateEvent)]


def test_at_every_full_interval_of_the_clock_the_present_value_is_repeated_once() -> None:
    beat = beating()
    assert repeats(beat, 100) == []
    apply(beat, state("1", 101))
    assert repeats(beat, 104) == []
    assert repeats(beat, 112.9) == []
    assert repeats(beat, 113) == [(110, "1")]
    assert repeats(beat, 114) == []
    apply(beat, state("2", 115))
    assert repeats(beat, 124) == [(120, "2")]
    assert repeats(beat, 133.1) == [(130, "2")]


def test_after_a_pause_only_the_latest_full_interval_is_repeated() -> None:
    beat = beating()
    apply(beat, state("1", 101))
    repeats(beat, 104)
    assert repeats(beat, 999) == [(990, "1")]
    assert repeats(beat, 1003) == [(1000, "1")]


def test_the_time_of_a_repeat_does_not_depend_on_when_the_bridge_was_started() -> None:
    early, late = beating(), beating()
    for beat, start in ((early, 101), (late, 117)):
        apply(beat, state("1", 101))
        repeats(beat, start)
    assert repeats(early, 123.5) == repeats(late, 126) == [(120, "1")]


def test_what_is_held_back_is_repeated_as_what_it_is() -> None:
    beat = beating(scale=10, deadband=5)
    assert apply(beat, state("1", 101), state("1.2", 102)).states == ["10"]
    repeats(beat, 103)
    assert repeats(beat, 113) == [(110, "12")]
    assert apply(beat, state("1.6", 114), first=2).states == ["16"]


def test_who_waits_longer_for_twins_waits_longer_with_repeats() -> None:
    beat = Rules([rule(heartbeat=10)], Registry(), UTC, conversion, 8 * SECOND)
    apply(beat, state("1", 101))
    repeats(beat, 104)
    repeats(beat, 108)
    assert repeats(beat, 117) == []
    assert repeats(beat, 118) == [(110, "1")]


@pytest.mark.parametrize("last", ["unavailable", "unknown", "", None])
def test_what_has_no_state_is_not_repeated(last: str | None) -> None:
    beat = beating()
    apply(beat, state("1", 101), state(last, 102))
    repeats(beat, 103)
    assert repeats(beat, 113) == []


def test_what_changes_before_a_repeat_is_made_is_repeated_as_it_was_at_its_time() -> None:
    beat = beating()
    apply(beat, state("1", 101))
    repeats(beat, 104)
    apply(beat, *(state(value, 111 + number / 10) for number, value in enumerate("234")))
    assert repeats(beat, 113) == [(110, "1")]
    assert repeats(beat, 123) == [(120, "4")]


def test_intervals_shorter_than_the_wait_are_repeated_each_as_it_was() -> None:
    beat = rules(rule(heartbeat=1))
    apply(beat, state("1", 100.5))
    repeats(beat, 100.6)
    apply(beat, state("2", 101.5), state("3", 102.2), state("4", 102.4), state("unavailable", 104.5))
    found = [repeat for tenth in range(50) for repeat in repeats(beat, 103 + tenth / 10)]
    assert found == [(101, "1"), (102, "2"), (103, "4"), (104, "4")]


def test_a_change_at_the_very_time_of_a_repeat_is_all_there_is_then() -> None:
    beat = beating()
    apply(beat, state("1", 101))
    repeats(beat, 104)
    apply(beat, state("2", 110))
    assert repeats(beat, 113) == []
    assert repeats(beat, 123) == [(120, "2")]


def test_a_heartbeat_that_a_reload_brings_begins_with_what_home_assistant_has_told_before() -> None:
    layout = GuardedLayout(BridgeLayout(BridgeOptions()), 99)
    outlets = [Outlet("a", 1, ALL, layout)]
    told = [state("1", 101), state("unavailable", 101, "sensor.gone"), state("on", 101, "light.a")]
    road = Router(Routing(ALL, outlets), lambda: told)
    for after in (rules(rule(round=0)), beating()):
        road.ask_for(Routing(ALL, outlets, after))
        assert road.renew()
        beats(road, 104)
    assert beats(road, 113) == ["sensor,entity_id=a value=1 110000000000"]
    road.roads(115 * SECOND, {"home_assistant"})
    assert beats(road, 123) == []


def test_rules_that_are_taken_over_again_and_again_miss_no_repeat() -> None:
    beat = beating()
    apply(beat, state("1", 101))
    found = []
    for second in range(102, 140):
        after = beating(scale=second)
        after.inherit(beat)
        beat = after
        found += [time for time, _ in repeats(beat, second)]
    assert found == [110, 120, 130]


def test_what_comes_late_or_again_or_from_history_is_not_the_present() -> None:
    beat = beating()
    apply(beat, state("2", 105))
    apply(beat, state("1", 104), first=1)
    apply(beat, state("0", 109), source="history")
    repeats(beat, 106)
    assert repeats(beat, 113) == [(110, "2")]


def test_while_a_source_is_down_nothing_that_it_told_is_repeated() -> None:
    beat = beating()
    apply(beat, state("1", 101))
    apply(beat, state("m", 101, "sensor.m"), source="mqtt")
    repeats(beat, 104)
    beat.heartbeats.roads(105 * SECOND, {"home_assistant"})
    assert repeats(beat, 113) == [(110, "m")]
    beat.heartbeats.roads(121 * SECOND, {"mqtt"})
    beat.heartbeats.roads(122 * SECOND, {"mqtt"})
    assert repeats(beat, 123) == []
    assert repeats(beat, 133) == [(130, "1")]
    beat.heartbeats.roads(134 * SECOND, set())
    assert sorted(repeats(beat, 143)) == [(140, "1"), (140, "m")]


def test_an_entity_that_the_rule_is_no_longer_about_is_not_repeated() -> None:
    beat = rules(rule({"units": ("W",)}, heartbeat=10))
    apply(beat, state("1", 101, unit_of_measurement="W"))
    apply(beat, state("2", 102, unit_of_measurement="kW"))
    repeats(beat, 103)
    assert repeats(beat, 113) == []


def test_a_change_in_the_registry_alone_ends_no_repeating() -> None:
    known = registry(sensor__a="Hall", sensor__b="Hall")
    beat = rules(rule({"areas": ("Hall", "Corridor")}, heartbeat=10), known=known)
    apply(beat, state("1", 101), state("1", 101, "sensor.b"))
    repeats(beat, 104)
    known.learn({"sensor.a": Registered(area="Corridor"), "sensor.b": Registered(area="Attic")})
    assert repeats(beat, 113) == [(110, "1")]
    assert repeats(beat, 123) == [(120, "1")]


def test_a_condition_is_asked_of_the_repeat() -> None:
    beat = rules(rule({"state": ("> 5",)}, heartbeat=10), rule({"times": ("00:02-00:03",)}, drop=True))
    apply(beat, state("9", 101))
    repeats(beat, 103)
    assert repeats(beat, 113) == [(110, "9")]
    assert repeats(beat, 123) == []
    apply(beat, state("1", 201), first=1)
    assert repeats(beat, 213) == []


def test_the_last_rule_with_a_heartbeat_decides_and_an_interval_may_change() -> None:
    beat = rules(rule(heartbeat=10), rule({"state": ("> 5",)}, heartbeat=20))
    apply(beat, state("9", 101))
    repeats(beat, 103)
    assert repeats(beat, 113) == []
    assert repeats(beat, 123) == [(120, "9")]
    apply(beat, state("1", 125), first=1)
    repeats(beat, 126)
    assert repeats(beat, 133) == [(130, "1")]
    assert repeats(beat, 143) == [(140, "1")]


def test_other_rules_go_on_repeating_what_they_want_too() -> None:
    old, new = beating(), rules(rule({"entities": ("sensor.a",)}, heartbeat=20))
    apply(old, state("1", 101), state("1", 101, "sensor.b"))
    new.inherit(old)
    repeats(new, 104)
    assert repeats(new, 123) == [(120, "1")]


def test_only_entities_that_are_present_have_a_heartbeat() -> None:
    beat = rules(rule(heartbeat=10))
    apply(beat, state("1", 101), source="history")
    apply(beat, Reading(101 * SECOND, "m", {}, {"v": 1}), BusEvent(101 * SECOND, "e", {}))
    repeats(beat, 103)
    assert repeats(beat, 113) == []


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9)), min_size=1, max_size=30))
def test_a_repeat_has_the_latest_value_before_it_and_a_full_interval_one_at_most(
    changes: list[tuple[int, int]],
) -> None:
    changes.sort()
    beat = beating()
    repeated: dict[float, str | None] = {}
    waiting = list(changes)
    for tick in range(320):
        while waiting and waiting[0][0] <= tick:
            seconds, value = waiting.pop(0)
            apply(beat, state(str(value), seconds), first=len(waiting))
        for time, value_again in repeats(beat, tick):
            assert time not in repeated
            repeated[time] = value_again
    for time, again in repeated.items():
        assert time % 10 == 0
        assert again == str([value for seconds, value in changes if seconds <= time][-1])


def router(beat: Rules, common: Patterns | None = None, own: Patterns | None = None) -> Router:
    layout = GuardedLayout(BridgeLayout(BridgeOptions()), 99)
    outlet = Outlet("a", 1, Selection(Patterns(), own or Patterns(), zone=UTC), layout)
    return Router(Routing(Selection(Patterns(), common or Patterns(), zone=UTC), [outlet], beat))


def beats(of: Router, seconds: float) -> list[str]:
    points = of.repeats(round(seconds * SECOND)).get("a")
    assert points is None or (points.source == HEARTBEAT and points.spare)
    return [line(point) for point in points.points] if points else []


def test_a_repeat_is_a_point_of_the_same_series_without_news_of_availability() -> None:
    road = router(beating())
    [first] = road.route(batch([state("1", 101, previous="")])).points["a"].points
    assert line(first) == "sensor,entity_id=a value=1,available=true 101000000000"
    assert beats(road, 104) == []
    assert beats(road, 113) == ["sensor,entity_id=a value=1 110000000000"]


def test_a_repeat_passes_the_selections_at_its_own_time() -> None:
    night = Patterns(times=("00:02-00:03",))
    for road in (router(beating(), common=night), router(beating(), own=night)):
        road.route(batch([state("1", 101)]))
        beats(road, 104)
        assert len(beats(road, 113)) == 1
        assert beats(road, 123) == []


def test_an_event_of_which_no_point_can_be_made_is_repeated_no_more_and_the_others_are() -> None:
    class Picky(BridgeLayout):
        """A layout that meets a bug."""

        def points(self, event: Event) -> Sequence[Point]:
            if isinstance(event, StateEvent) and event.state == "poison":
                raise ValueError("poison")
            return super().points(event)

    beat = beating()
    outlet = Outlet("a", 1, ALL, GuardedLayout(Picky(BridgeOptions()), 99))
    road = Router(Routing(ALL, [outlet], beat))
    apply(beat, state("poison", 101, "sensor.p"), state("1", 101))
    beats(road, 104)
    assert beats(road, 113) == ["sensor,entity_id=a value=1 110000000000"]
    assert [event.entity_id for _, event in beat.heartbeats.noted()] == ["sensor.a"]


def test_a_router_without_rules_repeats_nothing() -> None:
    road = Router(Routing(ALL, []))
    road.roads(1, {"home_assistant"})
    assert road.repeats(10**9) == {}


def test_rules_that_are_taken_over_know_whether_the_road_is_up_and_what_is_repeated() -> None:
    road = router(beating())
    road.route(batch([state("1", 101)], "home_assistant"))
    road.roads(105 * SECOND, {"home_assistant"})
    layout = GuardedLayout(BridgeLayout(BridgeOptions()), 99)
    after = Routing(ALL, [Outlet("a", 1, ALL, layout)], beating(scale=2))
    road.ask_for(after)
    assert road.renew()
    beats(road, 106)
    assert beats(road, 113) == []
    road.roads(114 * SECOND, set())
    assert beats(road, 123) == ["sensor,entity_id=a value=2 120000000000"]
    road.ask_for(Routing(ALL, [], after.rules))
    assert road.renew()
    assert road.rules is after.rules
    assert GRACE == 3 * SECOND
