"""The states of all entities, put together from what HA sends of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.hass.frames import Additions, CompressedState, Diff, StateChanged
from ha_bridge.domain.times import micros_of_datetime, micros_of_float


class States:
    """Turns snapshots, diffs and state_changed events into StateEvents that share their attributes objects.

    One lives as long as the process and is handed from connection to connection, so that `previous` reaches over a
    lost one. A snapshot is the only base for the diffs after it: what it does not name is no longer diffed against.

    Attributes count as unchanged when they are equal as HA compares them, where 1 == 1.0 == True.

    `vanished`: an entity may be gone since before the last snapshot, which cannot tell when; it always may be in the
    first one. `temperature_unit` is HA's own, in which it shows climate devices whatever theirs is.
    """

    def __init__(self) -> None:
        self.vanished = False
        self.temperature_unit = ""
        self._latest: dict[str, StateEvent] = {}
        self._missed: dict[str, StateEvent] = {}  # known once, not in the last snapshot
        self._complete = False

    def snapshot(self, entities: Mapping[str, CompressedState], received: int) -> list[Event]:
        """All entities there are. `previous` is None in the first snapshot and "" for an entity new in a later one.

        One that was there before and is not any more is gone since `received` at the latest, as far as anybody knows.
        """
        gone = [old for entity_id, old in self._latest.items() if entity_id not in entities]
        self.vanished = not self._complete or bool(gone)
        self._missed |= self._latest
        self._latest = {}
        events: list[Event] = [
            StateEvent(received, old.entity_id, None, None, old.state, timed=False) for old in gone
        ]
        self.added(entities, events)
        self._complete = True
        return events

    def added(self, entities: Mapping[str, CompressedState], events: list[Event]) -> None:
        for entity_id, state in entities.items():
            seconds = state.lc if state.lu is None else state.lu
            events.append(self._took(micros_of_float(seconds), entity_id, state.s, state.a))

    def changed(self, diffs: Mapping[str, Diff], events: list[Event]) -> list[str]:
        """Apply the diffs. Returns the entities that had no base for theirs.

        The state of such a stranger is told without attributes, where its diff has a state at all.
        """
        strangers: list[str] = []
        latest = self._latest
        for entity_id, diff in diffs.items():
            if (old := latest.get(entity_id)) is None:
                strangers.append(entity_id)
                events.extend(_bare(entity_id, diff.plus))
                continue
            plus = diff.plus
            seconds = plus.lu if plus.lc is None else plus.lc
            event = StateEvent(
                old.time if seconds is None else micros_of_float(seconds),
                old.entity_id,
                old.state if plus.s is None else plus.s,
                old.attributes if plus.a is None and diff.minus is None else _overlaid(old.attributes, diff),
                old.state,
            )
            latest[old.entity_id] = event
            events.append(event)
        return strangers

    def removed(self, entity_ids: Sequence[str], received: int, events: list[Event]) -> None:
        """Entities that are gone since `received`, the time of receipt in microseconds."""
        events.extend(self.gone(entity_id, received, timed=False) for entity_id in entity_ids)

    def gone(self, entity_id: str, time: int, *, timed: bool) -> StateEvent:
        old = self._latest.pop(entity_id, None) or self._missed.pop(entity_id, None)
        previous = old.state if old else None
        return StateEvent(time, entity_id, None, None, previous, timed)

    def unit_of(self, entity_id: str) -> str:
        """The unit in which HA last showed the entity, "" where it has none or is not known; from any thread."""
        if entity_id.startswith(("climate.", "water_heater.")):
            return self.temperature_unit
        latest = self._latest.get(entity_id)
        unit = latest.attributes.get("unit_of_measurement") if latest and latest.attributes else None
        return "" if unit is None else str(unit)

    def latest(self) -> list[StateEvent]:
        """What was last told of every entity that is there. Any thread may ask."""
        return list(self._latest.values())

    def entity_ids(self) -> list[str]:
        """Every entity ever heard of and not known to be gone. Any thread may ask."""
        return [*self._latest, *self._missed]

    def lose(self, entity_id: str) -> None:
        """Stop diffing against what is known of the entity: it is out of date."""
        if old := self._latest.pop(entity_id, None):
            self._missed[entity_id] = old

    def fired(self, change: StateChanged) -> StateEvent:
        """Take a state_changed; ValueError when it has no new state."""
        new, old = change.new_state, change.old_state
        if new is None:
            raise ValueError("state_changed without a state")
        known = self._latest.get(new.entity_id)
        attributes: Mapping[str, Any] = new.attributes
        entity_id = new.entity_id
        if known is not None:
            entity_id = known.entity_id
            if known.attributes == attributes:
                attributes = known.attributes
        previous = "" if old is None else old.state
        event = StateEvent(micros_of_datetime(new.last_updated), entity_id, new.state, attributes, previous)
        self._latest[entity_id] = event
        return event

    def _took(self, time: int, entity_id: str, state: str, attributes: Mapping[str, Any]) -> StateEvent:
        """Take a whole state, whatever was known of the entity before."""
        old = self._missed.pop(entity_id, None) or self._latest.get(entity_id)
        if old is None:
            previous = "" if self._complete else None
        else:
            entity_id, previous = old.entity_id, old.state
            attributes = old.attributes if old.attributes == attributes else attributes
        event = self._latest[entity_id] = StateEvent(time, entity_id, state, attributes, previous)
        return event


def _bare(entity_id: str, plus: Additions) -> Iterator[StateEvent]:
    seconds = plus.lu if plus.lc is None else plus.lc
    if plus.s is not None and seconds is not None:
        yield StateEvent(micros_of_float(seconds), entity_id, plus.s)


def _overlaid(attributes: Mapping[str, Any] | None, diff: Diff) -> Mapping[str, Any] | None:
    """Apply the diff to the attributes.

    Up to 2024.3 at least, HA does not send a new attribute whose value is null, and yet says when it is removed.
    """
    after = {**(attributes or {}), **(diff.plus.a or {})}
    for key in diff.minus.a if diff.minus else ():
        after.pop(key, None)
    return attributes if attributes == after else after
