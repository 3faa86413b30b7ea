import json
from typing import Any

import pytest

from ha_bridge.domain.events import BusEvent, StateEvent
from ha_bridge.domain.hass_json import decode_event

FIRED = "2024-03-01T12:00:00.123456+00:00"
MICROS = 1709294400123456


def state(value: str, **attributes: Any) -> dict[str, Any]:
    return {
        "entity_id": "sensor.hall",
        "state": value,
        "attributes": attributes,
        "last_changed": "2024-03-01T11:00:00+00:00",
        "last_updated": "2024-03-01T12:00:01+00:00",
        "context": {"id": "c", "parent_id": None, "user_id": None},
    }


def changed(**parts: Any) -> dict[str, Any]:
    data = {"entity_id": "sensor.hall", "old_state": state("20"), "new_state": state("21", unit="°C")}
    event = {"event_type": "state_changed", "data": data | parts, "origin": "LOCAL", "time_fired": FIRED}
    return {**event, "context": {"id": "c", "parent_id": None, "user_id": None}}


def decoded(event: object) -> object:
    return decode_event(json.dumps(event).encode())


def test_a_change_of_state_is_a_state_event() -> None:
    assert decoded(changed()) == StateEvent(MICROS, "sensor.hall", "21", {"unit": "°C"}, "20")


def test_an_entity_that_is_new_had_the_empty_state() -> None:
    assert decoded(changed(old_state=None)) == StateEvent(MICROS, "sensor.hall", "21", {"unit": "°C"}, "")


def test_an_event_that_does_not_tell_the_old_state_leaves_it_open() -> None:
    event = changed()
    del event["data"]["old_state"]
    assert decoded(event) == StateEvent(MICROS, "sensor.hall", "21", {"unit": "°C"}, None)


def test_an_entity_that_is_gone_has_no_state() -> None:
    assert decoded(changed(new_state=None)) == StateEvent(MICROS, "sensor.hall", None, None, "20")


def test_the_new_state_has_the_time_when_the_event_has_none() -> None:
    event = changed()
    del event["time_fired"]
    assert decoded(event) == StateEvent(1709294401000000, "sensor.hall", "21", {"unit": "°C"}, "20")


def test_an_event_may_come_in_a_message_of_the_websocket_api() -> None:
    assert decoded({"id": 3, "type": "event", "event": changed()}) == decoded(changed())


def test_any_other_event_is_an_event_of_the_bus() -> None:
    event = {
        "event_type": "call_service",
        "data": {"domain": "light"},
        "time_fired": FIRED,
        "context": {"id": "c"},
    }
    assert decoded(event) == BusEvent(MICROS, "call_service", {"domain": "light"}, "c")
    assert decoded({"event_type": "x", "time_fired": FIRED}) == BusEvent(MICROS, "x", {}, "")


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "truncated"),
        (b"no json", "malformed"),
        (b"\xff", r"malformed|invalid"),
        (b'{"event_type":"\xff"}', "utf-8"),
        (b"[1]", "Expected `object`"),
        (b"{}", "it has no event_type"),
        (b'{"id":1,"type":"event","event":{}}', "it has no event_type"),
        (b'{"id":1,"type":"event","event":null}', "got `null`"),
        (b"[" * 100_000, "Expected `object`"),
        (b'{"event_type":"x","time_fired":"t","data":{"a":' + b"[" * 100_000, r"recursion|truncated"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(raw: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        decode_event(raw)


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ({"event_type": "", "time_fired": FIRED}, "it has no event_type"),
        ({"event_type": "x"}, "without time_fired"),
        ({"event_type": "x", "time_fired": "noon"}, "noon"),
        ({"event_type": "x", "time_fired": FIRED, "data": []}, "Expected `object`"),
        ({"event_type": "state_changed"}, "missing required field `entity_id`"),
        (changed(entity_id="hall"), "not an entity id: 'hall'"),
        (changed(entity_id="sensor."), "not an entity id"),
        (changed(new_state={"state": 21}), r"Expected `str`, got `int` - at `\$.new_state.state`"),
        (changed(new_state=None) | {"time_fired": ""}, "without time_fired"),
    ],
)
def test_an_event_that_lacks_something_is_refused_with_a_reason(event: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        decoded(event)
