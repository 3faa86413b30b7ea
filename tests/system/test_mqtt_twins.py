"""A discovered entity and its twin in Home Assistant are one, and it goes on when Home Assistant or the bridge is away."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.bridge import BridgeProcess, home_assistant, influx, merged, mqtt, only
from tests.system.mqtt_clients import Publisher
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto
from tests.system.test_states_arrive import nanoseconds
from tests.system.watching import Watched
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Json = dict[str, Any]

DISCOVERY: Json = {"topic": "homeassistant/#", "format": "discovery"}
CHANGES = 30
DEVICE = {"identifiers": ["twin"], "name": "Twin"}
CONFIGS: Json = {
    "homeassistant/sensor/twin/temperature/config": {
        "state_topic": "twin/state",
        "value_template": "{{ value_json.temperature }}",
        "unique_id": "twin_t",
        "device_class": "temperature",
        "unit_of_measurement": "°C",
        "device": DEVICE,
    },
    "homeassistant/binary_sensor/twin/motion/config": {
        "state_topic": "twin/state",
        "value_template": "{{ value_json.motion }}",
        "payload_on": True,
        "payload_off": False,
        "unique_id": "twin_m",
        "device_class": "motion",
        "device": DEVICE,
    },
    "homeassistant/switch/twin/plug/config": {
        "name": "Plug",
        "state_topic": "twin/plug",
        "command_topic": "twin/plug/set",
        "unique_id": "twin_p",
        "device": DEVICE,
    },
}


def announce(publisher: Publisher) -> None:
    for topic, config in CONFIGS.items():
        publisher.publish(topic, json.dumps(config), retain=True)


def withdraw(publisher: Publisher) -> None:
    for topic in CONFIGS:
        publisher.publish(topic, "", retain=True)


def say(publisher: Publisher, number: int) -> None:
    publisher.publish("twin/state", json.dumps({"temperature": f"{number}.50", "motion": number % 2 == 0}))
    publisher.publish("twin/plug", ("ON", "OFF")[number % 2])


def stored(influxdb: InfluxDB, database: str) -> list[tuple[str, str, float]]:
    rows = influxdb.query("SELECT value, entity_id FROM sensor, binary_sensor, switch", database)
    return sorted((row["measurement"], row["entity_id"], row["value"]) for row in rows)


@pytest.fixture
def publisher(hass_with_mqtt: HomeAssistant) -> Iterator[Publisher]:
    assert hass_with_mqtt.broker is not None
    made = Publisher(hass_with_mqtt.broker.port)
    yield made
    withdraw(made)
    made.close()


def test_a_change_that_comes_on_both_roads_is_stored_once_and_goes_on_when_home_assistant_is_gone(
    hass_with_mqtt: HomeAssistant, publisher: Publisher, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    hass = hass_with_mqtt
    assert hass.broker is not None
    settings = merged(
        home_assistant(hass),
        mqtt(hass.broker, DISCOVERY, client_id=tmp_path.name),
        influx(influxdb, database),
        only("*.twin_*"),
        {"dedup": {"settle": "5s", "window": "10s"}},
    )
    with Watched(hass) as watched:
        publisher.publish("twin/state", '{"temperature": "-1.50", "motion": false}', retain=True)
        publisher.publish("twin/plug", "OFF", retain=True)
        announce(publisher)
        assert watched.wait_states(len(CONFIGS)) == {
            "sensor.twin_temperature",
            "binary_sensor.twin_motion",
            "switch.twin_plug",
        }
        with hass.websocket() as socket:  # a person calls it something else
            renamed = {"entity_id": "sensor.twin_temperature", "new_entity_id": "sensor.twin_renamed"}
            socket.command("config/entity_registry/update", **renamed)
        wait_for(lambda: any(each["entity_id"] == "sensor.twin_renamed" for each in hass.rest.states()))
        with BridgeProcess(tmp_path, settings) as bridge:
            bridge.wait_up()
            watched.since_last()
            before = [each for each in hass.rest.states() if "twin_" in each["entity_id"]]
            for number in range(CHANGES):
                say(publisher, number)
            bridge.wait_settled("home_assistant", "mqtt", duplicate=3 * CHANGES)
            changes = [each["new_state"] for each in watched.since_last() if "twin_" in each["entity_id"]]
            rows = influxdb.query("SELECT value, entity_id FROM sensor, binary_sensor, switch", database)
            assert len(changes) >= 3 * CHANGES
            assert sorted(
                (f"{row['measurement']}.{row['entity_id']}", row["time"]) for row in rows
            ) == sorted((state["entity_id"], nanoseconds(state)) for state in [*before, *changes])
            hass.kill()
            bridge.wait_child("home_assistant", "down", "restarting")
            say(publisher, CHANGES)
            after = [
                ("binary_sensor", "twin_motion", 1.0),
                ("sensor", "twin_renamed", CHANGES + 0.5),
                ("switch", "twin_plug", 1.0),
            ]
            wait_for(lambda: {*after} <= {*stored(influxdb, database)}, 30, f"the last states; {bridge}")
            assert len(stored(influxdb, database)) == len(before) + len(changes) + 3
    hass.start()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_devices_said_while_the_bridge_was_away_is_stored_when_it_is_back(
    patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path, protocol: str
) -> None:
    publisher = Publisher(patient.port)
    announce(publisher)
    settings = merged(
        mqtt(patient, DISCOVERY, client_id=tmp_path.name, protocol=protocol), influx(influxdb, database)
    )
    bridge = BridgeProcess(tmp_path, settings)
    with bridge:
        bridge.wait_up()
        wait_for(lambda: say(publisher, 1) or stored(influxdb, database), 30, "the first states")  # type: ignore[func-returns-value]
        bridge.wait_settled("mqtt")
        for number in range(2, 4):
            say(publisher, number)
            wait_for(lambda: ("sensor", "twin_temperature", number + 0.5) in stored(influxdb, database), 30)  # noqa: B023
        bridge.kill()
        for number in range(4, 44):
            say(publisher, number)
        bridge.start()
        wanted = {("sensor", "twin_temperature", number + 0.5) for number in range(2, 44)}
        wait_for(lambda: wanted <= {*stored(influxdb, database)}, 30, f"all states; {bridge}")
        say(publisher, 50)
        wait_for(lambda: ("sensor", "twin_temperature", 50.5) in stored(influxdb, database), 30)
        assert len([row for row in stored(influxdb, database) if row[0] == "switch"]) >= 40
    publisher.close()
