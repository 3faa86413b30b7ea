"""A backlog of ten million points in a whole bridge: `python -m benchmarks.backlog [points]`.

InfluxDB is away until so many points wait in the journal; then it comes, the journal drains, and live events go on coming.
Printed: the memory at its worst, the rates, how long live events take to be written meanwhile, and how many points are
in InfluxDB at the end.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from benchmarks.feeder import PER_FRAME, feed
from benchmarks.pipeline import DATABASE, ENTITIES, FedBridge, settings
from benchmarks.processes import megabytes, running
from ha_bridge.domain.metrics import CIRCUIT_OPEN, JOURNAL_BYTES, JOURNAL_POINTS, Metric
from ha_bridge.settings import InfluxdbSinkSettings, Url
from tests.system.servers.influxdb import InfluxDB

POINTS = 10_000_000
MOST_SECONDS = 3600.0
CAP_MB = 300
PRESSING = 40_000
"""Events under way at most; more than half of what an intake takes, so that the bridge spills at once."""


class Told(msgspec.Struct, frozen=True):
    """What a phase has taken. `settled`: events since the start; `peak` and `journal` in MB.

    `latencies`: the seconds from sending to durable of live events, a block at a time.
    """

    events: int
    settled: int
    seconds: float
    peak: float
    journal: float
    latencies: Sequence[float]


def main() -> None:
    points = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    with tempfile.TemporaryDirectory(prefix="ha-bridge-backlog-") as name:
        folder = Path(name)
        influxdb = InfluxDB(folder / "influxdb")
        influxdb.directory.mkdir()
        with running(measure, influxdb.url, name, points) as results:
            _print("gathered", results.recv())
            with influxdb:
                influxdb.create_database(DATABASE)
                results.send("InfluxDB is back")
                drained = results.recv()
                _print("drained", drained)
                _judge(drained, _stored(influxdb))


def _print(phase: str, told: Told) -> None:
    print(
        f"{phase}: {told.events:,} events in {told.seconds:,.1f} s, "
        f"journal {told.journal:,.0f} MB, peak memory {told.peak:.0f} MB",
        flush=True,
    )
    if told.latencies:
        *_, p95 = statistics.quantiles(told.latencies, n=20, method="inclusive")
        median, worst = statistics.median(told.latencies), max(told.latencies)
        print(
            f"  live events: written within {median:.2f} s (median), {p95:.2f} s (95 %), {worst:.2f} s (worst)"
        )


def _judge(drained: Told, stored: int) -> None:
    print(f"{drained.settled:,} events settled, {stored:,} points in InfluxDB; the cap is {CAP_MB} MB")
    assert stored == drained.settled, "points are missing, or there are too many"
    assert drained.peak < CAP_MB, f"{drained.peak:.0f} MB"


def _stored(influxdb: InfluxDB) -> int:
    """Count the points: each of this home has exactly one of these fields."""
    counted = {"sensor": "value", "binary_sensor": "value", "climate": "state"}
    queries = (f'SELECT count("{field}") FROM "{name}"' for name, field in counted.items())  # noqa: S608
    return sum(int(row["count"]) for query in queries for row in influxdb.query(query, DATABASE))


def measure(results: Connection, url: str, folder: str, points: int) -> None:
    """Run a bridge through both phases."""
    sink = InfluxdbSinkSettings(kind="influxdb", url=Url(url), api="v1", database=DATABASE)
    with running(feed, ENTITIES) as orders:
        backlog = Backlog(settings(orders.recv(), ENTITIES, sink, folder), orders)
        results.send(backlog.gathered(points))
        results.recv()
        results.send(backlog.drained())
        backlog.stop()


class Backlog(FedBridge):
    """A bridge whose sink is away at first."""

    def gathered(self, points: int) -> Told:
        begun = time.monotonic()
        self.start()
        self.feed_until(points, MOST_SECONDS, PRESSING)
        return self._told(begun, 0)

    def drained(self) -> Told:
        """From the first write that gets through; live events go on coming, a block at a time."""
        while self._number(CIRCUIT_OPEN):
            self._latency()
        begun, before = time.monotonic(), self.settled
        latencies = []
        while self._number(JOURNAL_POINTS) and time.monotonic() < begun + MOST_SECONDS:
            latencies.append(self._latency())
        return self._told(begun, before, latencies)

    def _latency(self) -> float:
        begun, wanted = time.monotonic(), self.settled + PER_FRAME
        self.feed_until(wanted, MOST_SECONDS, PER_FRAME)
        return time.monotonic() - begun

    def _told(self, begun: float, before: int, latencies: Sequence[float] = ()) -> Told:
        seconds, size = time.monotonic() - begun, self._number(JOURNAL_BYTES) / 1e6
        return Told(self.settled - before, self.settled, seconds, megabytes("VmHWM"), size, latencies)

    def _number(self, metric: Metric) -> float:
        values = self.bridge.board.samples(self.bridge.clock.micros()).get(metric, {})
        return sum(value for value in values.values() if isinstance(value, (int, float)))


if __name__ == "__main__":
    main()
