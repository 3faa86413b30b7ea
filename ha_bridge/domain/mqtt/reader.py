"""MQTT messages in, events out."""

from collections.abc import Mapping, Sequence

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.hass.event_rules import EventRules
from ha_bridge.domain.mqtt.entities import entity_id
from ha_bridge.domain.mqtt.eventstream import Eventstream
from ha_bridge.domain.mqtt.filters import parse
from ha_bridge.domain.mqtt.observed import Lane, Observed, nothing, one_by_one
from ha_bridge.domain.mqtt.paths import parse_path
from ha_bridge.domain.mqtt.payloads import LONGEST, Unreadable, problem
from ha_bridge.domain.mqtt.readings import EntityJson, EntityValue, JsonReading, ValueReading
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.mqtt.statestream import Statestream
from ha_bridge.domain.mqtt.topics import Topics
from ha_bridge.domain.ports import MqttMessage

__all__ = ["MqttReader", "Observed"]

QUIET = 0.25  # seconds
TOPICS = 20_000  # remembered


class MqttReader:
    """Reads messages as their routes say. Every token comes back exactly once, sooner or later.

    One lives as long as the process: what it knows of a statestream's entities is worth as much after a lost
    connection. `quiet`: seconds after which nothing more is expected of a statestream's entity. `events` say which
    events of an eventstream are wanted. Raises ValueError with all that is wrong with the routes.
    """

    def __init__(
        self, routes: Sequence[Route], quiet: float = QUIET, events: EventRules | None = None
    ) -> None:
        self._topics = Topics(routes)
        self._lanes: Generations[str, Lane] = Generations(TOPICS)
        self._statestream = Statestream(quiet)
        self._eventstreams: dict[str, Lane] = {}
        self._events = events or EventRules()

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """Topic filter to QoS."""
        return self._topics.subscriptions()

    def read(self, message: MqttMessage, token: int, now: float) -> list[Observed]:
        """What a message comes to, with what it completes; `now` in monotonic seconds. Never raises."""
        topic = message.topic
        lane = self._lanes.get(topic)
        if lane is None:
            lane = self._lane(topic)
            self._lanes.put(topic, lane)
        why = (
            f"{len(message.payload)} bytes" if len(message.payload) > LONGEST and lane is not nothing else ""
        )
        try:
            if not why:
                return lane(message, token, now)
        except Unreadable as error:
            why = str(error)
        return [Observed((token,), None, problem(topic, why, message.payload))]

    def due(self, now: float) -> list[Observed]:
        """What nothing more is expected of; `due(inf)` is all there is."""
        return self._statestream.due(now)

    def next_due(self) -> float | None:
        """When `due` will have something, None when it will not."""
        return self._statestream.next_due()

    def _lane(self, topic: str) -> Lane:
        match = self._topics.match(topic)
        if match is None:
            return nothing
        route, captures = match.route, match.captures
        if route.format == "statestream":
            return self._statestream.lane(topic, parse(route.topic).levels[:-1])
        if route.format == "eventstream":
            return self._eventstreams.setdefault(route.topic, one_by_one(Eventstream(self._events).read))
        return _entity_lane(route, captures) if route.entity else _reading_lane(route, captures)


def _entity_lane(route: Route, captures: Mapping[str, str]) -> Lane:
    entity = entity_id(route.entity, captures)
    if route.format == "value":
        return one_by_one(EntityValue(entity).read)
    return one_by_one(EntityJson(entity, parse_path(route.value), parse_path(route.time)).read)


def _reading_lane(route: Route, captures: Mapping[str, str]) -> Lane:
    tags = {name: text for name, text in captures.items() if text}
    if route.format == "value":
        return one_by_one(ValueReading(route.measurement, tags).read)
    pick, drop = ([parse_path(text) for text in texts] for texts in (route.pick, route.drop))
    return one_by_one(JsonReading(route.measurement, tags, parse_path(route.time), pick, drop).read)
