"""What was observed: the immutable events that travel down the pipeline.

All times are integers: microseconds since the Unix epoch, UTC. A value that a road does not carry is None.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

HOME_ASSISTANT, MQTT, HISTORY = "home_assistant", "mqtt", "history"
"""The sources. What history tells is of the past: it never says how things are."""

HEARTBEAT = "heartbeat"
"""Whence points come that repeat what is known: they are no source's events, so nobody waits for an answer."""


class Disposition(StrEnum):
    """Where an event ended; every event ends in exactly one."""

    WRITTEN = "written"
    JOURNALED = "journaled"
    FILTERED = "filtered"
    DUPLICATE = "duplicate"
    DEAD_LETTERED = "dead_lettered"
    SHED = "shed"


class Event(msgspec.Struct, frozen=True, gc=False, tag=True):
    """One observation. `time` is when it happened (Home Assistant's own time, else the time of receipt)."""

    time: int


class StateEvent(Event, frozen=True, gc=False):
    """An entity took a state, or only its attributes changed, or it was removed (`state` is None).

    `attributes` is None when the road carries none; one attributes object is shared by all events between two
    changes of it, so its identity may serve as a cache key. `previous` is the state before, "" when the entity did
    not exist, None when the road does not tell. `timed`: `time` is HA's own `last_updated`, not the time of receipt.
    `retained`: a replay of what a broker had kept, no news.
    """

    entity_id: str
    state: str | None
    attributes: Mapping[str, Any] | None = None
    previous: str | None = None
    timed: bool = True
    retained: bool = False


class BusEvent(Event, frozen=True, gc=False):
    """Any other event of HA's event bus. `context` is its context id, "" when the road does not tell."""

    event_type: str
    data: Mapping[str, Any]
    context: str = ""
    timed: bool = True


class Reading(Event, frozen=True, gc=False):
    """A measurement from MQTT that belongs to no entity: it is written as its route says."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, float | str | bool]
    retained: bool = False


class Unreadable(Event, frozen=True, gc=False):
    """What came and could not be read: on its way to the dead letters.

    `about`: the MQTT topic, or what kind of frame. `problem` says what is wrong with `raw`.
    """

    about: str
    raw: bytes
    problem: str


class Batch(msgspec.Struct, frozen=True, gc=False):
    """Events of one source on their way down, `seqs[i]` naming `events[i]` in that source's Intake.

    `resent`: the events may have come this way before. `urgent`: the source waits, write now. `replayed`: they had been
    dead letters, and have not been stored although they came before.
    """

    source: str
    seqs: Sequence[int]
    events: Sequence[Event]
    resent: bool = False
    urgent: bool = False
    replayed: bool = False


AnyEvent = StateEvent | BusEvent | Reading | Unreadable

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def to_json(event: Event) -> bytes:
    """For the dead letters; what JSON cannot hold becomes text."""
    try:
        return _encode(event)
    except (TypeError, ValueError, RecursionError):
        return repr(event).encode()


def from_json(raw: bytes) -> AnyEvent:
    """Raises ValueError (msgspec's) when it is not an event's JSON."""
    return _decoder.decode(raw)
