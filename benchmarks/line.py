"""Every stage of a bridge with one sink, from Home Assistant's frames to payloads, in one thread and without actors."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import home
from benchmarks.feeder import BEGIN, Mode
from ha_bridge.domain import line_protocol
from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.batcher import Batcher
from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.circuit import Circuit
from ha_bridge.domain.debts import Debts
from ha_bridge.domain.dedup import Deduplicator
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.hass.protocol import HassOptions, HassProtocol
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.layouts import BridgeLayout, BridgeOptions
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Sink
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.routing import Outlet, Router, Routing
from ha_bridge.domain.rules import Rules
from ha_bridge.domain.selection import Patterns, Selection
from ha_bridge.domain.writer import Writer

EVERYTHING = Selection(Patterns(), Patterns())


class Nowhere:
    """A sink (ports.Sink) that encodes as those of InfluxDB do and takes everything."""

    def encode(self, points: Sequence[Point]) -> bytes:
        return line_protocol.encode(points)

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]:
        lines = payload.split(b"\n")
        return b"\n".join(lines[:at]), b"\n".join(lines[at:])

    def deliver(self, payload: bytes) -> None:
        pass

    def close(self) -> None:
        pass


class Midnight:
    """A clock that stands still, at a moment shortly after all events."""

    def monotonic(self) -> float:
        return 0.0

    def micros(self) -> int:
        return (BEGIN + 86400) * 1_000_000


class Line:
    """`seconds`: the CPU time of each stage since the last look; `events`: for how many."""

    def __init__(
        self,
        mode: Mode,
        *,
        entities: int,
        sink: Sink | None = None,
        selection: Selection = EVERYTHING,
        twins: bool = False,
        rules: Rules | None = None,
    ) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.events = 0
        self.intake = Intake("home_assistant", 10**9)
        self._protocol = opened(mode, entities)
        self._deduplicator = Deduplicator(window=5, settle=2, size=20_000, twins=twins)
        layout = GuardedLayout(BridgeLayout(BridgeOptions()), 10**9)
        self._router = Router(Routing(EVERYTHING, [Outlet("main", 1, selection, layout)], rules))
        self._debts = Debts()
        circuit = Circuit(Backoff(initial=1, factor=2, maximum=60, jitter=0))
        self._writer = Writer("main", sink or Nowhere(), Batcher(5000, 1.0), circuit, Midnight(), lambda: 0.0)

    def carry(self, frames: Sequence[bytes]) -> None:
        """Take frames all the way, or as far as the sink lets them."""
        with self._timed("frames to events"):
            events = self._protocol.receive(frames, 0.0, 0)
        self.events += len(events)
        with self._timed("intake: admit"):
            batch = self.intake.admit(events)
        with self._timed("dedup"):
            sifted = self._deduplicator.sift(batch, 0.0)
            self._deduplicator.due(0.0)
        with self._timed("filter: route"):
            routed = self._router.route(sifted.batch)
        with self._timed("filter: debts"):
            self._debts.owe(batch.source, routed.owing)
            self._debts.follow(sifted.duplicates)
            self.intake.settle(routed.filtered, Disposition.FILTERED)
        with self._timed("writer: add"):
            for points in routed.points.values():
                self._writer.add(points)
        self._write_what_is_due()

    def catch_up(self) -> None:
        """Write whatever waits, although the sink was away a moment ago."""
        self._writer.hurry()
        self._write_what_is_due()

    def _write_what_is_due(self) -> None:
        while self._writer.has_work():
            self._write()

    def _write(self) -> None:
        with self._timed("writer: a payload"):
            answers = self._writer.step()
        for answer in answers:
            for source, seqs in answer.seqs.items():
                with self._timed("filter: answers"):
                    settlements = self._debts.answer(1, source, seqs, answer.disposition)
                with self._timed("intake: settle"):
                    for (_, disposition), settled in settlements.items():
                        self.intake.settle(settled, disposition)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        begun = time.thread_time()
        yield
        self.seconds[stage] += time.thread_time() - begun


def opened(mode: Mode, entities: int) -> HassProtocol:
    """Let Home Assistant greet a protocol that is fit for the mode's frames."""
    protocol = HassProtocol(HassOptions("token", mode.subscription), States(), Registry())
    greeting = home.greeting()
    if mode.subscription == "entities":
        greeting.append(home.snapshot(entities, BEGIN - 1))
    protocol.receive(map(home.frame, greeting), 0, 0)
    assert protocol.live
    return protocol
