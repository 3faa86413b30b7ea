"""The demo: a simulated home, the real bridge, and a terminal or a log that shows what it does."""

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from rich.console import Console

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.app import Bridge, set_up_logs
from ha_bridge.demo.picture import Picture
from ha_bridge.demo.simulation import ROUTES, Simulation
from ha_bridge.demo.summary import is_settled, summary
from ha_bridge.domain.figures import ledgers, total
from ha_bridge.settings import (
    HomeAssistantSettings,
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

HOST = "127.0.0.1"


class Demo:
    """`rate` in changes per second; the store's file is at `path`; the endpoints are at `port`, or at a free one."""

    def __init__(self, path: Path, *, rate: float, seed: int, port: int) -> None:
        self.path = path
        self.simulation = Simulation(seed, rate)
        self._wanted_port = port
        self.port = free_port(port)

    def run(self, duration: float, stop: Callable[[], bool], console: Console) -> int:
        """Show it for `duration` seconds or until `stop`; returns the exit code."""
        self.simulation.start()
        try:
            settings = self.settings()
            console.print(self._addresses(), soft_wrap=True, highlight=False)
            bridge = Bridge(settings)
            end = bridge.clock.monotonic() + duration
            _carry(bridge, lambda: stop() or bridge.clock.monotonic() >= end, console)
            return self._conclude(bridge, console)
        finally:
            self.simulation.stop()

    def settings(self) -> Settings:
        """The settings of a bridge for the simulated home; its ports must be open."""
        hass, broker = self.simulation.hass, self.simulation.broker
        return Settings(
            home_assistant=HomeAssistantSettings(url=Url(hass.url), token=Secret(hass.token)),
            mqtt=MqttSettings(
                enabled=broker is not None,
                host=HOST,
                port=broker.port if broker is not None else 1883,
                routes=tuple(msgspec.convert(route, RouteSettings) for route in ROUTES),
            ),
            sinks={"local": LocalSinkSettings(kind="local", path=str(self.path))},
            journal=JournalSettings(path=f"{self.path}.journal"),
            web=WebSettings(host=HOST, port=self.port),
            log=LogSettings(level="WARNING", format="console"),
        )

    def _addresses(self) -> str:
        hass, broker = self.simulation.hass, self.simulation.broker
        mqtt = f", MQTT broker at {HOST}:{broker.port}" if broker is not None else ""
        taken = f"Port {self._wanted_port} is taken, so another is used.\n" if self._is_elsewhere else ""
        return (
            f"{taken}Home     Home Assistant at {hass.url}{mqtt} (both simulated)\n"
            f"Bridge   http://{HOST}:{self.port}/health, /metrics and /api/status"
        )

    @property
    def _is_elsewhere(self) -> bool:
        return self._wanted_port not in {0, self.port}

    def _conclude(self, bridge: Bridge, console: Console) -> int:
        now = bridge.clock.micros()
        ledger = total(ledgers(bridge.board.samples(now)).values())
        text = summary(ledger, bridge.board.snapshot(now), LocalReader(self.path))
        console.print(text, soft_wrap=True, markup=False, highlight=False)
        return bridge.exit_code or int(not is_settled(ledger))


def free_port(wanted: int) -> int:
    """Give the wanted port where it can be had, else any other; OSError where there is none."""
    with suppress(OSError):
        return _bound(wanted)
    return _bound(0)


def _bound(port: int) -> int:
    with socket.create_server((HOST, port)) as probe:
        return int(probe.getsockname()[1])


def _carry(bridge: Bridge, is_over: Callable[[], bool], console: Console) -> None:
    """Let the bridge run and show it; whatever happens, it is stopped in order."""
    with Picture(console, bridge.board, bridge.clock) as picture:
        # Within the picture, which keeps log lines from tearing it.
        set_up_logs(bridge.settings)
        bridge.start()
        try:
            while bridge.turn() and not is_over():
                picture.show()
        finally:
            bridge.stop()
            while bridge.turn():
                pass
        picture.finish()
