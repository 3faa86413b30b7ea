"""The simulated home: what changes in it as time goes by. Pure and seeded; time is an argument."""

import random
from collections.abc import Iterable
from itertools import accumulate

from ha_bridge.demo.catalogue import Device, Entity
from ha_bridge.demo.curves import Moment, moment
from ha_bridge.demo.household import AUTOMATIONS, devices
from ha_bridge.demo.states import (
    Attributes,
    Change,
    Changed,
    Context,
    Contexts,
    Fired,
    State,
    StateTable,
    iso,
)

# How likely a change is something other than an entity moving on.
OUTAGE = 1 / 200
RECOVERY = 1 / 60
VISIT = 1 / 300

USER = "5d1c6c4d2ab84f1c9e2b6a7d8e9f0a1b"
SERVICES = {
    "on": "turn_on",
    "off": "turn_off",
    "locked": "lock",
    "unlocked": "unlock",
    "open": "open_cover",
    "opening": "open_cover",
    "closed": "close_cover",
    "closing": "close_cover",
    "playing": "media_play",
    "paused": "media_pause",
}
OPERATED = ("light", "switch", "lock", "cover", "media_player")


class Home:
    """About 90 entities that make `rate` changes per second between them.

    `most`: changes a step makes at most; what is due beyond it is left out, so a late step makes no flood.
    """

    def __init__(self, seed: int = 1, rate: float = 5.0, most: int = 1000) -> None:
        self.rate = rate
        self.devices = devices()
        self.states = StateTable()
        self._most = most
        self._rng = random.Random(seed)  # noqa: S311 - a simulation
        self._contexts = Contexts()
        self._entities = [entity for device in self.devices for entity in device.entities]
        self._by_id = {entity.entity_id: entity for entity in self._entities}
        self._weights = list(accumulate(entity.weight for entity in self._entities))
        self._down: list[Device] = []
        self._silent: set[str] = set()
        self._last: float | None = None
        self._due = 0.0

    def step(self, now: float) -> list[Change]:
        """Tell what happened since the last step, in order; at the first, all entities appear.

        Times lie between the last step and `now`.
        """
        last, self._last = self._last, now
        here = moment(now, self._rng)
        if last is None:
            return [change for each in self._entities for change in self._advance(each, here, now)]
        self._due += self.rate * (now - last)
        count = min(int(self._due), self._most)
        self._due %= 1
        return self._changes(count, here, last)

    def set_state(self, entity_id: str, state: str, attributes: Attributes, now: float) -> list[Change]:
        """Somebody sets a state from outside; entities may be made up."""
        return _made(self.states.set(entity_id, state, attributes, now, self._contexts.new(now)))

    def _changes(self, count: int, here: Moment, last: float) -> list[Change]:
        made: list[Change] = []
        pause = (here.now - last) / max(count, 1)
        # An entity may have nothing new to say, so some draw blanks; the bound is for a rate of one a step.
        for _ in range(20):
            if len(made) >= count:
                break
            for entity in self._rng.choices(self._entities, cum_weights=self._weights, k=count - len(made)):
                when = min(here.now, last + pause * (len(made) + 1))
                made += self._turn(entity, here, when)
        return made

    def _turn(self, entity: Entity, here: Moment, when: float) -> list[Change]:
        roll = self._rng.random()
        if roll < OUTAGE:
            return self._outage(when)
        if roll < OUTAGE + VISIT:
            return self._visit(here, when)
        if self._down and roll < OUTAGE + VISIT + RECOVERY:
            return self._recovery(here, when)
        if entity.entity_id in self._silent:
            return []
        return self._advance(entity, here, when)

    def _advance(self, entity: Entity, here: Moment, when: float) -> list[Change]:
        """Let the entity move on, perhaps because somebody asked it to, perhaps making an automation run."""
        domain = entity.entity_id.partition(".")[0]
        asked = domain in OPERATED and self._rng.random() < 0.5
        context = self._contexts.new(when, user_id=USER if asked else None)
        changed = self._next(entity, here, when, context)
        if changed is None or changed.new is None or changed.old is None:
            return _made(changed)
        if asked and changed.new.state != changed.old.state:
            return [*_called(changed.new, context, when), changed]
        if entity.entity_id in AUTOMATIONS and changed.new.state == "on":
            return [changed, *self._automation(entity.entity_id, context, when)]
        return [changed]

    def _next(self, entity: Entity, here: Moment, when: float, context: Context) -> Changed | None:
        state, more = entity.behaviour.next(here)
        attributes = {**entity.attributes, **more} if more else entity.attributes
        return self.states.set(entity.entity_id, state, attributes, when, context)

    def _automation(self, sensor: str, cause: Context, when: float) -> list[Change]:
        """Run it: an event, an attribute-only change of itself, a service call, a light going on."""
        automation, light = AUTOMATIONS[sensor]
        context = self._contexts.new(when, parent_id=cause.id)
        attributes = {**self._by_id[automation].attributes, "last_triggered": iso(when)}
        data = {"name": attributes["friendly_name"], "entity_id": automation, "source": f"state of {sensor}"}
        ran = self.states.set(automation, "on", attributes, when, context)
        fired = Fired("automation_triggered", data, when, context)
        if light in self._silent:
            return [fired, *_made(ran)]
        lit = {**self._by_id[light].attributes, "color_mode": "brightness", "brightness": 180}
        shining = self.states.set(light, "on", lit, when, context)
        called = [] if shining is None or shining.new is None else _called(shining.new, context, when)
        return [fired, *_made(ran), *called, *_made(shining)]

    def _outage(self, when: float) -> list[Change]:
        """Silence a device: its entities are unavailable and keep only the attributes HA knows without it."""
        well = [device for device in self.devices if _can_fail(device) and device not in self._down]
        if len(self._down) >= 3:
            return []
        device = self._rng.choice(well)
        self._down.append(device)
        self._silent.update(entity.entity_id for entity in device.entities)
        return [change for entity in device.entities for change in self._say(entity, "unavailable", when)]

    def _recovery(self, here: Moment, when: float) -> list[Change]:
        """Let the device that failed first answer again; what it has not measured yet is unknown."""
        device = self._down.pop(0)
        self._silent.difference_update(entity.entity_id for entity in device.entities)
        changes: list[Change] = []
        for entity in device.entities:
            if self._rng.random() < 0.3:
                changes += self._say(entity, "unknown", when)
            else:
                changes += self._advance(entity, here, when)
        return changes

    def _visit(self, here: Moment, when: float) -> list[Change]:
        """Remove a guest's device, or bring it back."""
        entities = self._rng.choice([device for device in self.devices if device.guest]).entities
        if self.states.get(entities[0].entity_id) is None:
            self._silent.difference_update(entity.entity_id for entity in entities)
            return [change for entity in entities for change in self._advance(entity, here, when)]
        self._silent.update(entity.entity_id for entity in entities)
        context = self._contexts.new(when)
        return [
            change
            for entity in entities
            for change in _made(self.states.remove(entity.entity_id, when, context))
        ]

    def _say(self, entity: Entity, state: str, when: float) -> list[Change]:
        context = self._contexts.new(when)
        return _made(self.states.set(entity.entity_id, state, entity.attributes, when, context))


def _can_fail(device: Device) -> bool:
    return bool(device.maker) and not device.guest


def _called(state: State, context: Context, when: float) -> list[Change]:
    """Give the service call that made the state what it is."""
    service = SERVICES.get(state.state)
    if service is None:
        return []
    domain = state.entity_id.partition(".")[0]
    data = {"domain": domain, "service": service, "service_data": {"entity_id": [state.entity_id]}}
    return [Fired("call_service", data, when, context)]


def _made(change: Changed | None) -> list[Change]:
    return [] if change is None else [change]


def changed_only(changes: Iterable[Change]) -> list[Changed]:
    """Leave out the other events."""
    return [change for change in changes if isinstance(change, Changed)]
