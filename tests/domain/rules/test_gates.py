"""Deadband and rate limit, also where events come again."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.rules import Rules, book
from tests.domain.rules.making import apply, rule, rules, state
from tests.making import batch


def passed(values: list[str], **actions: Any) -> list[str]:
    """Give what is left of states that come a second apart."""
    events = [state(value, second) for second, value in enumerate(values, 1)]
    return [each for each in apply(rules(rule(**actions)), *events).states if each is not None]


@pytest.mark.parametrize(
    ("values", "actions", "left"),
    [
        (["20", "20.4", "20.5", "20.1", "20"], {"deadband": 0.5}, ["20", "20.5", "20"]),
        (["100", "101", "102", "103.9", "104.1"], {"deadband_percent": 2}, ["100", "102", "104.1"]),
        (["0", "0", "0.1", "100", "101"], {"deadband_percent": 2}, ["0", "0.1", "100"]),
        (["100", "101.5", "102"], {"deadband": 1, "deadband_percent": 2}, ["100", "102"]),
        (["1", "2", "3", "4", "5", "6"], {"rate_limit": 2}, ["1", "3", "5"]),
        (["on", "on", "off"], {"deadband": 1}, ["on", "on", "off"]),
        (["on", "off", "on"], {"rate_limit": 2}, ["on", "on"]),
        (["1", "unavailable", "1", "1"], {"deadband": 1}, ["1", "unavailable", "1"]),
        (["unavailable", "1", "1"], {"rate_limit": 9}, ["unavailable", "1"]),
        (["1", "on", "1"], {"deadband": 9}, ["1", "on", "1"]),
    ],
)
def test_some_pass_and_some_do_not(values: list[str], actions: dict[str, Any], left: list[str]) -> None:
    assert passed(values, **actions) == left


def test_a_gate_sees_the_value_as_the_steps_before_it_have_made_it() -> None:
    assert passed(["20", "20.3", "20.6"], scale=10, deadband=5) == ["200", "206"]


def test_each_entity_and_each_reading_has_a_gate_of_its_own() -> None:
    gate = rules(rule(rate_limit=10))
    events: list[Event] = [
        state("1", 1, "sensor.a"),
        state("1", 2, "sensor.b"),
        state("1", 3, "sensor.a"),
        Reading(1, "m", {"x": "1"}, {"v": 1}),
        Reading(2, "m", {"x": "2"}, {"v": 1}),
        Reading(3, "m", {"x": "1"}, {"v": 1}),
        BusEvent(1, "e", {}),
        BusEvent(2, "e", {}),
    ]
    assert apply(gate, *events).seqs == [0, 1, 3, 4, 6]


def test_the_deadband_of_a_reading_is_about_its_numbers_or_the_fields_that_are_named() -> None:
    def readings(*values: tuple[float, float, str]) -> list[Event]:
        return [
            Reading(time, "m", {}, {"a": a, "b": b, "seen": seen}) for time, (a, b, seen) in enumerate(values)
        ]

    events = readings((1, 1, "x"), (1, 1, "y"), (1, 9, "z"), (9, 9, "z"))
    assert apply(rules(rule(deadband=5)), *events).seqs == [0, 2, 3]
    assert apply(rules(rule(deadband=5, fields=("a",))), *events).seqs == [0, 3]
    assert apply(rules(rule(deadband=5, fields=("gone",))), *events).seqs == [0, 1, 2, 3]


def test_the_deadband_of_an_attribute_lets_every_other_state_pass() -> None:
    lamp = rules(rule(fields=("brightness",), deadband=10))
    said = [
        ("on", 5),
        ("on", 9),
        ("off", 9),
        ("on", 9),
        ("on", 20),
        ("unavailable", None),
        ("unavailable", None),
    ]
    events = [
        StateEvent(time, "light.a", value, {"brightness": level}) for time, (value, level) in enumerate(said)
    ]
    assert apply(lamp, *events).seqs == [0, 2, 3, 4, 5, 6]
    without = [StateEvent(time, "light.b", "on") for time in (1, 2)]
    assert apply(lamp, *without).seqs == [0]


def test_history_is_judged_by_itself() -> None:
    gate = rules(rule(rate_limit=10))
    assert apply(gate, state("1", 100)).seqs == [0]
    past = [state("1", second) for second in (50, 55, 60, 95)]
    assert apply(gate, *past, source="history").seqs == [0, 2, 3]
    assert apply(gate, state("1", 105), state("1", 110), first=1).seqs == [2]


def test_a_removed_entity_passes() -> None:
    assert apply(rules(rule(rate_limit=10, scale=2)), state("1", 1), state(None, 2)).states == ["2", None]


numbers = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["1", "2", "9", "on", "unavailable"])), max_size=12
)


def gates() -> Rules:
    return rules(rule(deadband=2), rule(rate_limit=3))


@given(numbers, st.data())
def test_what_comes_again_gets_the_verdict_that_it_got(
    said: list[tuple[int, str]], data: st.DataObject
) -> None:
    events = [state(value, second) for second, value in said]
    gate = gates()
    first = apply(gate, *events)
    start = data.draw(st.integers(0, len(events)))
    resent = data.draw(st.booleans())
    again = apply(gate, *events[start:], first=start, resent=resent)
    assert again.seqs == [seq for seq in first.seqs if seq >= start]


@given(numbers)
def test_nothing_that_passed_is_lost_by_coming_again_however_little_is_remembered(
    said: list[tuple[int, str]],
) -> None:
    events = [state(value, second) for second, value in said]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "VERDICTS", 1)
        gate = gates()
    first = apply(gate, *events)
    again = apply(gate, *events, resent=True)
    assert set(first.seqs) <= set(again.seqs)


def test_other_rules_go_on_with_what_the_same_ones_among_them_remember() -> None:
    before = rules(rule(name="a", rate_limit=10), rule({"domains": ("light",)}, deadband=5))
    apply(before, state("1", 1), state("1", 2), state("1", 1, "light.a"))
    after = rules(
        rule({"domains": ("light",)}, deadband=4), rule(name="a", rate_limit=10), rule(set_tags={"x": "y"})
    )
    after.inherit(before)
    assert apply(after, state("1", 2), first=1).seqs == []
    told = apply(after, state("1", 3), state("1", 12), state("1", 13, "light.a"), first=9)
    assert told.seqs == [10, 11]
    fresh = rules(rule(rate_limit=20))
    fresh.inherit(before)
    assert apply(fresh, state("1", 3), first=20).seqs == [20]


def test_a_dead_letter_that_is_replayed_passes() -> None:
    gate = rules(rule(rate_limit=10))
    apply(gate, state("1", 1))
    replayed = msgspec.structs.replace(batch([state("2", 2)], "home_assistant", 1), replayed=True)
    assert [seq for seq, _, _ in gate.apply(replayed, [(1, replayed.events[0], None)])] == [1]
    assert apply(gate, state("3", 3), first=2).seqs == []


def test_a_new_event_among_those_sent_again_is_judged_as_any() -> None:
    gate = rules(rule(rate_limit=10))
    apply(gate, state("1", 1))
    assert apply(gate, state("1", 1), state("2", 5), state("3", 20), resent=True).seqs == [0, 2]


def test_a_gate_judges_where_the_last_of_its_keys_stands() -> None:
    events = [state(value, time) for time, value in enumerate(("1", "1.4", "1.6"))]
    assert apply(rules(rule(deadband=0.5, round=0)), *events).states == ["1", "2"]
    assert apply(rules(rule(deadband=0.3, round=0)), *events).states == ["1", "1"]
    assert apply(rules(rule(deadband=0.3, round=0, rate_limit=0.1)), *events).states == ["1", "2"]


def test_a_gate_sees_attributes_that_are_dropped_behind_it() -> None:
    lamp = rules(rule(fields=("level",), deadband=10, drop_attributes=("level",)))
    events = [state("on", time, level=level) for time, level in enumerate((5, 9, 20))]
    assert apply(lamp, *events).seqs == [0, 2]
