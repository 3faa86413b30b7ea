"""A made-up home, and what Home Assistant's WebSocket API says of it.

Of ten entities seven are sensors with a number, two are on or off, and one (a thermostat) changes an attribute with
each state.
"""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

CONTEXT = "01HQZ6Y3Y0M7M0V0G0Z0Z0Z0Z0"
SUBSCRIPTION = 13
"""The id that the bridge's requests give to the subscription of states."""

_chance = random.Random(1)  # noqa: S311 - made-up measurements


def entity(number: int) -> str:
    match number % 10:
        case 7 | 8:
            return f"binary_sensor.room_{number}_motion"
        case 9:
            return f"climate.room_{number}"
    return f"sensor.room_{number}_temperature"


def attributes(number: int) -> dict[str, Any]:
    match number % 10:
        case 7 | 8:
            return {"device_class": "motion", "friendly_name": f"Room {number} Motion"}
        case 9:
            return {
                "hvac_modes": ["heat", "cool", "off"],
                "min_temp": 7,
                "max_temp": 35,
                "target_temp_step": 0.5,
                "current_temperature": 20.1,
                "temperature": 21,
                "hvac_action": "idle",
                "friendly_name": f"Room {number}",
                "supported_features": 385,
            }
    return {
        "state_class": "measurement",
        "unit_of_measurement": "°C",
        "device_class": "temperature",
        "friendly_name": f"Room {number} Temperature",
        "icon": "mdi:thermometer",
    }


def value(number: int) -> str:
    """Any state that the entity may take."""
    match number % 10:
        case 7 | 8:
            return _chance.choice(("on", "off"))
        case 9:
            return _chance.choice(("heat", "cool"))
    return f"{_chance.gauss(21, 2):.1f}"


def changed(number: int) -> dict[str, Any]:
    """Give the attributes that change with a state."""
    return {"current_temperature": round(_chance.gauss(21, 2), 1)} if number % 10 == 9 else {}


def greeting() -> list[object]:
    """Let the bridge in and answer all its requests: the configuration, registries without entries, subscriptions."""
    results: dict[int, object] = {2: {}, **dict.fromkeys(range(8, SUBSCRIPTION), ())}
    numbers = range(1, SUBSCRIPTION + 1)
    answers = [
        {"id": number, "type": "result", "success": True, "result": results.get(number)} for number in numbers
    ]
    return [{"type": "auth_required"}, {"type": "auth_ok"}, answers]


def snapshot(entities: int, seconds: float, subscription: int = SUBSCRIPTION) -> dict[str, Any]:
    added = {
        entity(number): {"s": value(number), "a": attributes(number), "c": CONTEXT, "lc": seconds}
        for number in range(entities)
    }
    return message({"a": added}, subscription)


def diff(number: int, seconds: float, subscription: int = SUBSCRIPTION) -> dict[str, Any]:
    """Write a change as `subscribe_entities` tells it."""
    plus: dict[str, Any] = {"s": value(number), "lc": seconds, "c": CONTEXT}
    if found := changed(number):
        plus["a"] = found
    return message({"c": {entity(number): {"+": plus}}}, subscription)


def state_changed(number: int, seconds: float, subscription: int = SUBSCRIPTION) -> dict[str, Any]:
    """Write a change as `subscribe_events` tells it."""
    new = state(number, seconds)
    data = {"entity_id": entity(number), "old_state": state(number, seconds), "new_state": new}
    event = {
        "event_type": "state_changed",
        "data": data,
        "origin": "LOCAL",
        "time_fired": new["last_updated"],
    }
    return message(event | {"context": new["context"]}, subscription)


def state(number: int, seconds: float) -> dict[str, Any]:
    when = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
    return {
        "entity_id": entity(number),
        "state": value(number),
        "attributes": attributes(number) | changed(number),
        "last_changed": when,
        "last_reported": when,
        "last_updated": when,
        "context": {"id": CONTEXT, "parent_id": None, "user_id": None},
    }


def message(event: Mapping[str, Any], subscription: int) -> dict[str, Any]:
    return {"type": "event", "event": event, "id": subscription}


def frame(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
