"""JSON as Home Assistant sends it. A message about a change is made once, without the subscriber's id, and shared.

Sources: homeassistant/core.py (State, Event, Context: as_dict, as_compressed_state) and
components/websocket_api/messages.py, both 2024.3.
"""

from typing import Any

import msgspec

from ha_bridge.demo.states import Change, Changed, Context, Fired, State, iso

encode = msgspec.json.Encoder().encode


def state_dict(state: State) -> dict[str, Any]:
    """Write a state in full, as `get_states` and `state_changed` show it."""
    updated = iso(state.last_updated)
    same = state.last_changed == state.last_updated
    return {
        "entity_id": state.entity_id,
        "state": state.state,
        "attributes": state.attributes,
        "last_changed": updated if same else iso(state.last_changed),
        "last_updated": updated,
        "context": state.context,
    }


def event_dict(change: Change) -> dict[str, Any]:
    """Write an event of the bus as `subscribe_events` shows it."""
    kind, data = _kind_and_data(change)
    return {
        "event_type": kind,
        "data": data,
        "origin": "LOCAL",
        "time_fired": iso(change.time),
        "context": change.context,
    }


def compressed(state: State) -> dict[str, Any]:
    """Write a state as the snapshot of `subscribe_entities` shows it; `lu` is left out where it equals `lc`."""
    plain = state.context.parent_id is None and state.context.user_id is None
    short = {
        "s": state.state,
        "a": state.attributes,
        "c": state.context.id if plain else state.context,
        "lc": state.last_changed,
    }
    if state.last_changed != state.last_updated:
        short["lu"] = state.last_updated
    return short


def entity_dict(change: Changed) -> dict[str, Any]:
    """Write a change as `subscribe_entities` shows it: "a" for a new entity, "c" for a change, "r" for a removal."""
    if change.new is None:
        return {"r": [change.entity_id]}
    if change.old is None:
        return {"a": {change.entity_id: compressed(change.new)}}
    return {"c": {change.entity_id: _diff(change.old, change.new)}}


def event_message(event: Any) -> bytes:
    """Begin a message of a subscription; `addressed` ends it with the id of the subscription."""
    return encode({"type": "event", "event": event})[:-1]


def addressed(message: bytes, subscription: int) -> bytes:
    return b'%b,"id":%d}' % (message, subscription)


def result(iden: int, payload: Any = None) -> bytes:
    return encode({"id": iden, "type": "result", "success": True, "result": payload})


def error(iden: Any, code: str, message: str) -> bytes:
    return encode(
        {"id": iden, "type": "result", "success": False, "error": {"code": code, "message": message}}
    )


def _kind_and_data(change: Change) -> tuple[str, Any]:
    if isinstance(change, Fired):
        return change.event_type, change.data
    return "state_changed", {
        "entity_id": change.entity_id,
        "old_state": None if change.old is None else state_dict(change.old),
        "new_state": None if change.new is None else state_dict(change.new),
    }


def _diff(old: State, new: State) -> dict[str, Any]:
    added: dict[str, Any] = {}
    if old.state != new.state:
        added["s"] = new.state
    if old.last_changed != new.last_changed:
        added["lc"] = new.last_changed
    elif old.last_updated != new.last_updated:
        added["lu"] = new.last_updated
    context = _context_diff(old.context, new.context)
    if context:
        added["c"] = context
    return {"+": added} if old.attributes is new.attributes else _with_attributes(added, old, new)


def _with_attributes(added: dict[str, Any], old: State, new: State) -> dict[str, Any]:
    fresh = {key: value for key, value in new.attributes.items() if old.attributes.get(key) != value}
    gone = [key for key in old.attributes if key not in new.attributes]
    if fresh:
        added["a"] = fresh
    return {"+": added, "-": {"a": gone}} if gone else {"+": added}


def _context_diff(old: Context, new: Context) -> Any:
    """Tell what changed of the context; the bare id when nothing else did."""
    changed: dict[str, str | None] = {}
    if old.parent_id != new.parent_id:
        changed["parent_id"] = new.parent_id
    if old.user_id != new.user_id:
        changed["user_id"] = new.user_id
    if old.id == new.id:
        return changed
    return {**changed, "id": new.id} if changed else new.id
