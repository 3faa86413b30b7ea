"""Format `discovery`: devices say over MQTT which of their topics is which entity of Home Assistant.

zigbee2mqtt, Tasmota, ESPHome and others publish a configuration for each entity, retained, below a prefix
(`homeassistant` by default). What their state topics say then is the state of the entity that Home Assistant makes of
it, and is told as such, whether Home Assistant is there or not.
"""

from collections.abc import Callable, Iterable

import msgspec

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.mqtt.discovery.components import STATELESS
from ha_bridge.domain.mqtt.discovery.configs import Key, Place, place_of, read
from ha_bridge.domain.mqtt.discovery.devices import Devices
from ha_bridge.domain.mqtt.discovery.dormant import Dormant, Sleeper
from ha_bridge.domain.mqtt.discovery.entity import Entity, Plan
from ha_bridge.domain.mqtt.discovery.facts import newest_unit
from ha_bridge.domain.mqtt.discovery.names import free_id
from ha_bridge.domain.mqtt.discovery.planning import plan, registered
from ha_bridge.domain.mqtt.discovery.reading import NotCarried
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.discovery.timers import Timers
from ha_bridge.domain.mqtt.discovery.wildcards import Wildcards
from ha_bridge.domain.mqtt.filters import parse
from ha_bridge.domain.mqtt.observed import Lane, Observed
from ha_bridge.domain.mqtt.payloads import Unreadable, text_of
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.ports import MqttMessage
from ha_bridge.domain.registry import UNREGISTERED, Registry

MOST_ENTITIES = 20_000
MOST_NOTES = 1000  # said and not asked for yet

UnitOf = Callable[[str], str]
"""The unit in which Home Assistant shows an entity, "" where it does not."""

_EXPIRE, _OFF = "expire", "off"


