"""One event of Home Assistant's bus as JSON, as its WebSocket API and its REST stream write it (`core.py`, Event).

`{"event_type", "data", "time_fired", "context": {"id"}}`; the data of a `state_changed` are `entity_id`, `old_state`
and `new_state`, each a state or null: `{"entity_id", "state", "attributes", "last_updated"}`. Other keys are skipped.
A message of the WebSocket API has the event within it: `{"id", "type": "event", "event": {…}}`.
"""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ha_bridge.domain.events import BusEvent, Event, StateEvent
from ha_bridge.domain.times import micros_of_iso

STATE_CHANGED = "state_changed"


class _Context(msgspec.Struct, gc=False):
    id: str = ""


class _Event(msgspec.Struct, gc=False):
    event_type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")
    time_fired: str = ""
    context: _Context | None = None
    event: "_Event | UnsetType" = UNSET


class _OldState(msgspec.Struct, gc=False):
    state: str


class _NewState(msgspec.Struct, gc=False):
    state: str
    attributes: dict[str, Any] = {}
    last_updated: str = ""


class _Change(msgspec.Struct, gc=False):
    entity_id: str
    new_state: _NewState | None
    old_state: _OldState | UnsetType | None = UNSET


_event = msgspec.json.Decoder(_Event).decode
_change = msgspec.json.Decoder(_Change).decode
_data = msgspec.json.Decoder(dict[str, Any]).decode


def decode_event(raw: bytes) -> Event:
    """Read an event; ValueError says what is wrong with it, and where as far as that can be told."""
    try:
        event = _event(raw)
        event = event if event.event is UNSET else event.event
        return _state_event(event) if event.event_type == STATE_CHANGED else _bus_event(event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not an event of Home Assistant: {error}") from error


def _state_event(event: _Event) -> StateEvent:
    change = _change(event.data)
    new, old = change.new_state, change.old_state
    domain, dot, object_id = change.entity_id.partition(".")
    if not (domain and dot and object_id):
        raise ValueError(f"not an entity id: {change.entity_id!r}")
    return StateEvent(
        _micros(event.time_fired or (new.last_updated if new else "")),
        change.entity_id,
        new.state if new else None,
        new.attributes if new else None,
        None if old is UNSET else old.state if old else "",
    )


def _bus_event(event: _Event) -> BusEvent:
    if not event.event_type:
        raise ValueError(
            'not an event of Home Assistant, {"event_type", "data", "time_fired"}: it has no event_type'
        )
    context = event.context.id if event.context else ""
    return BusEvent(_micros(event.time_fired), event.event_type, _data(event.data), context)


def _micros(time: str) -> int:
    if not time:
        raise ValueError("an event without time_fired")
    return micros_of_iso(time)
