"""What a state event costs from the frame to a StateEvent, against json.loads of the same frame in the same run.

Run: python -m benchmarks.hass_frames
"""

import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks import home
from ha_bridge.domain.hass.protocol import HassOptions, HassProtocol
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.registry import Registry

EVENTS = 500
ROUNDS = 40
BEGIN = 1_710_074_096.123456


def protocol(subscription: Any) -> HassProtocol:
    live = HassProtocol(HassOptions("token", subscription), States(), Registry())
    opening = home.greeting()
    if subscription == "entities":
        opening.append(home.snapshot(EVENTS, BEGIN))
    live.receive(map(home.frame, opening), 0, 0)
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
    singles = [home.frame(message) for message in messages]
    for name, batch in (("coalesced", [home.frame(messages)]), ("single", singles)):
        assert len(road.receive(batch, 0, 0)) == EVENTS
        ours = best(lambda batch=batch: road.receive(batch, 0, 0))  # type: ignore[misc]
        theirs = best(lambda batch=batch: [json.loads(one) for one in batch])  # type: ignore[misc]
        size = sum(map(len, batch)) // EVENTS
        print(
            f"{subscription:9}{name:10}{size:6} B {ours:6.2f} µs  json.loads {theirs:6.2f} µs  {ours / theirs:5.2f}"
        )


if __name__ == "__main__":
    measure("entities", [home.diff(number, BEGIN + number / 7) for number in range(EVENTS)])
    measure("events", [home.state_changed(number, BEGIN + number / 7) for number in range(EVENTS)])
