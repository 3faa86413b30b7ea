"""Getting points into one sink, whatever the sink says."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from ha_bridge.domain.batcher import Batcher, Load, Share
from ha_bridge.domain.circuit import Circuit, CircuitState
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.failures import Refused, Rejected, TooLarge, Unavailable
from ha_bridge.domain.histogram import Histogram
from ha_bridge.domain.parcel import Parcel
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Clock, Sink
from ha_bridge.domain.routing import Points

WRITE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LAG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400)


class Answer(msgspec.Struct, frozen=True):
    """What became of the events of a parcel, by source. `reason` says why where it is not written."""

    seqs: Mapping[str, Sequence[int]]
    disposition: Disposition
    reason: str = ""


class Tally(msgspec.Struct):
    """Counts since the process started."""

    points_written: int = 0
    requests: int = 0
    failures: int = 0
    bytes_sent: int = 0
    dead_letters: int = 0


class Writer:
    """Batches, encodes once, delivers byte for byte the same until the sink has it.

    A payload the sink rejects is halved until only the bad events are left, and those are dead-lettered. A sink that
    is away or refuses us opens the circuit; everything is kept, bounded by the intakes of the sources.
    """

    def __init__(
        self, sink: Sink, batcher: Batcher, circuit: Circuit, clock: Clock, chance: Callable[[], float]
    ) -> None:
        self._sink = sink
        self._batcher = batcher
        self._circuit = circuit
        self._clock = clock
        self._chance = chance
        self._parcels: deque[Parcel] = deque()
        self.tally = Tally()
        self.write_seconds = Histogram(WRITE_SECONDS)
        self.lag_seconds = Histogram(LAG_SECONDS)

    @property
    def backlog(self) -> int:
        """Points waiting."""
        return self._batcher.points + sum(map(len, self._parcels))

    @property
    def circuit(self) -> CircuitState:
        return self._circuit.state

    @property
    def trouble(self) -> str:
        """Why nothing gets through, "" when all is well."""
        return self._circuit.reason

    def add(self, points: Points) -> None:
        if points.resent:
            points = self._without_waiting(points)
        if points.points:
            self._batcher.append(points, self._clock.monotonic())

    def hurry(self) -> None:
        """Write what is here now, and try once even where the circuit is open."""
        self._batcher.hurry()
        self._circuit.retry_now()

    def has_work(self) -> bool:
        """Whether `step` would do something."""
        now = self._clock.monotonic()
        return self._circuit.allows(now) and bool(self._parcels or self._batcher.is_ready(now))

    def step(self) -> list[Answer]:
        """Deliver one parcel, or learn that it cannot be."""
        answers = [] if self._parcels else self._encode(self._batcher.take(self._clock.monotonic()))
        if self._parcels:
            answers += self._deliver(self._parcels.popleft())
        return answers

    def close(self) -> None:
        self._sink.close()

    def _without_waiting(self, points: Points) -> Points:
        waiting = self._batcher.carriers()
        for parcel in self._parcels:
            waiting.update((share.source, seq) for share in parcel.shares for seq in share.seqs)
        fresh = [i for i, seq in enumerate(points.seqs) if (points.source, seq) not in waiting]
        return msgspec.structs.replace(
            points, seqs=[points.seqs[i] for i in fresh], points=[points.points[i] for i in fresh]
        )

    def _encode(self, load: Load) -> list[Answer]:
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
                answers.append(self._dead(seqs, len(points), f"cannot be encoded: {error!r}"))
        return answers

    def _deliver(self, parcel: Parcel) -> list[Answer]:
        try:
            self._timed_delivery(parcel)
        except (Rejected, TooLarge) as error:
            return self._halve(parcel, error)
        except Refused as error:
            self._keep(parcel)
            self._circuit.refused(self._clock.monotonic(), str(error))
        except Unavailable as error:
            self._keep(parcel)
            self._circuit.failed(self._clock.monotonic(), str(error), self._chance(), error.retry_after)
        except Exception as error:  # noqa: BLE001 - a fault of the adapter must not cost data
            self._keep(parcel)
            self._circuit.failed(self._clock.monotonic(), f"unexpected: {error!r}", self._chance())
        else:
            return [self._written(parcel)]
        return []

    def _timed_delivery(self, parcel: Parcel) -> None:
        self.tally.requests += 1
        self.tally.bytes_sent += len(parcel.payload)
        before = self._clock.monotonic()
        try:
            self._sink.deliver(parcel.payload)
        finally:
            self.write_seconds.observe([self._clock.monotonic() - before])

    def _written(self, parcel: Parcel) -> Answer:
        self._circuit.succeeded()
        self.tally.points_written += len(parcel)
        now = self._clock.micros()
        self.lag_seconds.observe([(now - time) / 1_000_000 if time < now else 0.0 for time in parcel.times])
        return Answer(parcel.seqs(), Disposition.WRITTEN)

    def _keep(self, parcel: Parcel) -> None:
        self.tally.failures += 1
        self._parcels.appendleft(parcel)

    def _halve(self, parcel: Parcel, error: Rejected | TooLarge) -> list[Answer]:
        self._circuit.succeeded()
        place = parcel.place_to_cut(error.lines if isinstance(error, Rejected) else ())
        if not place:
            return [self._dead(parcel.seqs(), len(parcel), str(error))]
        if isinstance(error, TooLarge):
            self._batcher.size = max(1, min(self._batcher.size, place))
        self._parcels.extendleft(reversed(parcel.cut(place, self._sink.split(parcel.payload, place))))
        return []

    def _dead(self, seqs: Mapping[str, Sequence[int]], points: int, reason: str) -> Answer:
        self.tally.dead_letters += points
        return Answer(seqs, Disposition.DEAD_LETTERED, reason)


def _parcel(sink: Sink, points: Sequence[Point], shares: Sequence[Share]) -> Parcel:
    return Parcel(sink.encode(points), shares, [point.time for point in points])
