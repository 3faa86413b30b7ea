"""Home Assistant tells the same over WebSocket and MQTT: it is stored once, at Home Assistant's own microsecond."""

from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessage
from paho.mqtt.publish import single

from tests.system.bridge import BridgeProcess, home_assistant, influx, merged, mqtt, only
from tests.system.conftest import Publish
from tests.system.endpoints import in_all
from tests.system.mqtt_peers import eavesdropping
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto
from tests.system.servers.hass_rest import HassRest
from tests.system.servers.process import HOST
from tests.system.test_states_arrive import nanoseconds
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Json = dict[str, Any]

PLAIN: Json = {"base_topic": "statestream", "publish_attributes": False, "publish_timestamps": False}
TIMES = PLAIN | {"publish_timestamps": True}
EVERYTHING = TIMES | {"publish_attributes": True}
EVENTS: Json = {"publish_topic": "eventstream"}

ROUTES: list[Json] = [
    {"topic": "statestream/#", "format": "statestream"},
    {"topic": "eventstream", "format": "eventstream"},
    {"topic": "marker", "format": "value", "measurement": "marker"},
]


def changes(rest: HassRest) -> list[Json]:
    """Let a sensor take new values, a switch the same two again and again, and a thermostat only new attributes."""
    changed = []
    for number in range(150):
        changed += [
            rest.set_state("sensor.both_roads", str(number), {"unit_of_measurement": "W", "number": number}),
            rest.set_state("switch.both_roads", ("on", "off")[number % 2]),
            rest.set_state("climate.both_roads", "heat", {"current_temperature": number / 10}),
        ]
    return changed


def forget(rest: HassRest, changed: list[Json]) -> None:
    for entity_id in {state["entity_id"] for state in changed}:
        rest.remove_state(entity_id)


def ours(heard: list[MQTTMessage]) -> list[MQTTMessage]:
    return [message for message in heard if b"both_roads" in message.topic.encode() + message.payload]


def store_marker(broker: Mosquitto, bridge: BridgeProcess, influxdb: InfluxDB, database: str) -> None:
    """Publish behind all that the broker has for the bridge, and wait until it is stored."""
    single("marker", "1", qos=1, hostname=HOST, port=broker.port)
    wait_for(lambda: influxdb.query("SELECT value FROM marker", database), 60, f"the marker; {bridge}")


@pytest.mark.parametrize(
    ("hass", "statestream", "eventstream"),
    [
        pytest.param("2024.3.3", PLAIN, None, id="2024.3.3-plain"),
        pytest.param("2024.3.3", EVERYTHING, EVENTS, id="2024.3.3-everything"),
        pytest.param("newest", PLAIN, None, id="newest-plain"),
        pytest.param("newest", TIMES, None, id="newest-times"),
        pytest.param("newest", EVERYTHING, EVENTS, id="newest-everything"),
    ],
    indirect=["hass"],
)
def test_what_comes_on_all_roads_is_stored_once(
    hass: HomeAssistant,
    publish: Publish,
    influxdb: InfluxDB,
    database: str,
    tmp_path: Path,
    statestream: Json,
    eventstream: Json | None,
) -> None:
    broker = publish(statestream, eventstream)
    roads = 2 if eventstream is None else 3
    settings = merged(
        home_assistant(hass),
        mqtt(broker, *ROUTES, client_id=tmp_path.name),
        influx(influxdb, database),
        only("*.both_roads"),
    )
    with (
        BridgeProcess(tmp_path, settings) as bridge,
        eavesdropping(broker, "statestream/+/both_roads/state", "eventstream") as heard,
    ):
        bridge.wait_up()
        theirs = changes(hass.rest)
        told = len(theirs) * (roads - 1)
        wait_for(lambda: len(ours(heard)) >= told, 60, f"the broker to hear {told} messages")
        store_marker(broker, bridge, influxdb, database)
        ledgers = bridge.wait_settled("home_assistant", "mqtt", written=len(theirs) + 1, duplicate=told)
    forget(hass.rest, theirs)
    stored = [
        (row["measurement"], row["time"])
        for row in influxdb.query("SELECT * FROM sensor, switch, climate", database)
    ]
    assert sorted(stored) == sorted(
        (state["entity_id"].split(".")[0], nanoseconds(state)) for state in theirs
    )
    total = in_all(ledgers)
    assert total["written"] == len(theirs) + 1
    assert total["dead_lettered"] == total["shed"] == 0
