"""One attempt to get a parcel into a sink, and what it means."""

from collections.abc import Callable, Sequence
from enum import Enum, auto

import msgspec

from ha_bridge.domain.circuit import Circuit
from ha_bridge.domain.failures import Refused, Rejected, TooLarge, Unavailable
from ha_bridge.domain.histogram import Histogram
from ha_bridge.domain.parcel import Parcel
from ha_bridge.domain.ports import Clock, Sink

WRITE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Verdict(Enum):
    DELIVERED = auto()
    KEEP = auto()
    HALVED = auto()
    DEAD = auto()


class Outcome(msgspec.Struct, frozen=True):
    """`halves`: what to deliver instead. `error`: why it is dead. `too_large`: payloads must become smaller."""

    verdict: Verdict
    halves: Sequence[Parcel] = ()
    error: Exception | None = None
    too_large: bool = False


class Tally(msgspec.Struct):
    """Counts since the process started."""

    points_written: int = 0
    requests: int = 0
    failures: int = 0
    bytes_sent: int = 0


class Delivery:
    """Delivers, measures, and works the circuit."""

    def __init__(self, sink: Sink, circuit: Circuit, clock: Clock, chance: Callable[[], float]) -> None:
        self._sink = sink
        self._circuit = circuit
        self._clock = clock
        self._chance = chance
        self.tally = Tally()
        self.write_seconds = Histogram(WRITE_SECONDS)

    def attempt(self, parcel: Parcel) -> Outcome:
        try:
            self._timed(parcel)
        except (Rejected, TooLarge) as error:
            self._circuit.succeeded()
            return self._halved(parcel, error)
        except Refused as error:
            self._circuit.refused(self._clock.monotonic(), str(error))
        except Unavailable as error:
            self._circuit.failed(self._clock.monotonic(), str(error), self._chance(), error.retry_after)
        except Exception as error:  # noqa: BLE001 - a fault of the adapter must not cost data
            self._circuit.failed(self._clock.monotonic(), f"unexpected: {error!r}", self._chance())
        else:
            self._circuit.succeeded()
            self.tally.points_written += len(parcel)
            return Outcome(Verdict.DELIVERED)
        self.tally.failures += 1
        return Outcome(Verdict.KEEP)

    def _timed(self, parcel: Parcel) -> None:
        parcel.attempts += 1
        self.tally.requests += 1
        self.tally.bytes_sent += len(parcel.payload)
        before = self._clock.monotonic()
        try:
            self._sink.deliver(parcel.payload)
        finally:
            self.write_seconds.observe([self._clock.monotonic() - before])

    def _halved(self, parcel: Parcel, error: Rejected | TooLarge) -> Outcome:
        place = parcel.place_to_cut(error.lines if isinstance(error, Rejected) else ())
        if not place:
            return Outcome(Verdict.DEAD, error=error)
        halves = parcel.cut(place, self._sink.split(parcel.payload, place))
        return Outcome(Verdict.HALVED, halves, too_large=isinstance(error, TooLarge))
