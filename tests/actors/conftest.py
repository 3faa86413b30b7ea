"""The simulated peers, and a bridge between them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.mqtt_broker import MqttBroker
from tests.running import Run, RunningBridge


@pytest.fixture
def hass() -> Iterator[HassServer]:
    server = HassServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def broker() -> Iterator[MqttBroker]:
    made = MqttBroker()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    bridges: list[RunningBridge] = []

    def started(**sections: Any) -> RunningBridge:
        bridges.append(RunningBridge(tmp_path, **sections))
        return bridges[-1]

    yield started
    for bridge in bridges:
        bridge.close()
