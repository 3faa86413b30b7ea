"""A discovered entity and its twin in Home Assistant are one, and it goes on when Home Assistant or the bridge is away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
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


def configs(name: str) -> Json:
    """The configurations of a device with three entities; topic to payload."""
    device = {"identifiers": [name], "name": name}
    state = f"{name}/state"
    return {
        f"homeassistant/sensor/{name}/temperature/config": {
            "state_topic": state,
            "value_template": "{{ value_json.temperature }}",
            "unique_id": f"{name}_t",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "device": device,
        },
        f"homeassistant/binary_sensor/{name}/motion/config": {
            "state_topic": state,
            "value_template": "{{ value_json.motion }}",
            "payload_on": True,
            "payload_off": False,
            "unique_id": f"{name}_m",
            "device_class": "motion",
            "device": device,
        },
        f"homeassistant/switch/{name}/plug/config": {
            "name": "Plug",
            "state_topic": f"{name}/plug",
            "command_topic": f"{name}/plug/set",
            "unique_id": f"{name}_p",
            "device": device,
        },
    }


@contextmanager
def announced(publisher: Publisher, name: str) -> Iterator[None]:
    publisher.publish(f"{name}/state", '{"temperature": "-1.50", "motion": false}', retain=True)
    publisher.publish(f"{name}/plug", "OFF", retain=True)
    for topic, config in configs(name).items():
        publisher.publish(topic, json.dumps(config), retain=True)
    yield
    for topic in configs(name):
        publisher.publish(topic, "", retain=True)


def say(publisher: Publisher, number: int, name: str = "twin") -> None:
    publisher.publish(f"{name}/state", json.dumps({"temperature": f"{number}.50", "motion": number % 2 == 0}))
    publisher.publish(f"{name}/plug", ("ON", "OFF")[number % 2])


def stored(influxdb: InfluxDB, database: str) -> list[tuple[str, str, float]]:
    rows = influxdb.query("SELECT value, entity_id FROM sensor, binary_sensor, switch", database)
    return sorted((row["measurement"], row["entity_id"], row["value"]) for row in rows)


@pytest.fixture
def publisher(hass_with_mqtt: HomeAssistant) -> Iterator[Publisher]:
    assert hass_with_mqtt.broker is not None
    made = Publisher(hass_with_mqtt.broker.port)
    yield made
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
    with Watched(hass) as watched, announced(publisher, "twin"):
        assert watched.wait_states(3) == {
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
    settings = merged(
        mqtt(patient, DISCOVERY, client_id=tmp_path.name, protocol=protocol), influx(influxdb, database)
    )
    with announced(publisher, "twin"), BridgeProcess(tmp_path, settings) as bridge:
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


def test_what_home_assistant_shows_in_another_unit_is_stored_in_that_one_alone(
    hass_with_mqtt: HomeAssistant, publisher: Publisher, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    hass = hass_with_mqtt
    assert hass.broker is not None

    entity_id = "sensor.american_temperature"

    def unit() -> object:
        states = {each["entity_id"]: each["attributes"] for each in hass.rest.states()}
        return states.get(entity_id, {}).get("unit_of_measurement")

    with hass.websocket() as socket, announced(publisher, "american"):
        wait_for(lambda: unit() == "°C", 30, f"{entity_id} in °C")
        fahrenheit = {"options_domain": "sensor", "options": {"unit_of_measurement": "°F"}}
        socket.command("config/entity_registry/update", entity_id=entity_id, **fahrenheit)
        wait_for(lambda: unit() == "°F", 30, f"{entity_id} in °F")
        settings = merged(
            home_assistant(hass),
            mqtt(hass.broker, DISCOVERY, client_id=tmp_path.name),
            influx(influxdb, database),
            only("sensor.american_*"),
        )
        with BridgeProcess(tmp_path, settings) as bridge:
            bridge.wait_up()
            last = ("sensor", "american_temperature", 49.1)

            def is_stored() -> bool:  # a Home Assistant that is busy subscribing may miss the first ones
                for number in range(10):
                    say(publisher, number, "american")
                return last in stored(influxdb, database)

            wait_for(is_stored, 30, f"9.50 °C in °F; {bridge}")
            said = wait_for(lambda: bridge.logged("left out"), 30, "that the entity is left out")[0]
            bridge.wait_settled("home_assistant", "mqtt")
            rows = influxdb.query("SELECT value, unit FROM sensor", database)
            assert {row["unit"] for row in rows} == {"°F"}
            assert "which shows in °F what its device says in °C" in said["what"]