class Discovery:
    """All discovered entities. `registry` is asked for the id that Home Assistant has given to an entity.

    `unit_of` for the unit in which Home Assistant shows an entity: where it is not the device's own it converts what the
    device says, and that entity is left to it, because one series cannot have both.

    `wanted` has the topics to be subscribed to and the QoS of each, `changed` those of which that may have changed since
    the caller last cleared it. `left_out` says of each entity that is not carried why.
    """

    def __init__(self, registry: Registry, unit_of: UnitOf, most: int = MOST_ENTITIES) -> None:
        self._registry = registry
        self._unit_of = unit_of
        self._most = most
        self._devices = Devices()
        self._dormant = Dormant(registry)
        self._wildcards = Wildcards()
        self._entities: dict[Key, Entity] = {}
        self._ids: dict[str, Key] = {}
        self._unique: dict[tuple[str, str], Key] = {}
        self._told_by: dict[Key, str] = {}  # the configuration's topic
        self._listeners: dict[str, dict[Key, Entity]] = {}
        self._timers: Timers[tuple[Key, str]] = Timers()
        self._heard: dict[tuple[Key, str], int] = {}
        self._notes: list[str] = []
        self._noted: Generations[str, bool] = Generations(MOST_NOTES)
        self.wanted: dict[str, int] = {}
        self.changed: set[str] = set()
        self.left_out: dict[Key, str] = {}

    def lane(self, topic: str) -> Lane | None:
        """The lane of a topic on which an entity listens, None where none does."""
        if topic in self._listeners or (self._wildcards.filters and self._wildcards.matching(topic)):
            return self._message
        return None

    def config_lane(self, route: Route, topic: str) -> Lane:
        """The lane of a configuration's topic."""
        prefix = len(parse(route.topic).levels) - 1
        place = place_of(topic.split("/")[prefix:])

        def lane(message: MqttMessage, token: int, _now: float) -> list[Observed]:
            if place is None:
                self._note(f"{topic[:200]!r}: the ids in it may have letters, digits, _ and - only")
            else:
                self._configured(route, place, message)
            return [Observed((token,), None)]

        return lane

    def due(self, now: float) -> list[Observed]:
        """What follows from silence; `now` in seconds as in the lanes."""
        for sleeper in self._dormant.woken():
            self._learn(sleeper, live=False)
        observed: list[Observed] = []
        for key, what in self._timers.expired(now):
            entity, time = self._entities[key], self._heard.pop((key, what))
            seconds = entity.plan.expire_after if what == _EXPIRE else entity.plan.off_delay
            entity.expire() if what == _EXPIRE else entity.turn_off()
            observed += self._told(entity, (), time + round(seconds * 1_000_000), retained=False)
        return observed

    def notes(self) -> list[str]:
        """What there is to say to the user that was not said yet."""
        notes, self._notes = self._notes, []
        return notes

    def _message(self, message: MqttMessage, token: int, now: float) -> list[Observed]:
        payload = Payload(text_of(message.payload))
        observed: list[Observed] = []
        if message.payload:
            topics: tuple[str, ...] = (message.topic,)
            if self._wildcards.filters:
                topics += self._wildcards.matching(message.topic)
            for topic in topics:
                for key, entity in list(self._listeners.get(topic, {}).items()):
                    told = entity.hear(topic, payload, retained=message.retain)
                    if told is not None:
                        self._set_timers(key, entity.plan, told.state, message.received, now)
                    observed += self._told(entity, (token,), message.received, retained=message.retain)
        return observed or [Observed((token,), None)]

    def _told(self, entity: Entity, tokens: tuple[int, ...], time: int, *, retained: bool) -> list[Observed]:
        entity_id = self._id_of(entity.plan)
        event = entity.tell(time, entity_id, retained=retained)
        if event is None or self._registry.known(entity_id).disabled:
            return []
        if self._is_converted(entity_id, entity.plan.unit):
            return []
        return [Observed(tokens, event)]

    def _is_converted(self, entity_id: str, unit: str) -> bool:
        shown = self._unit_of(entity_id) if unit else ""
        if not shown or shown == unit or newest_unit(shown) == newest_unit(unit):
            return False
        self._note(
            f"{entity_id} is left to Home Assistant, which shows in {shown} what its device says in {unit}"
        )
        return True

    def _id_of(self, plan_: Plan) -> str:
        """What Home Assistant calls it, which a person may have changed; else what it would call it."""
        if not plan_.unique_id:
            return plan_.entity_id
        return self._registry.entity_id("mqtt", plan_.unique_id, plan_.key[0]) or plan_.entity_id

    def _set_timers(self, key: Key, plan_: Plan, state: str | None, received: int, now: float) -> None:
        if plan_.expire_after:
            self._heard[key, _EXPIRE] = received
            self._timers.set((key, _EXPIRE), now + plan_.expire_after)
        if plan_.off_delay and state is not None:
            self._timers.cancel((key, _OFF))
            if state == "on":
                self._heard[key, _OFF] = received
                self._timers.set((key, _OFF), now + plan_.off_delay)

    def _configured(self, route: Route, place: Place, message: MqttMessage) -> None:
        if not message.payload:
            self._remove([key for key, topic in self._told_by.items() if topic == message.topic])
            return
        try:
            configs = read(place, message.payload)
        except Unreadable as error:
            self._note(f"{message.topic[:200]!r}: {error}")
            return
        for config in configs:
            if config.values:
                self._learn(Sleeper(route, config, message.topic), live=not message.retain)
            else:
                self._remove([config.key])

    def _learn(self, heard: Sleeper, *, live: bool) -> None:
        route, config, topic = heard
        key = config.key
        if key[0] in STATELESS:
            return
        self._told_by[key] = topic
        try:
            device = self._devices.learn(config.values)
            found = plan(config, device, route.names)
            if _is_excluded(route, found.topics):
                self._remove([key])
                return
            if self._dormant.is_asleep(config):
                self._lay(heard)
                return
            entity_id = self._settled(found, live=live)
        except NotCarried as error:
            self._leave_out(key, topic, str(error))
            return
        self._dormant.forget(key)
        self.left_out.pop(key, None)
        for why in found.without:
            self._note(f"{entity_id} is carried without its {why}")
        self._registry.suggest(entity_id, registered(config, device, route.names))
        for topic in found.topics:
            qos = max(route.qos and 1, self.wanted.get(topic, 0))
            if self.wanted.get(topic) != qos:
                self.wanted[topic] = qos
                self.changed.add(topic)

    def _lay(self, heard: Sleeper) -> None:
        self._remove([heard.config.key])
        if len(self._dormant) < self._most:
            self._told_by[heard.config.key] = heard.topic
            self._dormant.lay(heard)

    def _settled(self, found: Plan, *, live: bool) -> str:
        """Have the entity listen to its topics; returns its id. Raises NotCarried."""
        entity = self._entities.get(found.key)
        if entity is None:
            entity = Entity(self._named(found), live=live)
            self._entities[found.key] = entity
        else:
            self._deafen(entity, entity.plan.topics - found.topics)
            entity.configure(found)
        for topic in found.topics:
            self._listeners.setdefault(topic, {})[found.key] = entity
            self._wildcards.add(topic)
        return entity.plan.entity_id

    def _named(self, found: Plan) -> Plan:
        """The plan with an entity id that nobody else has."""
        if len(self._entities) >= self._most:
            raise NotCarried(f"there are {self._most} entities already")
        domain = found.key[0]
        if found.unique_id:
            other = self._unique.setdefault((domain, found.unique_id), found.key)
            if other != found.key:
                raise NotCarried(f"its unique_id {found.unique_id[:80]!r} is that of {other[1][:80]!r}")
        entity_id = free_id(found.entity_id, lambda each: self._is_taken(each, found.unique_id))
        self._ids[entity_id] = found.key
        return msgspec.structs.replace(found, entity_id=entity_id)

    def _is_taken(self, entity_id: str, unique_id: str) -> bool:
        if entity_id in self._ids:
            return True
        known = self._registry.known(entity_id)
        return known is not UNREGISTERED and (known.integration, known.unique_id) != ("mqtt", unique_id)

    def _remove(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._told_by.pop(key, None)
            self.left_out.pop(key, None)
            self._dormant.forget(key)
            entity = self._entities.pop(key, None)
            if entity is not None:
                self._deafen(entity, entity.plan.topics)
                self._ids.pop(entity.plan.entity_id, None)
                self._unique.pop((key[0], entity.plan.unique_id), None)
                for what in (_EXPIRE, _OFF):
                    self._timers.cancel((key, what))
                    self._heard.pop((key, what), None)

    def _deafen(self, entity: Entity, topics: Iterable[str]) -> None:
        for topic in topics:
            listeners = self._listeners[topic]
            del listeners[entity.plan.key]
            if not listeners:
                self.changed.add(topic)
                self._wildcards.discard(topic)
                del self._listeners[topic], self.wanted[topic]

    def _leave_out(self, key: Key, topic: str, why: str) -> None:
        self._remove([key])
        if len(self.left_out) < self._most:
            self._told_by[key] = topic
            self.left_out[key] = why
            self._note(f"{key[0]} {key[1][:200]!r} is left out: {why}")

    def _note(self, text: str) -> None:
        if len(self._notes) < MOST_NOTES and not self._noted.get(text):
            self._noted.put(text, True)
            self._notes.append(text)


def _is_excluded(route: Route, topics: Iterable[str]) -> bool:
    excluded = [parse(text) for text in route.exclude]
    return any(each.matches(topic.split("/")) for each in excluded for topic in topics)
