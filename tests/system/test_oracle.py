"""HA's own influxdb integration answers, with the types that it would write."""

from typing import Any

import pytest

from tests.system.oracle import ha_oracle

pytestmark = pytest.mark.system

TIME = "2024-01-02T03:04:05.123456+00:00"


def event(entity_id: str, state: str, attributes: dict[str, Any] | None = None) -> dict[str, Any]:
    new_state = {"entity_id": entity_id, "state": state, "attributes": attributes or {}, "last_updated": TIME}
    data = {"entity_id": entity_id, "old_state": None, "new_state": new_state}
    return {"event_type": "state_changed", "data": data, "origin": "LOCAL", "time_fired": TIME}


def test_a_numeric_state_becomes_a_point_of_its_unit() -> None:
    attributes = {"unit_of_measurement": "°C", "battery": 80, "on": True, "born": "2024-01-02", "bad": "nan"}
    assert ha_oracle({"tags": {"home": "ours"}}, [event("sensor.kitchen", "21", attributes)]) == [
        {
            "measurement": "°C",
            "tags": {"domain": "sensor", "entity_id": "kitchen", "home": "ours"},
            "fields": {
                "value": 21.0,
                "battery": 80.0,
                "on": 1.0,
                "born_str": "2024-01-02",
                "born": 20240102.0,
            },
            "time": TIME,
        }
    ]


def test_what_ha_would_not_write_is_none() -> None:
    removed = {"event_type": "state_changed", "data": {"entity_id": "light.bed", "new_state": None}}
    events = [event("light.bed", "on"), event("sensor.kitchen", "unavailable"), removed]
    assert ha_oracle({"exclude": {"domains": ["light"]}}, events) == [None, None, None]


def test_an_option_that_ha_refuses_is_an_error_and_the_next_question_is_answered() -> None:
    with pytest.raises(ValueError, match="mesurement"):
        ha_oracle({"mesurement": "x"}, [])
    (point,) = ha_oracle({"override_measurement": "x"}, [event("light.bed", "on")])
    assert point is not None
    assert (point["measurement"], point["fields"]) == ("x", {"state": "on", "value": 1.0})
