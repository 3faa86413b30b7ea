import json
from typing import Any

import pytest

from ha_bridge.domain.events import BusEvent, StateEvent
from ha_bridge.domain.hass.event_rules import EventRule, EventRules
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.domain.mqtt.messages import RECEIVED, STAMP, STAMP_MICROS, message


@pytest.fixture
def reader() -> MqttReader:
    return MqttReader([Route("events", "eventstream")])


def read(reader: MqttReader, document: Any, *, retain: bool = False) -> Observed:
    payload = document if isinstance(document, bytes) else json.dumps(document)
    (observed,) = reader.read(message("events", payload, qos=0, mid=0, retain=retain), 1, 0.0)
    return observed


def state(value: str, **attributes: object) -> dict[str, object]:
    return {
        "entity_id": "sensor.a",
        "state": value,
        "attributes": attributes,
        "last_changed": STAMP,
        "last_updated": STAMP,
        "context": {"id": "01", "parent_id": None, "user_id": None},
    }


def changed(old: Any, new: Any) -> dict[str, object]:
    return {
        "event_type": "state_changed",
        "event_data": {"entity_id": "sensor.a", "old_state": old, "new_state": new},
    }


def test_a_change_of_state_has_the_time_of_home_assistant(reader: MqttReader) -> None:
    observed = read(reader, changed(state("1"), state("2", unit="C")))
    assert observed == Observed((1,), StateEvent(STAMP_MICROS, "sensor.a", "2", {"unit": "C"}, "1"))


def test_a_new_entity_had_no_state_before(reader: MqttReader) -> None:
    assert read(reader, changed(None, state("2"))).event == StateEvent(STAMP_MICROS, "sensor.a", "2", {}, "")


def test_a_removed_entity_has_no_state_any_more(reader: MqttReader) -> None:
    read(reader, changed(None, state("2")))
    event = StateEvent(RECEIVED, "sensor.a", None, None, "2", timed=False)
    assert read(reader, changed(state("2"), None)).event == event


def test_equal_attributes_are_one_object(reader: MqttReader) -> None:
    first = read(reader, changed(None, state("1", unit="C"))).event
    second = read(reader, changed(state("1"), state("2", unit="C"))).event
    assert isinstance(first, StateEvent)
    assert isinstance(second, StateEvent)
    assert first.attributes is second.attributes


@pytest.mark.parametrize("data", [{"domain": "light", "service_data": {"x": [1]}}, {"new_state": 5}, {}])
def test_any_other_event_is_told_as_it_is(reader: MqttReader, data: dict[str, Any]) -> None:
    observed = read(reader, {"event_type": "call_service", "event_data": data})
    assert observed == Observed((1,), BusEvent(RECEIVED, "call_service", data, timed=False))


def test_an_event_may_have_no_data(reader: MqttReader) -> None:
    assert read(reader, {"event_type": "ping"}).event == BusEvent(RECEIVED, "ping", {}, timed=False)


def test_what_somebody_had_the_broker_keep_is_nothing(reader: MqttReader) -> None:
    assert read(reader, changed(None, state("2")), retain=True) == Observed((1,), None)
    assert read(reader, b"") == Observed((1,), None)


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        b"\xff",
        [],
        {},
        {"event_type": ""},
        {"event_type": 5},
        {"event_type": "x", "event_data": []},
        {"event_type": "state_changed"},
        {"event_type": "state_changed", "event_data": {"old_state": None, "new_state": None}},
        {"event_type": "state_changed", "event_data": {"entity_id": "a.b", "new_state": {"state": "5"}}},
        changed(None, {**state("1"), "last_updated": "yesterday"}),
    ],
)
def test_what_is_no_event_is_a_problem(reader: MqttReader, document: Any) -> None:
    observed = read(reader, document)
    assert observed.event is None
    assert observed.problem.startswith("'events': ")


def test_rules_for_a_type_hold_for_its_events_and_for_no_states() -> None:
    rules = EventRules([EventRule("*", exclude={"domain": ("light",)})])
    strict = MqttReader([Route("events", "eventstream")], events=rules)
    calls = [{"event_type": "call_service", "event_data": {"domain": name}} for name in ("light", "switch")]
    light, switch = [read(strict, call) for call in calls]
    assert (light.event, light.problem, light.tokens) == (None, "", (1,))
    assert isinstance(switch.event, BusEvent)
    change = changed(None, {**state("on", domain="light"), "entity_id": "light.a"})
    assert isinstance(read(strict, change).event, StateEvent)
