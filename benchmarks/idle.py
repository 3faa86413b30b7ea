"""What a bridge costs while little or nothing happens: `python -m benchmarks.idle [SECONDS]`.

Both roads are up (a simulated Home Assistant and a broker in another process), points go into a local store and to an
HTTP server that says yes. CPU time is that of the bridge's process alone, in percent of one core.
"""

import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection

import msgspec

from benchmarks.processes import cpu_seconds, megabytes, running, say_yes
from ha_bridge.app import Bridge, set_up_logs
from ha_bridge.demo.simulation import ROUTES, Simulation
from ha_bridge.settings import (
    HomeAssistantSettings,
    InfluxdbSinkSettings,
    JournalSettings,
    LocalSinkSettings,
    LogSettings,
    MqttSettings,
    RouteSettings,
    Secret,
    Settings,
    Url,
    WebSettings,
)

SECONDS = 10.0
START_SECONDS = 5.0
NEVER = 1e-9
RATES = (NEVER, 5.0, 50.0)


class Result(msgspec.Struct, frozen=True):
    """`share` of a core's time, `resident` in MB, children that are up."""

    share: float
    resident: float
    children: int


def main() -> None:
    seconds = float(sys.argv[1]) if sys.argv[1:] else SECONDS
    print(f"{'changes/s':>10}{'children':>10}{'CPU %':>8}{'RSS MB':>8}")
    with running(say_yes) as influx:
        port = influx.recv()
        for rate in RATES:
            with running(measure, rate, port, seconds) as results:
                found: Result = results.recv()
            print(f"{rate:10.0f}{found.children:10}{found.share:8.2%}{found.resident:8.0f}", flush=True)


def measure(results: Connection, rate: float, influx: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder, running(live, rate) as home:
        hass, broker, token = home.recv()
        bridge = Bridge(settings(hass, broker, token, influx, folder))
        set_up_logs(bridge.settings)
        bridge.start()
        runner = threading.Thread(target=_beat, args=(bridge,), daemon=True)
        runner.start()
        time.sleep(START_SECONDS)
        children = bridge.board.snapshot(bridge.clock.micros()).children
        cpu, begun = cpu_seconds(), time.perf_counter()
        time.sleep(seconds)
        share = (cpu_seconds() - cpu) / (time.perf_counter() - begun)
        bridge.stop()
        runner.join()
    results.send(Result(share, megabytes("VmRSS"), sum(child.state == "up" for child in children)))


def _beat(bridge: Bridge) -> None:
    while bridge.turn():
        pass


def live(ports: Connection, rate: float) -> None:
    """A simulated home, until the process is ended."""
    home = Simulation(rate=rate)
    home.start()
    assert home.broker is not None
    ports.send((home.hass.port, home.broker.port, home.hass.token))
    threading.Event().wait()


def settings(hass: int, broker: int, token: str, influx: int, folder: str) -> Settings:
    return Settings(
        home_assistant=HomeAssistantSettings(url=Url(f"http://127.0.0.1:{hass}"), token=Secret(token)),
        mqtt=MqttSettings(
            enabled=True,
            host="127.0.0.1",
            port=broker,
            routes=tuple(msgspec.convert(route, RouteSettings) for route in ROUTES),
        ),
        sinks={
            "influx": InfluxdbSinkSettings(
                kind="influxdb", url=Url(f"http://127.0.0.1:{influx}"), api="v1", database="idle"
            ),
            "local": LocalSinkSettings(kind="local", path=f"{folder}/local.db"),
        },
        journal=JournalSettings(path=f"{folder}/journal.db"),
        web=WebSettings(port=0),
        log=LogSettings(level="WARNING", format="console"),
    )


if __name__ == "__main__":
    main()
