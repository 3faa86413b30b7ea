"""What the registries say, in a whole bridge: on the first point, after a change, over a loss, over a restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.mqtt_broker import MqttBroker
from ha_bridge.domain.supervision import ChildState
from tests.running import Run, RunningBridge, home_assistant, mqtt
from tests.waiting import wait_for

STATESTREAM = {"topic": "statestream/#", "format": "statestream"}


@pytest.fixture
def hass() -> Iterator[HassServer]:
    server = HassServer()
    lists = server.hass.registries
    lists.areas.append({"area_id": "hall", "name": "Hall"})
    lists.devices.append({"id": "d1", "area_id": "hall", "name": "Meter"})
    lists.entities.append(
        {"entity_id": "sensor.a", "id": "e1", "unique_id": "u1", "platform": "mqtt", "device_id": "d1"}
    )
    server.set_state("sensor.a", "0", {"friendly_name": "Power"})
    server.start()
    yield server
    server.stop()


def values(bridge: RunningBridge, **tags: str) -> list[Any]:
    return bridge.stored("sensor", "value", **tags)


def test_the_first_point_has_its_tags_and_a_change_is_a_tag_soon(hass: HassServer, run: Run) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token))
    wait_for(lambda: values(bridge), what="the first point")
    [series] = LocalReader(bridge.store).series()
    assert series.tags == {
        "area": "Hall",
        "device": "Meter",
        "entity_id": "a",
        "integration": "mqtt",
        "registry_id": "e1",
    }
    assert bridge.stored("sensor", "name") == ["Power"]
    hass.hass.registries.areas[0]["name"] = "Lobby"
    hass.fire("area_registry_updated", {"action": "update", "area_id": "hall"})
    numbers = iter(range(1, 1000))

    def moved() -> object:
        hass.set_state("sensor.a", str(next(numbers)), {"friendly_name": "Power"})
        return values(bridge, area="Lobby")

    wait_for(moved, 20, what="a point in the lobby")
    assert values(bridge, registry_id="e1") == values(bridge)
    assert bridge.stored("events", "data") == []


def test_tags_outlive_a_lost_connection_and_the_process(hass: HassServer, run: Run, tmp_path: Path) -> None:
    broker = MqttBroker()
    broker.start()
    roads = {
        "home_assistant": home_assistant(hass.url, hass.token),
        "mqtt": mqtt(broker.port, STATESTREAM),
    }

    def said_by_mqtt(bridge: RunningBridge, value: str) -> None:
        broker.publish("statestream/sensor/a/state", value, qos=1)
        wait_for(lambda: float(value) in values(bridge), 20, what=value)

    try:
        first = run(**roads)
        first.wait_until_ready()
        hass.stop()
        first.wait_for_child("home_assistant", ChildState.DOWN)
        said_by_mqtt(first, "5")
        wait_for((tmp_path / "registries.json").exists, what="the file")
        first.close()
        second = run(**roads)
        second.wait_for_child("mqtt", ChildState.UP)
        said_by_mqtt(second, "6")
        assert values(second, area="Hall", registry_id="e1") == values(second)
        second.close()
    finally:
        broker.stop()
