"""A reader that discovers, and devices that announce themselves to it."""

import json
from typing import Any

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Names, Route
from ha_bridge.domain.registry import Registry
from tests.domain.mqtt.messages import RECEIVED, message

LEARNT = 10.0  # when the learning is over
SENSOR = {"name": "Power", "state_topic": "t", "unique_id": "u1", "unit_of_measurement": "W"}


class Home:
    """`now` is the time, which goes on only by hand."""

    def __init__(self, *more: Route, names: Names = "2026.11", exclude: tuple[str, ...] = ()) -> None:
        self.registry = Registry()
        route = Route("homeassistant/#", "discovery", names=names, exclude=exclude)
        self.units: dict[str, str] = {}
        self.reader = MqttReader(
            [route, *more], registry=self.registry, unit_of=lambda entity_id: self.units.get(entity_id, "")
        )
        self.now = 0.0
        self.tokens = 0
        self.returned: list[int] = []
        self.reader.due(self.now)
        self.now = LEARNT
        self.reader.due(self.now)

    def announce(self, place: str, config: Any = None, *, retain: bool = True, **keys: Any) -> None:
        if isinstance(config, bytes | str):
            payload = config
        else:
            payload = json.dumps({**config, **keys}) if config else ""
        assert self.hear(f"homeassistant/{place}/config", payload, retain=retain) == []

    def hear(
        self, topic: str, payload: str | bytes, *, retain: bool = False, received: int = RECEIVED
    ) -> list[StateEvent]:
        self.tokens += 1
        arrived = message(topic, payload, retain=retain, received=received)
        return self._events(self.reader.read(arrived, self.tokens, self.now))

    def pass_time(self, seconds: float) -> list[StateEvent]:
        self.now += seconds
        return self._events(self.reader.due(self.now))

    def states(self, topic: str, *payloads: str) -> list[tuple[str, str | None]]:
        events = [event for payload in payloads for event in self.hear(topic, payload)]
        return [(event.entity_id, event.state) for event in events]

    def listens_to(self) -> set[str]:
        return {topic for topic in self.reader.subscriptions if not topic.endswith("/config")}

    def _events(self, observed: list[Observed]) -> list[StateEvent]:
        assert not [each.problem for each in observed if each.problem]
        self.returned += [token for each in observed for token in each.tokens]
        return [each.event for each in observed if isinstance(each.event, StateEvent)]


def told(home: Home, topic: str, *payloads: str) -> list[tuple[str | None, dict[str, Any]]]:
    """The states and attributes that follow from the payloads, without the entities' names."""
    events = [event for payload in payloads for event in home.hear(topic, payload)]
    return [
        (event.state, {k: v for k, v in (event.attributes or {}).items() if k != "friendly_name"})
        for event in events
    ]
