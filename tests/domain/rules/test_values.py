"""What rules do to a state, an attribute or a field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent, Reading, StateEvent
from tests.domain.rules.making import apply, rule, rules, state


def become(value: str, unit: str | None = None, /, **actions: Any) -> str | None:
    """Give the state after a rule, None where nothing is left of it."""
    attributes: dict[str, Any] = {"unit_of_measurement": unit} if unit else {}
    told = apply(rules(rule(**actions)), state(value, **attributes))
    return told.states[0] if told.states else None


@pytest.mark.parametrize(
    ("value", "actions", "after"),
    [
        ("2", {"scale": 0.5}, "1"),
        ("2", {"scale": 0.5, "offset": -3}, "-2"),
        ("21.456", {"round": 1}, "21.5"),
        ("21.456", {"round": 0}, "21"),
        ("1234", {"round": -2}, "1200"),
        ("open", {"map": {"open": 1, "closed": 0}}, "1"),
        ("jammed", {"map": {"open": 1}}, "jammed"),
        ("21", {"map": {"21": "warm"}}, "warm"),
        ("open", {"map": {"open": True}}, "on"),
        ("unavailable", {"map": {"unavailable": 0}}, "0"),
        ("error", {"type": "number", "default": -1}, "-1"),
        ("error", {"type": "number"}, None),
        ("2.6", {"type": "integer"}, "3"),
        ("x", {"type": "integer"}, None),
        ("True", {"type": "boolean"}, "on"),
        ("no", {"type": "boolean"}, "off"),
        ("maybe", {"type": "boolean"}, None),
        ("7", {"type": "text"}, "7"),
        ("unavailable", {"type": "number", "default": 0}, "unavailable"),
        ("unknown", {"type": "number"}, "unknown"),
        ("open", {"map": {"open": 2}, "type": "number", "scale": 10, "round": 0}, "20"),
        ("on", {"scale": 2, "round": 1}, "on"),
        ("1e308", {"scale": 100}, None),
        ("nan", {"scale": 2}, "nan"),
    ],
)
def test_a_state_becomes_what_the_rule_says(value: str, actions: dict[str, Any], after: str | None) -> None:
    assert become(value, **actions) == after


@pytest.mark.parametrize(
    ("value", "unit", "actions", "after"),
    [
        ("1.5", "kW", {"convert": "W"}, "1500"),
        ("212", "°F", {"convert": "°C"}, "100"),
        ("1500", "W", {"convert": "W"}, "1500"),
        ("1500", "lx", {"convert": "W"}, "1500"),
        ("1500", None, {"convert": "W"}, "1500"),
        ("1", None, {"convert": "Wh", "convert_from": "kWh"}, "1000"),
        ("unavailable", "kW", {"convert": "W"}, "unavailable"),
    ],
)
def test_a_unit_is_converted_where_that_is_possible(
    value: str, unit: str | None, actions: dict[str, Any], after: str
) -> None:
    assert become(value, unit, **actions) == after


def test_the_unit_of_a_converted_state_is_the_one_wanted_also_for_the_rules_behind() -> None:
    both = rules(rule(convert="Wh"), rule(convert="kJ"))
    [event] = apply(both, state("1", unit_of_measurement="kWh")).events
    assert isinstance(event, StateEvent)
    assert (event.state, event.attributes) == ("3600", {"unit_of_measurement": "kJ"})
    [left] = apply(both, state("1", unit_of_measurement="°C")).events
    assert isinstance(left, StateEvent)
    assert left.attributes == {"unit_of_measurement": "°C"}


def test_fields_are_attributes_of_an_entity_which_are_worked_on_once() -> None:
    halved = rules(
        rule(fields=("a", "b", "gone"), scale=0.5, type="number"), rule(fields=("c",), map={"true": "yes"})
    )
    attributes = {"a": 3, "b": "x", "c": True, "d": 3}
    events = [StateEvent(time, "sensor.a", "8", attributes) for time in (1, 2)]
    first, second = apply(halved, *events).events
    assert isinstance(first, StateEvent)
    assert isinstance(second, StateEvent)
    assert (first.state, first.attributes) == ("8", {"a": 1.5, "c": "yes", "d": 3})
    assert second.attributes is first.attributes
    assert attributes == {"a": 3, "b": "x", "c": True, "d": 3}


def test_attributes_are_set_and_dropped_and_where_nothing_changes_are_the_same_object() -> None:
    event = state("1", icon="x", entity_picture="y", keep=1)
    [changed] = apply(
        rules(rule(set_attributes={"room": "k"}, drop_attributes=("icon", "*_picture"))), event
    ).events
    assert isinstance(changed, StateEvent)
    assert changed.attributes == {"keep": 1, "room": "k"}
    [same] = apply(rules(rule(drop_attributes=("none*",), scale=2)), event).events
    assert isinstance(same, StateEvent)
    assert same.attributes is event.attributes
    bare = StateEvent(1, "sensor.a", "1")
    assert apply(rules(rule(scale=2, drop_attributes=("x",))), bare).events == [
        StateEvent(1, "sensor.a", "2")
    ]


def test_a_reading_is_worked_on_field_by_field() -> None:
    reading = Reading(1, "mqtt", {"device": "d"}, {"t": 50.0, "h": 40, "ok": True, "seen": "noon"})
    [all_fields] = apply(rules(rule(scale=2)), reading).events
    assert all_fields == Reading(
        1, "mqtt", {"device": "d"}, {"t": 100.0, "h": 80.0, "ok": True, "seen": "noon"}
    )
    fahrenheit = rule(fields=("t", "x"), convert="°C", convert_from="°F", round=0)
    [one] = apply(rules(fahrenheit, rule(set_attributes={"a": 1}, drop_attributes=("o*",))), reading).events
    assert one == Reading(1, "mqtt", {"device": "d"}, {"t": 10, "h": 40, "seen": "noon", "a": 1})
    assert apply(rules(rule(drop_attributes=("*",))), reading).events == []


def test_an_event_of_the_bus_is_worked_on_in_its_data() -> None:
    event = BusEvent(1, "call_service", {"domain": "light", "level": 3, "token": "x"}, "c")
    told = apply(
        rules(rule(scale=2), rule(fields=("level",), scale=2), rule(drop_attributes=("token",))), event
    )
    assert told.events == [BusEvent(1, "call_service", {"domain": "light", "level": 6}, "c")]


@given(st.floats(-1e12, 1e12))
def test_a_number_that_is_neither_scaled_nor_moved_stays_the_number_it_is(value: float) -> None:
    after = become(repr(value), round=12)
    assert after is not None
    assert float(after) == round(value, 12)


@pytest.mark.parametrize(
    ("actions", "after"),
    [
        ({"scale": 10, "offset": 0.26, "round": 1}, "12.3"),
        ({"offset": 0.26, "round": 1, "scale": 10}, "15"),
        ({"round": 0, "map": {"1": "one"}}, "one"),
        ({"map": {"1": "one"}, "round": 0}, "1"),
        ({"set_attributes": {"unit_of_measurement": "kW"}, "convert": "W"}, "1200"),
        ({"convert": "W", "set_attributes": {"unit_of_measurement": "kW"}}, "1.2"),
    ],
)
def test_what_a_rule_does_is_done_as_it_is_written(actions: dict[str, Any], after: str) -> None:
    assert become("1.2", **actions) == after


def test_attributes_and_fields_are_worked_on_as_it_is_written() -> None:
    for first, second, after in (("scale", "set_attributes", 5), ("set_attributes", "scale", 10)):
        doing: dict[str, Any] = {"scale": 2, "set_attributes": {"a": 5}}
        changes = rules(rule(fields=("a",), **{first: doing[first], second: doing[second]}))
        said, read = apply(changes, state("1", a=1), Reading(1, "m", {}, {"a": 1})).events
        assert isinstance(said, StateEvent)
        assert isinstance(read, Reading)
        assert (said.attributes, read.fields) == ({"a": after}, {"a": after})


def test_what_a_rule_drops_no_later_rule_brings_back() -> None:
    chain = rules(rule(type="number"), rule(deadband=5), rule(type="number", default=-1))
    assert apply(chain, state("10"), state("error", 2), state("12", 3)).states == ["10"]
