"""What the journal keeps: payloads that wait for a sink, dead letters, gaps, and how far the coverage goes.

All times are microseconds since the Unix epoch.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """A payload that waits for its sink. `number` is its place in the journal, 0 before it has one."""

    sink: str
    payload: bytes
    points: int
    number: int = 0


class Stage(StrEnum):
    """Where an event was given up on, and so what a replay does with it."""

    READ = "read"
    DEDUPLICATE = "deduplicate"
    FILTER = "filter"
    WRITE = "write"


TRIES = 2
"""What makes a stage raise is tried in company and then alone; what it does not survive is tried as often."""


class DeadLetter(msgspec.Struct, frozen=True):
    """What no attempt could bring home, and all that is known of why.

    `about`: topic, entity or event type. `raw`: the payload as it came (stage read), the payload for the sink (write),
    else the event as JSON. `error`: the class; `reason`: its text, or the server's own words; `status`: of HTTP, 0 for
    none. `attempts`: how often it was tried, in company or alone.
    """

    time: int
    stage: Stage
    source: str
    about: str
    raw: bytes
    error: str
    reason: str
    sink: str = ""
    status: int = 0
    attempts: int = 1
    number: int = 0


class Gap(msgspec.Struct, frozen=True):
    """A time for which not every change of state was seen: after `start`, up to `end`, by Home Assistant's clock.

    `filled`: history has been stored up to here. `note`: what history cannot give, "" while that is not known.
    `closed`: nothing more can be done about it; with a note it is a known gap, without one it is whole.
    """

    start: int
    end: int
    cause: str
    filled: int
    note: str = ""
    closed: bool = False
    number: int = 0


class Contents(msgspec.Struct, frozen=True):
    """How much is in the journal. `size`: bytes on disk; `points`: waiting, by sink; `seconds`: length of open gaps."""

    size: int
    points: Sequence[tuple[str, int]]
    dead_letters: int
    gaps: int
    seconds: float
