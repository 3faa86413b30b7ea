"""What an event costs all the way from Home Assistant's socket to a sink: `python -m benchmarks.pipeline`.

The bridge as it runs, in a process of its own; a Home Assistant that says as much as the bridge settles, in another;
a real InfluxDB where there is one, else an HTTP server that says yes to everything. CPU time is the bridge's alone and
holds on a busy machine, too; events per second suffer from whatever else has the cores. `json.loads` of the same frames
in the same process is the yardstick between machines.
"""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from benchmarks.feeder import PER_FRAME, Mode, feed
from benchmarks.processes import cpu_seconds, megabytes, running, say_yes
from ha_bridge import assembly
from ha_bridge.app import Bridge, set_up_logs
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.intake import Intake
from ha_bridge.settings import (
    HistorySettings,
    HomeAssistantSettings,
    InfluxdbSinkSettings,
    JournalSettings,
    LocalSinkSettings,
    LogSettings,
    Secret,
    Settings,
    SinkSettings,
    Url,
    WebSettings,
)
from tests.system.servers.influxdb import InfluxDB

EVENTS = 200_000
MOST_SECONDS = 8.0
"""For a mode; what was done by then is measured."""
WARM_UP = 20_000
WINDOW = 20_000
"""Events under way at most; less than half of what an intake takes, above which the bridge writes at once."""
DATABASE = "benchmark"
ENTITIES, EVENTS_ROAD = Mode("entities", True), Mode("events", True)
MODES = (ENTITIES, EVENTS_ROAD, Mode("entities", False))


class Result(msgspec.Struct, frozen=True):
    """`rate` in events per second, `cpu` and `yardstick` in microseconds per event, `peak` in MB."""

    rate: float
    cpu: float
    yardstick: float
    peak: float


def main() -> None:
    row = "{:26} {:14} {:>9} {:>12} {:>12} {:>7} {:>8}".format
    print(row("Home Assistant", "sink", "events/s", "CPU µs/event", "json.loads", "ratio", "peak MB"))
    with (
        tempfile.TemporaryDirectory(prefix="ha-bridge-benchmark-") as folder,
        influxdb(Path(folder)) as influx,
    ):
        local = LocalSinkSettings(kind="local", path=f"{folder}/local.db")
        for mode, (name, sink) in (*((mode, influx) for mode in MODES), (ENTITIES, ("local store", local))):
            with running(measure, mode, sink, folder) as results:
                found: Result = results.recv()
            ratio = f"{found.cpu / found.yardstick:.2f}"
            figures = (
                f"{found.rate:,.0f}",
                f"{found.cpu:.2f}",
                f"{found.yardstick:.2f}",
                ratio,
                f"{found.peak:.0f}",
            )
            print(row(str(mode), name, *figures), flush=True)


@contextmanager
def influxdb(folder: Path) -> Iterator[tuple[str, SinkSettings]]:
    """Run a server, a real one if possible, and name it."""
    if shutil.which("influxd"):
        with InfluxDB(folder) as server:
            server.create_database(DATABASE)
            yield "InfluxDB 1.6", _influx(server.url)
        return
    with running(say_yes) as port:
        yield "HTTP, says yes", _influx(f"http://127.0.0.1:{port.recv()}")


def measure(results: Connection, mode: Mode, sink: SinkSettings, folder: str) -> None:
    """Measure a mode, in a process that has done nothing else."""
    with running(feed, mode) as orders:
        found = run(FedBridge(settings(orders.recv(), mode, sink, folder), orders), mode)
    results.send(found)


def settings(port: int, mode: Mode, sink: SinkSettings, folder: str) -> Settings:
    return Settings(
        home_assistant=HomeAssistantSettings(
            url=Url(f"http://127.0.0.1:{port}"), token=Secret("benchmark"), subscription=mode.subscription
        ),
        sinks={"main": sink},  # type: ignore[dict-item]
        journal=JournalSettings(path=f"{folder}/journal.db"),
        history=HistorySettings(enabled=False),
        web=WebSettings(port=0),
        log=LogSettings(level="WARNING", format="console"),
    )


class FedBridge:
    """A bridge that is fed as fast as it settles."""

    def __init__(self, wanted: Settings, orders: Connection) -> None:
        self._orders = orders
        self._intakes: list[Intake] = []
        set_up_logs(wanted)
        # The ledger is looked at far more often than the bridge publishes it.
        assembly.Intake = self._intake  # type: ignore[attr-defined,assignment]
        self.bridge = Bridge(wanted)
        self._runner = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        self.bridge.start()
        self._runner.start()

    def stop(self) -> None:
        self.bridge.stop()
        self._runner.join()

    @property
    def settled(self) -> int:
        ledger = self._intakes[0].ledger()
        lost = ledger.settled[Disposition.SHED] + ledger.settled[Disposition.DEAD_LETTERED]
        assert not lost, f"{lost} events shed or dead-lettered"
        return ledger.received - ledger.in_flight

    def feed_until(self, settled: int, seconds: float, window: int = WINDOW) -> None:
        """Let come what settles, `window` events under way at most."""
        deadline = time.monotonic() + seconds
        while self.settled < settled and time.monotonic() < deadline:
            self._orders.send(self.settled + window)
            time.sleep(0.01)

    def _beat(self) -> None:
        while self.bridge.turn():
            pass

    def _intake(self, source: str, limit: int) -> Intake:
        self._intakes.append(Intake(source, limit))
        return self._intakes[-1]


def run(bridge: FedBridge, mode: Mode) -> Result:
    yardstick = loading(mode)
    bridge.start()
    bridge.feed_until(WARM_UP, MOST_SECONDS)
    begun, cpu, before = time.perf_counter(), cpu_seconds(), bridge.settled
    bridge.feed_until(before + EVENTS, MOST_SECONDS)
    seconds, cpu, events = time.perf_counter() - begun, cpu_seconds() - cpu, bridge.settled - before
    yardstick = min(yardstick, loading(mode))
    bridge.stop()
    return Result(events / seconds, cpu / events * 1e6, yardstick, megabytes("VmHWM"))


def loading(mode: Mode) -> float:
    """What json.loads takes for the same frames, in microseconds of CPU time per event; the best of three."""
    frames = mode.frames(0)
    times = []
    for _ in range(3):
        begun = time.thread_time()
        for _ in range(20):
            for frame in frames:
                json.loads(frame)
        times.append(time.thread_time() - begun)
    return min(times) / 20 / PER_FRAME * 1e6


def _influx(url: str) -> InfluxdbSinkSettings:
    return InfluxdbSinkSettings(kind="influxdb", url=Url(url), api="v1", database=DATABASE)


if __name__ == "__main__":
    main()
