"""A naive Home Assistant: a state machine that says every change as HA says it, and what a listener should make of it.

Written after `homeassistant/core.py` (StateMachine.async_set, State.as_compressed_state) and
`components/websocket_api/messages.py` (_state_diff), with none of our code.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Attributes = dict[str, Any]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def micros(seconds: float) -> int:
    """Count the microseconds of HA's datetime, digit by digit."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


@dataclass(frozen=True)
class State:
    entity_id: str
    state: str
    attributes: Attributes
    changed: float
    updated: float

    def compressed(self) -> dict[str, Any]:
        said: dict[str, Any] = {"s": self.state, "a": self.attributes, "c": "context", "lc": self.changed}
        return said if self.changed == self.updated else said | {"lu": self.updated}

    def whole(self) -> dict[str, Any]:
        times = {"last_changed": iso(self.changed), "last_updated": iso(self.updated)}
        context = {"id": "context", "parent_id": None, "user_id": None}
        return (
            {"entity_id": self.entity_id, "state": self.state, "attributes": self.attributes}
            | times
            | {"context": context}
        )


@dataclass(frozen=True)
class Change:
    """What HA says of a change on either road. `told`: what one should read there, but for keys whose value is null."""

    by_entity: dict[str, Any]
    fired: dict[str, Any]
    told: tuple[str, int, str | None, Attributes | None, str]


@dataclass
class Home:
    states: dict[str, State] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        return {"a": {entity_id: state.compressed() for entity_id, state in self.states.items()}}

    def set(self, entity_id: str, state: str, attributes: Attributes, now: float) -> Change | None:
        """Set a state; None when it is the one there was."""
        old = self.states.get(entity_id)
        if old and old.state == state and old.attributes == attributes:
            return None
        changed = old.changed if old and old.state == state else now
        new = self.states[entity_id] = State(entity_id, state, attributes, changed, now)
        said = _diff(old, new) if old else {"a": {entity_id: new.compressed()}}
        told = (entity_id, micros(now), state, attributes, old.state if old else "")
        return Change(said, _fired(entity_id, old, new, now), told)

    def remove(self, entity_id: str, now: float) -> Change | None:
        old = self.states.pop(entity_id, None)
        if not old:
            return None
        told = (entity_id, micros(now), None, None, old.state)
        return Change({"r": [entity_id]}, _fired(entity_id, old, None, now), told)


def _diff(old: State, new: State) -> dict[str, Any]:
    plus: dict[str, Any] = {}
    diff: dict[str, Any] = {"+": plus}
    if old.state != new.state:
        plus["s"] = new.state
    if old.changed != new.changed:
        plus["lc"] = new.changed
    elif old.updated != new.updated:
        plus["lu"] = new.updated
    for key, value in new.attributes.items():
        if old.attributes.get(key) != value:  # HA leaves out a new key whose value is None
            plus.setdefault("a", {})[key] = value
    if gone := old.attributes.keys() - new.attributes.keys():
        diff["-"] = {"a": sorted(gone)}
    return {"c": {new.entity_id: diff}}


def _fired(entity_id: str, old: State | None, new: State | None, now: float) -> dict[str, Any]:
    data = {
        "entity_id": entity_id,
        "old_state": old.whole() if old else None,
        "new_state": new.whole() if new else None,
    }
    context = {"id": "context", "parent_id": None, "user_id": None}
    return {
        "event_type": "state_changed",
        "data": data,
        "origin": "LOCAL",
        "time_fired": iso(now),
        "context": context,
    }
