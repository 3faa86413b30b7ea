"""A whole bridge in this process, with the embedded store, for tests that give it a home to listen to."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pykka

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.app import Bridge
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.histogram import Buckets
from ha_bridge.domain.metrics import EVENTS_IN_FLIGHT, EVENTS_RECEIVED, EVENTS_SETTLED, Metric
from ha_bridge.domain.supervision import ChildState, Health
from ha_bridge.settings import (
    BatchSettings,
    DedupSettings,
    HistorySettings,
    HomeAssistantSettings,
    JournalSettings,
    LocalSinkSettings,
    MqttSettings,
    RouteSettings,
    Secret,
    Settings,
    SupervisorSettings,
    Url,
    WebSettings,
)
from tests.waiting import wait_for

QUICK_SUPERVISOR = SupervisorSettings(
    backoff_initial=0.05, backoff_max=0.2, tick=0.02, stop_timeout=5.0, hang_after=20.0
)
QUICK_BATCH = BatchSettings(interval=0.05, retry_initial=0.05, retry_max=0.2)


class RunningBridge:
    """Started at once; `close` stops it in order. All timing is quick, the endpoints are off."""

    def __init__(
        self,
        folder: Path,
        home_assistant: HomeAssistantSettings | None = None,
        mqtt: MqttSettings | None = None,
        **sections: Any,
    ) -> None:
        self.store = folder / "points.db"
        quick: dict[str, Any] = {
            "sinks": {"local": LocalSinkSettings(kind="local", path=str(self.store))},
            "journal": JournalSettings(path=str(folder / "journal.db")),
            "history": HistorySettings(delay=1.0),
            "supervisor": QUICK_SUPERVISOR,
            "batch": QUICK_BATCH,
            "dedup": DedupSettings(settle=0.3),
            "web": WebSettings(enabled=False),
        }
        self.bridge = Bridge(
            Settings(
                home_assistant=home_assistant or HomeAssistantSettings(),
                mqtt=mqtt or MqttSettings(),
                **(quick | sections),
            )
        )
        self.bridge.start()
        self._thread = threading.Thread(target=self._turn)
        self._thread.start()

    def _turn(self) -> None:
        while self.bridge.turn():
            pass

    def child(self, name: str) -> Health | None:
        children = self.bridge.board.snapshot(self.bridge.clock.micros()).children
        return next((child for child in children if child.child == name), None)

    def wait_for_child(self, name: str, *states: ChildState, restarts: int = 0) -> Health:
        def reached() -> Health | None:
            child = self.child(name)
            return child if child and child.state in states and child.restarts >= restarts else None

        return wait_for(reached, 20, what=f"{name} {states} after {restarts} restarts")

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.bridge.board.snapshot(self.bridge.clock.micros()).ready, 20, what="readiness")

    def number(self, metric: Metric, *labels: str) -> float:
        value = self.bridge.board.samples(self.bridge.clock.micros()).get(metric, {}).get(labels, 0.0)
        assert not isinstance(value, Buckets)
        return value

    def settled(self, source: str, disposition: Disposition) -> float:
        return self.number(EVENTS_SETTLED, source, disposition.value)

    def received(self, source: str) -> float:
        return self.number(EVENTS_RECEIVED, source)

    def is_balanced(self, source: str) -> bool:
        """Whether its ledger shows nothing in flight, and all received accounted for."""
        settled = sum(self.settled(source, each) for each in Disposition)
        return self.number(EVENTS_IN_FLIGHT, source) == 0 and self.received(source) == settled

    def stored(self, measurement: str, field: str, **tags: str) -> list[Any]:
        """The values of one series in the order of time."""
        reader = LocalReader(self.store)
        return [
            sample.value
            for series in reader.series()
            if series.measurement == measurement and tags.items() <= series.tags.items()
            for sample in reader.read(series.id, field)
        ]

    def close(self) -> int:
        """Stop it and wait; the exit code."""
        self.bridge.stop()
        self._thread.join(15)
        assert not self._thread.is_alive()
        # What was left behind while it hung ends when it comes back, not when the bridge does.
        wait_for(lambda: not pykka.ActorRegistry.get_all(), 20, "every actor to end")
        return self.bridge.exit_code


def home_assistant(url: str, token: str, **options: Any) -> HomeAssistantSettings:
    quick = {"ping_interval": 0.2, "ping_timeout": 0.5, "timeout": 5.0}
    return HomeAssistantSettings(url=Url(url), token=Secret(token), **(quick | options))


def mqtt(port: int, *routes: dict[str, Any], **options: Any) -> MqttSettings:
    return MqttSettings(
        enabled=True,
        host="127.0.0.1",
        port=port,
        routes=tuple(msgspec.convert(route, RouteSettings) for route in routes),
        **options,
    )


Run = Callable[..., RunningBridge]
"""Starts a bridge with these sections of the settings."""
