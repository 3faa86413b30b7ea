"""What happens in a Home Assistant: states, their changes, and other events.

Times are Unix seconds as HA's doubles, rounded to the microsecond. The rules of `StateTable.set` are those of HA's
state machine (homeassistant/core.py, StateMachine.async_set, 2024.3).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from ha_bridge.domain.times import micros_of_float

Attributes = Mapping[str, Any]

MICROSECOND = 1e-6


class Context(msgspec.Struct, frozen=True):
    """Who caused it: the event that led to it (`parent_id`), the user who asked for it."""

    id: str
    parent_id: str | None = None
    user_id: str | None = None


class State(msgspec.Struct, frozen=True):
    """`last_changed` is when `state` became what it is, `last_updated` when anything about it did."""

    entity_id: str
    state: str
    attributes: Attributes
    last_changed: float
    last_updated: float
    context: Context


class Changed(msgspec.Struct, frozen=True):
    """An entity appeared (`old` is None), changed, or was removed (`new` is None)."""

    entity_id: str
    old: State | None
    new: State | None
    time: float
    context: Context


class Fired(msgspec.Struct, frozen=True):
    """Any other event of the bus."""

    event_type: str
    data: Mapping[str, Any]
    time: float
    context: Context


Change = Changed | Fired


class Contexts:
    """Makes contexts with ids shaped like HA's ULIDs: 26 characters, beginning with the time, never twice the same."""

    def __init__(self) -> None:
        self._made = 0

    def new(self, now: float, parent_id: str | None = None, user_id: str | None = None) -> Context:
        self._made += 1
        return Context(f"01{micros_of_float(now):014X}{self._made:010X}", parent_id, user_id)


class StateTable:
    """The present state of every entity."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def __iter__(self) -> Iterator[State]:
        return iter(self._states.values())

    def __len__(self) -> int:
        return len(self._states)

    def get(self, entity_id: str) -> State | None:
        return self._states.get(entity_id)

    def set(
        self, entity_id: str, state: str, attributes: Attributes, now: float, context: Context
    ) -> Changed | None:
        """Take a state; None when it says nothing that was not known.

        No two states of an entity have the same time, whatever `now` is.
        """
        old = self._states.get(entity_id)
        same_state = old is not None and old.state == state
        if old is not None and (old.attributes is attributes or old.attributes == attributes):
            if same_state:
                return None
            attributes = old.attributes
        now = _after(old, now)
        changed = old.last_changed if old is not None and same_state else now
        new = State(entity_id, state, attributes, changed, now, context)
        self._states[entity_id] = new
        return Changed(entity_id, old, new, now, context)

    def remove(self, entity_id: str, now: float, context: Context) -> Changed | None:
        """Forget an entity; None when it is not there."""
        old = self._states.pop(entity_id, None)
        if old is None:
            return None
        return Changed(entity_id, old, None, _after(old, now), context)

    def apply(self, change: Changed) -> None:
        """Take over what another table decided."""
        if change.new is None:
            self._states.pop(change.entity_id, None)
        else:
            self._states[change.entity_id] = change.new


def iso(seconds: float) -> str:
    """ISO 8601 as HA writes it: microseconds left out when they are zero, offset +00:00."""
    whole, micros = divmod(micros_of_float(seconds), 1_000_000)
    return f"{_iso_second(whole)}.{micros:06d}+00:00" if micros else f"{_iso_second(whole)}+00:00"


@lru_cache(maxsize=64)
def _iso_second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).replace(tzinfo=None).isoformat()


def _after(old: State | None, now: float) -> float:
    if old is not None and now <= old.last_updated:
        now = old.last_updated + MICROSECOND
    return micros_of_float(now) / 1e6
