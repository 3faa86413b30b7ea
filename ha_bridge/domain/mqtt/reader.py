"""MQTT messages in, events out."""

from collections.abc import Collection, Mapping, Sequence
from math import inf

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.hass.event_rules import EventRules
from ha_bridge.domain.mqtt.discovery.discovery import MOST_NOTES, Discovery, UnitOf
from ha_bridge.domain.mqtt.entities import entity_id
from ha_bridge.domain.mqtt.eventstream import Eventstream
from ha_bridge.domain.mqtt.filters import parse
from ha_bridge.domain.mqtt.learning import Held, Learning
from ha_bridge.domain.mqtt.observed import Lane, Observed, nothing, one_by_one
from ha_bridge.domain.mqtt.overlaps import Copies
from ha_bridge.domain.mqtt.paths import parse_path
from ha_bridge.domain.mqtt.payloads import LONGEST, Unreadable, problem
from ha_bridge.domain.mqtt.readings import EntityJson, EntityValue, JsonReading, ValueReading
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.mqtt.statestream import Statestream
from ha_bridge.domain.mqtt.subscribed import Changes, Subscribed
from ha_bridge.domain.mqtt.topics import Topics
from ha_bridge.domain.ports import MqttMessage
from ha_bridge.domain.registry import Registry

__all__ = ["MqttReader", "Observed"]

QUIET = 0.25  # seconds
TOPICS = 20_000  # remembered


class MqttReader:
    """Reads messages as their routes say. Every token comes back, sooner or later, with each event of its message.

    One lives as long as the process: what it knows of a statestream's entities is worth as much after a lost
    connection. `quiet`: seconds after which nothing more is expected of a statestream's entity. `events` say which
    events of an eventstream are wanted. A topic to which a discovered entity listens is read for such entities alone,
    whatever the routes say; `registry` knows their ids, `unit_of` the units in which Home Assistant shows them. `earlier`
    are the filters that earlier processes have asked for. Raises ValueError with all that is wrong with the routes.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        quiet: float = QUIET,
        events: EventRules | None = None,
        registry: Registry | None = None,
        unit_of: UnitOf = lambda _entity_id: "",
        earlier: Collection[str] = (),
    ) -> None:
        self._topics = Topics(routes)
        self._lanes: Generations[str, Lane] = Generations(TOPICS)
        self._statestream = Statestream(quiet)
        self._eventstreams: dict[str, Lane] = {}
        self._events = events or EventRules()
        discovers = any(route.format == "discovery" for route in routes)
        self._discovery = Discovery(registry or Registry(), unit_of) if discovers else None
        self._learning = Learning(needed=discovers)
        self._subscribed = Subscribed(self._topics, self._discovery, earlier)
        self._copies = Copies()
        self._notes: dict[str, str] = {}
        self._noted: Generations[str, bool] = Generations(TOPICS)

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """Topic filter to QoS."""
        return self._subscribed.everything()

    @property
    def subscribed(self) -> Collection[str]:
        """All filters for which the broker may have a subscription of ours."""
        return self._subscribed.known

    @property
    def left_out(self) -> int:
        """How many discovered entities are not carried."""
        return len(self._discovery.left_out) if self._discovery else 0

    def changes(self) -> Changes | None:
        """How the subscriptions differ from those last asked for."""
        return self._subscribed.changes(complete=self._learning.over)

    def notes(self) -> list[str]:
        """What there is to say to the user that was not said yet."""
        notes, self._notes = list(self._notes.values()), {}
        return notes + (self._discovery.notes() if self._discovery else [])

    def read(self, message: MqttMessage, token: int, now: float) -> list[Observed]:
        """What a message comes to, with what it completes; `now` in monotonic seconds. Never raises."""
        if message.through and self._copies.has(message):
            return nothing(message, token, now)
        if self._learning.over:
            return self._read(message, token, now)
        if self._is_config(message.topic):
            self._learning.taught(now)
            return self._read(message, token, now)
        return self._read_all(self._learning.hold(message, token, now), now)

    def due(self, now: float) -> list[Observed]:
        """What nothing more is expected of; `due(inf)` is all that can be told as it is."""
        observed = self._statestream.due(now)
        if not self._learning.over:
            observed += self._read_all(self._learning.due(now), now) if now != inf else self.broken_off()
        if self._discovery and now != inf:
            observed += self._discovery.due(now)
        return observed

    def broken_off(self) -> list[Observed]:
        """What has waited for configurations; the connection is gone.

        What is nobody's so far does not come back: the broker sends it again.
        """
        held = self._learning.broken_off()
        return self._read_all([each for each in held if self._is_known(each[0].topic)], 0.0)

    def resume(self, now: float) -> None:
        """There is a connection again: what is half told may go on from here."""
        self._statestream.resume(now)

    def half_told(self) -> set[int]:
        """The tokens of what the reader has and will give back when more of it has come."""
        return self._statestream.tokens()

    def next_due(self) -> float | None:
        """When `due` will have something of a statestream, None when it will not."""
        return self._statestream.next_due()

    def _read_all(self, held: Sequence[Held], now: float) -> list[Observed]:
        return [observed for message, token in held for observed in self._read(message, token, now)]

    def _read(self, message: MqttMessage, token: int, now: float) -> list[Observed]:
        topic = message.topic
        lane = (self._discovery and self._discovery.lane(topic)) or self._lanes.get(topic)
        if lane is None:
            lane = self._lane(topic)
            self._lanes.put(topic, lane)
        why = (
            f"{len(message.payload)} bytes" if len(message.payload) > LONGEST and lane is not nothing else ""
        )
        try:
            if not why:
                observed = lane(message, token, now)
                if observed and observed[0].left_out:
                    self._note(topic, observed[0].left_out)
                return observed
        except Unreadable as error:
            why = str(error)
        trouble = problem(topic, why, message.payload)
        self._note(topic, trouble)
        return [Observed((token,), None, trouble, message=message)]

    def _is_known(self, topic: str) -> bool:
        return bool(self._topics.match(topic) or (self._discovery and self._discovery.lane(topic)))

    def _is_config(self, topic: str) -> bool:
        match = self._topics.match(topic)
        return match is not None and match.route.format == "discovery"

    def _lane(self, topic: str) -> Lane:
        match = self._topics.match(topic)
        if match is None:
            self._subscribed.stranger(topic)
            return nothing
        route, captures = match.route, match.captures
        if route.format == "statestream":
            return self._statestream.lane(topic, parse(route.topic).levels[:-1])
        if route.format == "eventstream":
            return self._eventstreams.setdefault(route.topic, one_by_one(Eventstream(self._events).read))
        if self._discovery and route.format == "discovery":
            return self._discovery.config_lane(route, topic)
        return _entity_lane(route, captures) if route.entity else _reading_lane(route, captures)

    def _note(self, topic: str, text: str) -> None:
        if not self._noted.get(topic) and len(self._notes) < MOST_NOTES:
            self._noted.put(topic, True)
            self._notes[topic] = text


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
