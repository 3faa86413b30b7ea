"""What the stages between source and sink have in common: settling, and surviving poison."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from actors.address import Address
from actors.messages import Bury, Settled
from actors.worker import Post, Worker
from ha_bridge.domain.debts import Settlements
from ha_bridge.domain.events import (
    Batch,
    BusEvent,
    Disposition,
    Event,
    Reading,
    StateEvent,
    Unreadable,
    to_json,
)
from ha_bridge.domain.records import TRIES, DeadLetter, Stage
from ha_bridge.domain.suspects import Suspects

Work = Callable[[Batch], None]


class StageWorker(Worker):
    """A worker that settles events and that no single event can stop, neither by raising nor by hanging."""

    stage: Stage

    def __init__(
        self, post: Post, sources: Mapping[str, Address], journal: Address, suspects: Suspects
    ) -> None:
        super().__init__(post)
        self._sources = sources
        self._journal = journal
        self._suspects = suspects

    def setup(self) -> None:
        self._suspects.inherit()

    def settle(self, source: str, seqs: Sequence[int], disposition: Disposition) -> None:
        if seqs:
            self._sources[source].tell(Settled(seqs, disposition))

    def settle_all(self, settlements: Settlements) -> None:
        for (source, disposition), seqs in settlements.items():
            self.settle(source, seqs, disposition)

    def each(self, batch: Batch, work: Work) -> None:
        """Work on a batch; where that raises, on each of its events alone; what raises then is a dead letter."""
        for part in self._suspects.parts(batch):
            if self._suspects.is_condemned(part):
                self.bury(part.source, part.seqs[0], part.events[0], "Hang", "it was not survived twice")
                self._suspects.clear(part)
            elif part.seqs:
                self._watched(part, work)

    def bury(self, source: str, seq: int, event: Event, error: str, reason: str) -> None:
        """Give up on an event; it is settled when its letter is durable."""
        self.log.error("dead letter", extra={"source": source, "about": about(event), "reason": reason})
        settled = (self._sources[source], Settled((seq,), Disposition.DEAD_LETTERED))
        letter = letter_of(event, source, self.stage, error, reason, self.post.clock.micros(), TRIES)
        self._journal.tell(Bury([letter], [settled]))

    def _watched(self, batch: Batch, work: Work) -> None:
        self._suspects.begin(batch)
        try:
            work(batch)
        except Exception:  # noqa: BLE001 - which event it was is found out one by one
            for seq, event in zip(batch.seqs, batch.events, strict=True):
                self._alone(msgspec.structs.replace(batch, seqs=(seq,), events=(event,)), work)
        self._suspects.end()
        self._suspects.clear(batch)

    def _alone(self, batch: Batch, work: Work) -> None:
        self._suspects.begin(batch)
        try:
            work(batch)
        except Exception as error:
            self.log.exception("poison", extra={"source": batch.source})
            self.bury(batch.source, batch.seqs[0], batch.events[0], type(error).__name__, str(error))


def about(event: Event) -> str:
    """What an event is about, in a word."""
    match event:
        case StateEvent():
            return event.entity_id
        case BusEvent():
            return event.event_type
        case Reading():
            return event.measurement
        case Unreadable():
            return event.about
    return type(event).__name__


def letter_of(
    event: Event, source: str, stage: Stage, error: str, reason: str, now: int, attempts: int = 1
) -> DeadLetter:
    raw = event.raw if isinstance(event, Unreadable) else to_json(event)
    return DeadLetter(now, stage, source, about(event), raw, error, reason, attempts=attempts)
