"""What actors tell one another. All frozen; batches, never single events."""

from collections.abc import Sequence

import msgspec

from actors.address import Address
from ha_bridge.domain.dedup import Duplicate
from ha_bridge.domain.events import Batch, Disposition
from ha_bridge.domain.field_types import Written
from ha_bridge.domain.metrics import Samples
from ha_bridge.domain.records import DeadLetter, Gap, Kept
from ha_bridge.domain.routing import Points
from ha_bridge.domain.supervision import ChildState, Failure, Health


class Message(msgspec.Struct, frozen=True):
    pass


class Wake(Message, frozen=True):
    """Something waits in a queue beside the mailbox."""


class Tick(Message, frozen=True):
    """Time has passed. `now` in monotonic seconds."""

    now: float


# Down the line


class Arrived(Message, frozen=True):
    """Events from a source or, deduplicated, from the deduplicator."""

    batch: Batch
    duplicates: Sequence[Duplicate] = ()


class Write(Message, frozen=True):
    """Points for the sink of a writer."""

    points: Points


class Shaped(Message, frozen=True):
    """The filter to the inspector: the fields that this sink has got since the start."""

    sink: str
    fields: Written


class Flush(Message, frozen=True):
    """Nothing more will come: let go of what you hold."""


# Back up


class Answered(Message, frozen=True):
    """A writer to the filter: what became of these events at the sink with this bit."""

    sink: int
    source: str
    seqs: Sequence[int]
    disposition: Disposition


class Settled(Message, frozen=True):
    """To a source: these events have reached their end."""

    seqs: Sequence[int]
    disposition: Disposition


# Journal


Follow = tuple[Address, Message]
"""Whom to tell what, once it is durable."""


class Spill(Message, frozen=True):
    """A writer to the journal: keep these payloads, each under a ticket, while the sink is away."""

    sink: str
    payloads: Sequence[tuple[int, Kept]]


class Spilled(Message, frozen=True):
    """The journal to a writer: these tickets are durable; with a `reason`, they could not be kept."""

    tickets: Sequence[int]
    reason: str = ""


class Bury(Message, frozen=True):
    """Keep dead letters, forget these payloads (numbers), and then tell."""

    letters: Sequence[DeadLetter]
    then: Sequence[Follow] = ()
    forget: Sequence[int] = ()


class Fetch(Message, frozen=True):
    """A writer to the journal: give me what waits for my sink after this number."""

    sink: str
    after: int


class Fetched(Message, frozen=True):
    """The journal to a writer; none means that there is nothing more."""

    payloads: Sequence[Kept]


class Waiting(Message, frozen=True):
    """The journal to a writer: there is something to fetch."""


class Forget(Message, frozen=True):
    """A writer to the journal: these payloads (numbers) are delivered."""

    numbers: Sequence[int]


class Replay(Message, frozen=True):
    """The journal to a source: somebody wants these tried again."""

    letters: Sequence[DeadLetter]


class Replayed(Message, frozen=True):
    """A source to the journal: these letters (numbers) were tried again."""

    numbers: Sequence[int]


# Supervision


class Resend(Message, frozen=True):
    """To a source: somebody downstream was restarted, send again what is not settled."""


class Quiesce(Message, frozen=True):
    """To a source: take in nothing more, but go on acknowledging."""


class RoadState(Message, frozen=True):
    """To the deduplicator and from there to the filter: whether the road of Home Assistant is up, and which sources are down."""

    up: bool
    down: frozenset[str]


class Alive(Message, frozen=True):
    """A child to the supervisor."""

    child: str
    incarnation: int
    state: ChildState
    reason: str


class Failed(Message, frozen=True):
    """A child's last word to the supervisor."""

    child: str
    incarnation: int
    failure: Failure
    reason: str


class Shutdown(Message, frozen=True):
    """To the supervisor: stop everything in order. `deadline` in monotonic seconds."""

    deadline: float


class Supervised(Message, frozen=True):
    """The supervisor to the metrics actor."""

    children: Sequence[Health]


class Report(Message, frozen=True):
    """Anyone to the metrics actor."""

    reporter: str
    samples: Samples


class Reconfigure(Message, frozen=True):
    """To the filter: its router was asked for another routing."""


# Gaps. Times are microseconds by Home Assistant's clock.


class CheckpointWanted(Message, frozen=True):
    """The WebSocket road to the journal, until it is answered: say how far the process before had come."""


class Checkpoint(Message, frozen=True):
    """The answer. `until`: everything up to then is stored or in a gap on record; 0 when there was no process before."""

    until: int


class Covered(Message, frozen=True):
    """The WebSocket road to the journal: everything up to `until` is stored or in a gap on record."""

    until: int


class Missed(Message, frozen=True):
    """The WebSocket road to the journal, until it is answered: put this on record."""

    gap: Gap


class GapRecorded(Message, frozen=True):
    """The answer, once it is durable: this is on record, and with it every missed gap that lies within."""

    gap: Gap


class GapsWanted(Message, frozen=True):
    """The historian to the journal, until it is answered: say which gaps are open."""


class GapsOpen(Message, frozen=True):
    """The journal to the historian, when asked and whenever they change: all open gaps, oldest first."""

    gaps: Sequence[Gap]


class GapFilled(Message, frozen=True):
    """The historian to the journal: all that history gives of this gap up to `filled` is settled. May come twice."""

    gap: Gap
