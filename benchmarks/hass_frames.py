"""What a state event costs from the frame to a StateEvent, against json.loads of the same frame in the same run.

Run: python -m benchmarks.hass_frames
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ha_bridge.domain.hass.protocol import HassOptions, HassProtocol
from ha_bridge.domain.hass.states import States

EVENTS = 500
ROUNDS = 40
BEGIN = 1_710_074_096.123456
CONTEXT = "01HQZ6Y3Y0M7M0V0G0Z0Z0Z0Z0"


def attributes(number: int) -> dict[str, Any]:
    return {
        "state_class": "measurement",
        "unit_of_measurement": "°C",
        "device_class": "temperature",
        "friendly_name": f"Room {number} Temperature",
        "icon": "mdi:thermometer",
    }


def entity(number: int) -> str:
    return f"sensor.room_{number}_temperature"


def compressed(number: int) -> dict[str, Any]:
    return {"s": "21.4", "a": attributes(number), "c": CONTEXT, "lc": BEGIN}


def diff(number: int) -> dict[str, Any]:
    plus = {"s": f"{number / 10}", "lc": BEGIN + number / 7, "c": CONTEXT}
    return {"type": "event", "event": {"c": {entity(number): {"+": plus}}}, "id": 3}


def state(number: int, value: str) -> dict[str, Any]:
    when = datetime.fromtimestamp(BEGIN + number / 7, UTC).isoformat()
    return {
        "entity_id": entity(number),
        "state": value,
        "attributes": attributes(number),
        "last_changed": when,
        "last_reported": when,
        "last_updated": when,
        "context": {"id": CONTEXT, "parent_id": None, "user_id": None},
    }


def state_changed(number: int) -> dict[str, Any]:
    new = state(number, f"{number / 10}")
    data = {"entity_id": entity(number), "old_state": state(number, "21.4"), "new_state": new}
    event = {
        "event_type": "state_changed",
        "data": data,
        "origin": "LOCAL",
        "time_fired": new["last_updated"],
    }
    return {"type": "event", "event": event | {"context": new["context"]}, "id": 3}


def frame(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def protocol(subscription: Any) -> HassProtocol:
    live = HassProtocol(HassOptions("token", subscription), States())
    snapshot = {"id": 3, "type": "event", "event": {"a": {entity(n): compressed(n) for n in range(EVENTS)}}}
    opening: list[object] = [{"type": "auth_required"}, {"type": "auth_ok"}]
    opening.append([{"id": number, "type": "result", "success": True, "result": {}} for number in (1, 2, 3)])
    if subscription == "entities":
        opening.append(snapshot)
    live.receive(map(frame, opening), 0, 0)
    assert live.live
    return live


def best(work: Callable[[], object]) -> float:
    """Microseconds for each event in the quickest round."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times) / EVENTS * 1e6


def measure(subscription: str, messages: list[dict[str, Any]]) -> None:
    road = protocol(subscription)
    for name, batch in (
        ("coalesced", [frame(messages)]),
        ("single", [frame(message) for message in messages]),
    ):
        assert len(road.receive(batch, 0, 0)) == EVENTS
        ours = best(lambda batch=batch: road.receive(batch, 0, 0))  # type: ignore[misc]
        theirs = best(lambda batch=batch: [json.loads(one) for one in batch])  # type: ignore[misc]
        size = sum(map(len, batch)) // EVENTS
        print(
            f"{subscription:9}{name:10}{size:6} B {ours:6.2f} µs  json.loads {theirs:6.2f} µs  {ours / theirs:5.2f}"
        )


if __name__ == "__main__":
    measure("entities", [diff(number) for number in range(EVENTS)])
    measure("events", [state_changed(number) for number in range(EVENTS)])
