"""What the connections have in common: an intake, a queue their library fills, and settling."""

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec
import pykka

from actors.address import Address
from actors.messages import Arrived, Flush, Quiesce, Replay, Replayed, Resend, Settled, Wake
from actors.worker import Post, Worker
from ha_bridge.domain.events import Disposition, Event, Unreadable, from_json
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.metrics import (
    BATCHES,
    EVENTS_IN_FLIGHT,
    EVENTS_RECEIVED,
    EVENTS_SETTLED,
    MESSAGES_RECEIVED,
    Samples,
)
from ha_bridge.domain.records import DeadLetter

Raw = TypeVar("Raw")

MOST_WAITING = 64 * 2**20
"""Bytes that may have arrived without having been read, which happens only where a part hangs or a server runs wild."""


class Source(Worker, Generic[Raw]):
    """Library threads call `arrived` and `lost`; everything else happens in the actor's own thread."""

    def __init__(self, post: Post, intake: Intake, downstream: Address, journal: Address) -> None:
        super().__init__(post)
        self.journal = journal
        self.intake = intake
        intake.closed = False
        self.downstream = downstream
        self._queue: deque[Raw] = deque()
        self._waiting = 0
        self._overrun = False
        self._woken = False
        self._loss: str | None = None
        self._quiet = False
        self._batches = 0
        self._messages = 0
        self._shed = 0
        self._replayed: dict[int, int] = {}

    @abstractmethod
    def size(self, raw: Raw) -> int:
        """Bytes that it takes."""

    @abstractmethod
    def take(self, raw: Sequence[Raw]) -> None:
        """Read what has arrived, in order."""

    def is_pressed(self) -> bool:
        """Whether the other side will soon send nothing more until something is settled."""
        return self.intake.half_full

    def settled(self, seqs: Sequence[int]) -> None:
        """These were settled just now."""

    def finish(self) -> None:
        """The last chance to send on what is half assembled."""

    def arrived(self, raw: Raw) -> None:
        """From the library's thread: never waits, never raises.

        Beyond MOST_WAITING nothing more is heard of this connection: what came before is read, and then it is lost.
        """
        if self._overrun:
            return
        self._waiting += self.size(raw)
        if self._waiting > MOST_WAITING:
            self._overrun = True
            self.lost("more has come than can be read")
            return
        self._queue.append(raw)
        self._wake()

    def lost(self, reason: str) -> None:
        """From the library's thread: the connection is gone."""
        self._loss = reason
        self._wake()

    def send(self, events: Sequence[Event], *, sheddable: bool = True, replayed: bool = False) -> range:
        """Admit events and pass them on; returns the seqs of those admitted."""
        batch = self.intake.admit(events, sheddable=sheddable)
        if batch.seqs:
            self._batches += 1
            urgent = self.is_pressed()
            self.downstream.tell(Arrived(msgspec.structs.replace(batch, replayed=replayed, urgent=urgent)))
        return range(batch.seqs[0], batch.seqs[-1] + 1) if batch.seqs else range(0)

    def resend(self) -> None:
        batch = self.intake.unsettled()
        if batch.seqs:
            self.log.info("sending again", extra={"events": len(batch.seqs)})
            self.downstream.tell(Arrived(batch))

    def tick(self, now: float) -> None:
        """Say when events are shed: nobody can be told to wait, and the sinks do not keep up."""
        del now
        shed = self.intake.ledger().settled[Disposition.SHED]
        if shed > self._shed:
            self.log.warning(
                "shedding events", extra={"count": shed - self._shed, "limit": self.intake.limit}
            )
        self._shed = shed

    def send_unreadable(self, unreadable: Sequence[Unreadable]) -> range:
        """What could not even be read goes the way of all events, to the dead letters."""
        if unreadable:
            self.log.error("unreadable", extra={"count": len(unreadable), "first": unreadable[0].problem})
        return self.send(unreadable, sheddable=False)

    def replay(self, letter: DeadLetter) -> range:
        """Take in a dead letter again; the seqs it got, none when this source cannot."""
        try:
            return self.send([from_json(letter.raw)], sheddable=False, replayed=True)
        except ValueError:
            self.log.warning("cannot be replayed", extra={"letter": letter.number, "about": letter.about})
            return range(0)

    def handle(self, message: Any) -> None:
        match message:
            case Wake():
                self._drain()
            case Settled():
                self.intake.settle(message.seqs, message.disposition)
                self.settled(message.seqs)
                if self._replayed:
                    self._settle_replayed(message.seqs)
            case Resend():
                self.resend()
            case Replay():
                self._replay(message.letters)
            case Quiesce():
                self._quiesce()

    def samples(self) -> Samples:
        source = (self.intake.source,)
        ledger = self.intake.ledger()
        return {
            EVENTS_RECEIVED: {source: ledger.received},
            EVENTS_SETTLED: {(*source, each.value): count for each, count in ledger.settled.items()},
            EVENTS_IN_FLIGHT: {source: ledger.in_flight},
            MESSAGES_RECEIVED: {source: self._messages},
            BATCHES: {source: self._batches},
        }

    def _replay(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            if letter.number not in self._replayed.values():
                self._replayed.update(dict.fromkeys(self.replay(letter), letter.number))

    def _settle_replayed(self, seqs: Sequence[int]) -> None:
        numbers = [self._replayed.pop(seq) for seq in seqs if seq in self._replayed]
        if numbers:
            self.journal.tell(Replayed(numbers))

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            with suppress(pykka.ActorDeadError):
                self.actor_ref.tell(Wake())

    def _drain(self) -> None:
        self._woken = False
        loss = self._loss
        queue = self._queue
        self._waiting = 0
        raw = [queue.popleft() for _ in range(len(queue))]
        if raw and not self._quiet:
            self._messages += len(raw)
            self.take(raw)
        if loss is not None:
            raise Lost(loss)

    def _quiesce(self) -> None:
        self._drain()
        self.finish()
        self._quiet = True
        self.intake.closed = True
        self.downstream.tell(Flush())
