"""One discovered entity: what it is, what it was last told, and what that makes its state."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.discovery.availability import Availability, Sign
from ha_bridge.domain.mqtt.discovery.configs import Key
from ha_bridge.domain.mqtt.discovery.facts import own_attributes
from ha_bridge.domain.mqtt.discovery.reading import GONE, HAPPENED, UNKNOWN, Source, Told
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.times import iso_of_millis

UNAVAILABLE = "unavailable"


class Plan(msgspec.Struct, frozen=True):
    """What a configuration says of an entity. `entity_id` is its own name for it, `unique_id` what HA knows it by.

    `facts` are attributes that never change, `said` those with which it begins; `without` says which cannot be read and why.
    `attributes` is the topic of its own attributes, "" for none. Times are seconds, 0 for never: after `expire_after`
    without a message it is unavailable, after `off_delay` a binary sensor is off. `digest` is that of the configuration.
    """

    key: Key
    entity_id: str
    unique_id: str
    facts: Mapping[str, Any]
    said: Mapping[str, Any]
    without: tuple[str, ...]
    unit: str
    sources: tuple[Source, ...]
    signs: tuple[Sign, ...]
    mode: str
    attributes: str
    expire_after: float
    off_delay: float
    force_update: bool
    digest: int

    @property
    def topics(self) -> set[str]:
        heard = {each.topic for each in self.sources} | {each.topic for each in self.signs}
        return heard | ({self.attributes} if self.attributes else set())


class Entity:
    """What an entity was told, over any number of configurations.

    A state is told on only when it differs from the last one, or when the entity forces it, as Home Assistant does. What
    the broker had kept is learnt and not told on; but for an entity that was discovered `live` the first state is news.
    """

    def __init__(self, plan: Plan, *, live: bool) -> None:
        self.plan = plan
        self._state: str | None = None
        self._own: Mapping[str, Any] = {}
        self._said: Mapping[str, Any] = plan.said
        self._availability = Availability(plan.mode)
        self._topics = tuple(each.topic for each in plan.signs)
        self._expired = False
        self._news = live
        self._forced = False
        self._told: str | None = None
        self._told_attributes: Mapping[str, Any] | None = None
        self._attributes: Mapping[str, Any] | None = None

    def configure(self, plan: Plan) -> None:
        """Take another configuration; the entity keeps its id and what it was told.

        Where it is the same again, as after each start of zigbee2mqtt, its sources go on from what they know.
        """
        if plan.digest == self.plan.digest:
            plan = msgspec.structs.replace(plan, sources=self.plan.sources)
        self._topics = tuple(each.topic for each in plan.signs)
        self.plan = msgspec.structs.replace(plan, entity_id=self.plan.entity_id)
        self._said = {**plan.said, **self._said}
        self._attributes = None

    def hear(self, topic: str, payload: Payload, *, retained: bool) -> Told | None:
        """Take in a message on one of its topics; what it says of the state, None where it is none of the state's."""
        plan = self.plan
        for sign in plan.signs:
            if sign.topic == topic and (present := sign.read(payload)) is not None:
                self._availability.hear(topic, present=present)
        if plan.attributes == topic:
            self._hear_attributes(payload)
        told: Told | None = None
        for source in plan.sources:
            if source.topic == topic and not (retained and source.fresh):
                said = source.read(payload)
                told = said if told is None or said.state is not None else told
                self._take(said)
        return told

    def expire(self) -> None:
        self._expired = True

    def turn_off(self) -> None:
        self._state = "off"

    def tell(self, time: int, entity_id: str, *, retained: bool) -> StateEvent | None:
        """What is news of the entity at this time, in microseconds."""
        if self._state is HAPPENED:
            self._state = iso_of_millis(time)
        state = self._shown()
        attributes = self.plan.facts if state == UNAVAILABLE else self._all_attributes()
        same = state == self._told and attributes is self._told_attributes
        previous, forced, news = self._told, self._forced, not retained or self._news
        self._told, self._told_attributes, self._forced = state, attributes, False
        if state is None or (same and not forced):
            return None
        self._news = False
        return StateEvent(time, entity_id, state, attributes, previous, timed=False) if news else None

    def _shown(self) -> str | None:
        available = self._availability.of(self._topics) and not self._expired
        return self._state if available else UNAVAILABLE

    def _take(self, said: Told) -> None:
        self._expired = False
        if said.attributes is not None:
            self._take_attributes(said.attributes)
        if said.state is not None:
            self._state = said.state
            self._forced = self.plan.force_update

    def _take_attributes(self, told: Mapping[str, Any]) -> None:
        """An entity of which something is known has a state, be it unknown."""
        known = self._said
        for name, value in told.items():
            if known.get(name, GONE) != value:
                break
        else:
            return
        self._said = {name: value for name, value in {**known, **told}.items() if value is not GONE}
        self._attributes = None
        if self._state is None:
            self._state = UNKNOWN

    def _hear_attributes(self, payload: Payload) -> None:
        own = own_attributes(payload.document)
        if own is not None and own != self._own:
            self._own = own
            self._attributes = None

    def _all_attributes(self) -> Mapping[str, Any]:
        """The same object until one of them changes."""
        if self._attributes is None:
            own = (
                {**self.plan.facts, **self._own, **self._said} if self._own or self._said else self.plan.facts
            )
            self._attributes = own
        return self._attributes
