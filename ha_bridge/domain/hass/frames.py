"""Frames of Home Assistant's WebSocket API: a JSON message, or an array of them when HA coalesces.

The shapes are those of HA's `components/websocket_api/messages.py` and `core.py` (State.as_compressed_state).
`messages` reads a whole frame in one pass, typed for what comes by the thousand and skipping the rest, such as the
attributes of an old state. Whatever does not fit that is read once more by `split` and `full`, message by message.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec

# What reading bytes from a stranger may raise: bad JSON or types, bad UTF-8, nesting too deep for the reader.
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# Unix seconds up to 2262, the last year that InfluxDB's nanoseconds can hold.
Seconds = Annotated[float, msgspec.Meta(ge=0, lt=9_223_372_036)]


class CompressedState(msgspec.Struct, gc=False):
    """A whole state. `lu` (last_updated) is left out where it equals `lc` (last_changed)."""

    s: str
    lc: Seconds
    lu: Seconds | None = None
    a: dict[str, Any] = {}


class Additions(msgspec.Struct, gc=False):
    """What a state got: attributes new or changed in `a`; `lc` stands for `lu` too."""

    s: str | None = None
    a: dict[str, Any] | None = None
    lc: Seconds | None = None
    lu: Seconds | None = None


class Removals(msgspec.Struct, gc=False):
    a: list[str] = []


class Diff(msgspec.Struct, gc=False):
    """What became of a state since the last message that named its entity."""

    plus: Additions = msgspec.field(name="+", default_factory=Additions)
    minus: Removals | None = msgspec.field(name="-", default=None)


class OldState(msgspec.Struct, gc=False):
    state: str


class NewState(msgspec.Struct, gc=False):
    """`last_updated` comes as ISO 8601 with microseconds."""

    entity_id: str
    state: str
    last_updated: Moment
    attributes: dict[str, Any]


class StateChanged(msgspec.Struct, gc=False):
    """The data of a `state_changed` event, or of any other event that happens to fit."""

    new_state: NewState | None = None
    old_state: OldState | None = None


class Event(msgspec.Struct, gc=False):
    """`a`, `c`, `r` (added, changed, removed) from subscribe_entities; the rest from subscribe_events."""

    a: dict[str, CompressedState] | None = None
    c: dict[str, Diff] | None = None
    r: list[str] | None = None
    event_type: str = ""
    data: StateChanged | None = None


class Error(msgspec.Struct, gc=False):
    code: str = ""
    message: str = ""


class Message(msgspec.Struct, gc=False):
    """Anything HA sends. `result` is still JSON; `message` comes with auth_invalid."""

    type: str = ""
    id: int = 0
    event: Event | None = None
    success: bool = True
    result: msgspec.Raw = msgspec.Raw()
    error: Error | None = None
    message: str = ""
    ha_version: str = ""


class Context(msgspec.Struct, gc=False):
    id: str = ""


class FullEvent(msgspec.Struct, gc=False):
    """An event with all its data; the entities of `a` and `c` are still JSON, so that one can be bad alone."""

    event_type: str = ""
    data: dict[str, Any] = {}
    time_fired: str = ""
    context: Context = msgspec.field(default_factory=Context)
    a: dict[str, msgspec.Raw] | None = None
    c: dict[str, msgspec.Raw] | None = None
    r: list[str] | None = None


class FullMessage(msgspec.Struct, gc=False):
    id: int
    event: FullEvent


class UnitSystem(msgspec.Struct, gc=False):
    temperature: str = ""


class Config(msgspec.Struct, gc=False):
    """What matters of get_config. `state` is RUNNING once HA has started."""

    state: str = "RUNNING"
    version: str = ""
    unit_system: UnitSystem = msgspec.field(default_factory=UnitSystem)


_frame = msgspec.json.Decoder(Message | list[Message])
_parts = msgspec.json.Decoder(list[msgspec.Raw])
message = msgspec.json.Decoder(Message).decode
full = msgspec.json.Decoder(FullMessage).decode
whole_state = msgspec.json.Decoder(CompressedState).decode
diff = msgspec.json.Decoder(Diff).decode
config = msgspec.json.Decoder(Config).decode


def messages(frame: bytes) -> list[Message]:
    """Read a frame; raises one of UNREADABLE when any of them does not fit."""
    read = _frame.decode(frame)
    return read if isinstance(read, list) else [read]


def split(frame: bytes) -> list[msgspec.Raw]:
    """Take a frame apart without reading its messages; raises one of UNREADABLE when the frame as such is no JSON."""
    if frame.lstrip()[:1] == b"[":
        return _parts.decode(frame)
    return [msgspec.Raw(frame)]
