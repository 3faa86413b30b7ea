"""Getting points into one sink, whatever the sink says."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from ha_bridge.domain.batcher import Batcher, Load, Share
from ha_bridge.domain.circuit import Circuit, CircuitState
from ha_bridge.domain.delivery import Delivery, Verdict
from ha_bridge.domain.drain import Drain
from ha_bridge.domain.events import HEARTBEAT, HISTORY, Disposition
from ha_bridge.domain.failures import Rejected
from ha_bridge.domain.histogram import Histogram
from ha_bridge.domain.parcel import Parcel
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Clock, Sink
from ha_bridge.domain.records import TRIES, DeadLetter, Kept, Stage
from ha_bridge.domain.routing import Points
from ha_bridge.domain.spill import Spillway

LAG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400)
NOT_LIVE = frozenset({HISTORY, HEARTBEAT})
MOST_IN_MEMORY = 20
"""Full batches in memory from which on a sink that is too slow counts as away."""


class Answer(msgspec.Struct, frozen=True):
    """What became of the events of a parcel, by source.

    `letters` are to be kept before anybody is told; `forget` names payloads of the journal that are done with.
    """

    seqs: Mapping[str, Sequence[int]]
    disposition: Disposition
    letters: Sequence[DeadLetter] = ()
    forget: Sequence[int] = ()


class Writer:
    """Batches, encodes once, delivers byte for byte the same until the sink has it. Fresh points first, backlog behind.

    A payload the sink rejects is halved until only the bad events are left, and those become dead letters. What waits
    for a sink that is away spills into the journal, and drains from there when the sink is back.
    """

    def __init__(
        self,
        name: str,
        sink: Sink,
        batcher: Batcher,
        circuit: Circuit,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._name = name
        self._sink = sink
        self._batcher = batcher
        self._circuit = circuit
        self._clock = clock
        self._delivery = Delivery(sink, circuit, clock, chance)
        self._parcels: deque[Parcel] = deque()
        self._spillway = Spillway()
        self._pressed = False
        self.drain = Drain()
        self.tally = self._delivery.tally
        self.write_seconds = self._delivery.write_seconds
        self.lag_seconds = Histogram(LAG_SECONDS)

    @property
    def backlog(self) -> int:
        """Points waiting in memory."""
        return self._batcher.points + sum(map(len, self._parcels)) + len(self._spillway)

    @property
    def circuit(self) -> CircuitState:
        return self._circuit.state

    @property
    def trouble(self) -> str:
        """Why nothing gets through, "" when all is well."""
        return self._circuit.reason

    @property
    def wants_backlog(self) -> bool:
        """Whether to ask the journal for more."""
        return self.drain.wants_more and self._circuit.allows(self._clock.monotonic())

    def add(self, points: Points) -> None:
        if points.spare and self.backlog > self._batcher.full_size:
            return
        if points.resent:
            points = self._without_waiting(points)
        if points.points:
            self._pressed = self._pressed or points.urgent
            self._batcher.append(points, self._clock.monotonic())

    def hurry(self) -> None:
        """Write what is here now, and try once even where the circuit is open."""
        self._batcher.hurry()
        self._circuit.retry_now()
        self._spillway.hurry()

    def has_work(self) -> bool:
        """Whether `step` would do something."""
        now = self._clock.monotonic()
        waiting = self._parcels or self._batcher.is_ready(now) or self.drain.parcels
        return self._circuit.allows(now) and bool(waiting)

    def step(self) -> list[Answer]:
        """Deliver one parcel, or learn that it cannot be."""
        answers: list[Answer] = []
        self._pressed = self._pressed and self.backlog > 0
        if not self._parcels and self._batcher.is_ready(self._clock.monotonic()):
            answers = self._encode()
        for queue in (self._parcels, self.drain.parcels):
            if queue:
                return answers + self._deliver(queue)
        return answers

    def spill(self) -> tuple[list[tuple[int, Kept]], list[Answer]]:
        """What should go to the journal now, each payload under its ticket."""
        now = self._clock.monotonic()
        self._parcels.extendleft(reversed(self._spillway.overdue(now)))
        away = bool(self._circuit.reason) or self.backlog > MOST_IN_MEMORY * self._batcher.full_size
        away = away and bool(self._parcels or self._batcher.points)
        if not self._spillway.is_due(now, away=away, urgent=self._pressed):
            return [], []
        answers: list[Answer] = []
        while self._batcher.points:
            answers += self._encode()
        parcels = list(self._parcels)
        self._parcels.clear()
        self._pressed = False
        tickets = self._spillway.send(parcels, now)
        return [(ticket, Kept(self._name, each.payload, len(each))) for ticket, each in tickets], answers

    def spilled(self, tickets: Sequence[int], reason: str) -> list[Answer]:
        """The journal's answer: durable, or, with a reason, back into memory."""
        parcels = self._spillway.answered(tickets, reason)
        if reason:
            self._parcels.extendleft(reversed(parcels))
            return []
        return [self._settled(parcel, Disposition.JOURNALED) for parcel in parcels]

    def close(self) -> None:
        self._sink.close()

    def _without_waiting(self, points: Points) -> Points:
        waiting = self._batcher.carriers() | self._spillway.carriers()
        for parcel in self._parcels:
            waiting.update(parcel.carriers())
        fresh = [i for i, seq in enumerate(points.seqs) if (points.source, seq) not in waiting]
        return msgspec.structs.replace(
            points, seqs=[points.seqs[i] for i in fresh], points=[points.points[i] for i in fresh]
        )

    def _encode(self) -> list[Answer]:
        load = self._batcher.take(self._clock.monotonic())
        try:
            self._parcels.append(_parcel(self._sink, load.points, load.shares))
        except Exception:  # noqa: BLE001 - one point that cannot be encoded must not stop the others
            return self._encode_one_by_one(load)
        return []

    def _encode_one_by_one(self, load: Load) -> list[Answer]:
        answers = []
        for points, share in load.events():
            try:
                self._parcels.append(_parcel(self._sink, points, [share]))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this event's
                seqs = {share.source: share.seqs[:1]}
                letter = self._letter(repr(points).encode(), share.source, error, TRIES)
                answers.append(Answer(seqs, Disposition.DEAD_LETTERED, [letter]))
        return answers

    def _deliver(self, queue: deque[Parcel]) -> list[Answer]:
        parcel = queue.popleft()
        outcome = self._delivery.attempt(parcel)
        match outcome.verdict:
            case Verdict.DELIVERED:
                return [self._settled(parcel, Disposition.WRITTEN)]
            case Verdict.KEEP:
                queue.appendleft(parcel)
                return []
            case Verdict.HALVED:
                queue.extendleft(reversed(outcome.halves))
                self._shrink(outcome.halves, too_large=outcome.too_large)
                return []
        return [self._dead(parcel, outcome.error)]

    def _shrink(self, halves: Sequence[Parcel], *, too_large: bool) -> None:
        if halves[0].number:
            self.drain.halved(halves[0])
        if too_large:
            self._batcher.shrink(len(halves[0]), self._clock.monotonic())

    def _settled(self, parcel: Parcel, disposition: Disposition) -> Answer:
        if parcel.number:
            return Answer({}, disposition, forget=self._done(parcel))
        now = self._clock.micros()
        self.lag_seconds.observe(
            [(now - time) / 1_000_000 if time < now else 0.0 for time in _live_times(parcel)]
        )
        return Answer(parcel.seqs(), disposition)

    def _dead(self, parcel: Parcel, error: Exception | None) -> Answer:
        letter = self._letter(parcel.payload, parcel.shares[0].source, error, parcel.attempts)
        if parcel.number:
            return Answer({}, Disposition.DEAD_LETTERED, [letter], self._done(parcel))
        return Answer(parcel.seqs(), Disposition.DEAD_LETTERED, [letter])

    def _done(self, parcel: Parcel) -> Sequence[int]:
        return (parcel.number,) if self.drain.done(parcel) else ()

    def _letter(self, raw: bytes, source: str, error: Exception | None, attempts: int) -> DeadLetter:
        status = error.status if isinstance(error, Rejected) else 0
        return DeadLetter(
            time=self._clock.micros(),
            stage=Stage.WRITE,
            source=source,
            about=raw[:200].decode(errors="replace"),
            raw=raw,
            error=type(error).__name__,
            reason=str(error),
            sink=self._name,
            status=status,
            attempts=attempts,
        )


def _parcel(sink: Sink, points: Sequence[Point], shares: Sequence[Share]) -> Parcel:
    return Parcel(sink.encode(points), shares, [point.time for point in points])


def _live_times(parcel: Parcel) -> Sequence[int]:
    """When it happened, of what was told as it happened: the past and repeats have no lag worth measuring."""
    if not any(share.source in NOT_LIVE for share in parcel.shares):
        return parcel.times
    sources = (share.source for share in parcel.shares for _ in share.seqs)
    return [time for time, source in zip(parcel.times, sources, strict=True) if source not in NOT_LIVE]
