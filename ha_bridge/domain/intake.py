"""What a source has taken in and not yet seen settled."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ha_bridge.domain.events import Batch, Disposition, Event


class Ledger(msgspec.Struct, frozen=True):
    """received = the sum of settled + in_flight, at any moment the owner is not in the middle of a call."""

    received: int
    settled: Mapping[Disposition, int]
    in_flight: int


class Intake:
    """The events of one source in order of arrival, from admission until they are settled.

    It outlives the actor that feeds it, so that a successor can send again what a dead one left behind. Its limit
    bounds everything downstream: nothing below it can hold more than what is unsettled here. One thread at a time.
    """

    def __init__(self, source: str, limit: int) -> None:
        self.source = source
        self.limit = limit
        self._events: dict[int, Event] = {}
        self._next = 0
        self._settled: Counter[Disposition] = Counter()
        self._shed = 0
        self.closed = False

    def admit(self, events: Sequence[Event], *, sheddable: bool = True) -> Batch:
        """Take in as many as fit and name them; the rest is shed, unless the source may not lose it."""
        room = max(0, self.limit - len(self._events)) if sheddable else len(events)
        kept = events if len(events) <= room else events[:room]
        self._shed += len(events) - len(kept)
        first = self._next
        self._next += len(kept)
        seqs = range(first, self._next)
        self._events.update(zip(seqs, kept, strict=True))
        return Batch(self.source, seqs, kept)

    def settle(self, seqs: Iterable[int], disposition: Disposition) -> None:
        """Whatever is settled twice, or was never here, counts once or not at all."""
        pop = self._events.pop
        before = len(self._events)
        for seq in seqs:
            pop(seq, None)
        self._settled[disposition] += before - len(self._events)

    def unsettled(self) -> Batch:
        """Everything that still waits, to be sent again."""
        return Batch(
            self.source, tuple(self._events), tuple(self._events.values()), resent=True, urgent=self.half_full
        )

    @property
    def waiting(self) -> Collection[Event]:
        """The events that are not settled, in order of arrival: a view, good until the next call."""
        return self._events.values()

    @property
    def low(self) -> int:
        """Every seq below this one is settled and may be acknowledged."""
        return next(iter(self._events), self._next)

    @property
    def at_rest(self) -> bool:
        """Its source takes in nothing more, and everything is settled."""
        return self.closed and not self._events

    @property
    def half_full(self) -> bool:
        return 2 * len(self._events) >= self.limit

    def ledger(self) -> Ledger:
        settled = {each: self._settled[each] for each in Disposition}
        settled[Disposition.SHED] += self._shed
        return Ledger(self._next + self._shed, settled, len(self._events))
