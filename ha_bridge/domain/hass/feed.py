"""Event messages of a connection become events: those of the one subscription that states come from, and the bus's."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from ha_bridge.domain.events import BusEvent, Event
from ha_bridge.domain.hass import frames
from ha_bridge.domain.hass.event_types import STATE_CHANGED, EventTypes
from ha_bridge.domain.hass.frames import UNREADABLE, CompressedState, Diff, FullEvent, StateChanged
from ha_bridge.domain.hass.problems import Problems
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.times import micros_of_iso

Part = TypeVar("Part")


class Feed:
    """Gathers events in `events`. `received` is the time of receipt in microseconds, for what HA gives no time.

    `current` is the id of the subscription that states are taken from, 0 until there is one; `heir` that of a
    subscribe_entities whose snapshot has not come yet: with the snapshot it takes over. `stale`: a diff was missed, and
    states may be wrong until the next snapshot.
    """

    def __init__(self, states: States, types: EventTypes, problems: Problems, *, state_changed: bool) -> None:
        self.events: list[Event] = []
        self.received = 0
        self.current = 0
        self.heir = 0
        self.stale = False
        self._states = states
        self._types = types
        self._problems = problems
        self._state_changed = state_changed
        self._strangers: set[str] = set()

    def take(self, subscription: int, event: frames.Event) -> bool:
        """Serve an event in its typed reading; False when it takes the full one."""
        if event.event_type == STATE_CHANGED:
            if not self._state_changed:
                return True
            if event.data is None or event.data.new_state is None:
                return False
            self.events.append(self._states.fired(event.data))
        elif event.event_type:
            return not self._types.wants(event.event_type)
        elif event.a is None and event.r is None:
            if event.c is None:
                return False
            self._changed(subscription, event.c)
        else:
            self._entities(subscription, event.a, event.c, event.r)
        return True

    def take_in_full(self, message: frames.FullMessage) -> None:
        """Serve what the typed reading was not enough for; raises one of UNREADABLE."""
        if message.event.event_type:
            self._fired(message.event)
        else:
            self._entities_one_by_one(message.id, message.event)

    def unreadable(self, error: Exception, sent: bytes) -> None:
        self.stale = self.stale or b'"event"' in bytes(sent)
        self._problems.add(f"cannot read what Home Assistant sent ({error})", sent)

    def _fired(self, event: FullEvent) -> None:
        data = event.data
        if event.event_type != STATE_CHANGED:
            if self._types.takes(event.event_type, data):
                time = micros_of_iso(event.time_fired)
                self.events.append(BusEvent(time, event.event_type, data, event.context.id))
        elif self._state_changed:
            entity_id = data.get("entity_id")
            if "new_state" in data and data["new_state"] is None and isinstance(entity_id, str):
                self.events.append(self._states.gone(entity_id, micros_of_iso(event.time_fired), timed=True))
            else:
                self.events.append(self._states.fired(msgspec.convert(data, StateChanged)))

    def _entities_one_by_one(self, subscription: int, event: FullEvent) -> None:
        if event.a is None and event.c is None and event.r is None:
            raise ValueError("an event without content")
        added = self._readable(event.a, frames.whole_state)
        changed = self._readable(event.c, frames.diff)
        self._entities(subscription, added, changed, event.r)

    def _readable(
        self, parts: Mapping[str, msgspec.Raw] | None, read: Callable[[bytes], Part]
    ) -> dict[str, Part] | None:
        """Read part by part; an entity of which one cannot be read has no base for diffs any more."""
        if parts is None:
            return None
        good: dict[str, Part] = {}
        for entity_id, raw in parts.items():
            try:
                good[entity_id] = read(raw)
            except UNREADABLE as error:
                self._states.lose(entity_id)
                self.stale = True
                self._problems.add(f"cannot read what Home Assistant sent of {entity_id} ({error})", raw)
        return good

    def _entities(
        self,
        subscription: int,
        added: Mapping[str, CompressedState] | None,
        changed: Mapping[str, Diff] | None,
        removed: list[str] | None,
    ) -> None:
        if added is not None and subscription == self.heir:
            self.current, self.heir, self.stale = self.heir, 0, False
            self.events.extend(self._states.snapshot(added, self.received))
        elif added is not None and subscription == self.current:
            self._states.added(added, self.events)
        if changed is not None:
            self._changed(subscription, changed)
        if removed is not None and subscription == self.current:
            self._states.removed(removed, self.received, self.events)

    def _changed(self, subscription: int, diffs: Mapping[str, Diff]) -> None:
        # Another subscription than the current one is one that this has taken over from.
        if subscription == self.current and (strangers := self._states.changed(diffs, self.events)):
            self._meet(strangers)

    def _meet(self, strangers: list[str]) -> None:
        """Ask for a snapshot, once for each entity: one that HA cannot put into it stays a stranger."""
        for entity_id in strangers:
            if entity_id not in self._strangers:
                self._strangers.add(entity_id)
                self.stale = True
                self._problems.add(f"Home Assistant sent a change of {entity_id} without its state before")
