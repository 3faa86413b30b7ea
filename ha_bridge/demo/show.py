"""The demo: a simulated home, the real bridge, and a terminal that shows what it does."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console, RenderableType
from rich.live import Live

from ha_bridge.adapters.local_reader import LocalReader
from ha_bridge.app import Bridge, set_up_logs
from ha_bridge.demo.simulation import ROUTES, Simulation
from ha_bridge.demo.view import View, balance
from ha_bridge.settings import (
    HomeAssistantSettings,
    LocalSinkSettings,
    LogSettings,
    MqttSettings,
    RouteSettings,
    Secret,
    Settings,
    Url,
    WebSettings,
)

REFRESH_SECONDS = 0.5


class Demo:
    """`rate` in changes per second; the store's file is at `path`; the endpoints are at `port`."""

    def __init__(self, path: Path, *, rate: float, seed: int, port: int) -> None:
        self.path = path
        self.simulation = Simulation(seed, rate)
        self._port = port

    def run(self, duration: float, stop: Callable[[], bool], console: Console) -> int:
        """Show it for `duration` seconds or until `stop`; returns the exit code."""
        self.simulation.start()
        try:
            with Live(console=console, transient=False, auto_refresh=False) as live:
                return self._run(duration, stop, live)
        finally:
            self.simulation.stop()

    def _run(self, duration: float, stop: Callable[[], bool], live: Live) -> int:
        settings = self.settings()
        set_up_logs(settings)
        bridge = Bridge(settings)
        view = View()
        clock = bridge.clock
        end = clock.monotonic() + duration
        refresh_at = 0.0
        bridge.start()
        while bridge.turn():
            now = clock.monotonic()
            if now >= end or stop():
                bridge.stop()
            if now >= refresh_at:
                refresh_at = now + REFRESH_SECONDS
                live.update(_shown(bridge, view, now), refresh=live.console.is_terminal)
        live.update(_shown(bridge, view, clock.monotonic()), refresh=True)
        live.console.print(self._summary(bridge))
        return bridge.exit_code

    def settings(self) -> Settings:
        """The settings of a bridge for the simulated home; its ports must be open."""
        hass, broker = self.simulation.hass, self.simulation.broker
        return Settings(
            home_assistant=HomeAssistantSettings(url=Url(hass.url), token=Secret(hass.token)),
            mqtt=MqttSettings(
                enabled=broker is not None,
                host="127.0.0.1",
                port=broker.port if broker is not None else 1883,
                routes=tuple(msgspec.convert(route, RouteSettings) for route in ROUTES),
            ),
            sinks={"local": LocalSinkSettings(kind="local", path=str(self.path))},
            web=WebSettings(port=self._port),
            log=LogSettings(level="WARNING", format="console"),
        )

    def _summary(self, bridge: Bridge) -> str:
        totals = LocalReader(self.path).count()
        return (
            f"{balance(bridge.board.samples(bridge.clock.micros()))}\n"
            f"stored: {totals.values:,} values of {totals.series:,} series in {totals.size / 1e6:.1f} MB"
        )


def _shown(bridge: Bridge, view: View, now: float) -> RenderableType:
    micros = bridge.clock.micros()
    return view.render(bridge.board.samples(micros), bridge.board.snapshot(micros), now)
