"""Other events than states: asked for by type, chosen by what is in them, stored with Home Assistant's own time."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.system.bridge import BridgeProcess, Json, home_assistant, influx, mqtt
from tests.system.servers import HomeAssistant, InfluxDB
from tests.waiting import wait_for

pytestmark = pytest.mark.system

NO_STATES: Json = {"filter": {"include": ["sensor.bus_nothing"]}}
LIGHTS = {
    "event_type": "call_service",
    "include": {"domain": ["light"], "service_data": {"entity_id": "light.*"}},
    "exclude": {"service": "turn_off"},
}
ONE_DEVICE = {"event_type": "bus_device", "include": {"device": "a", "press": 2}}


def stored(influxdb: InfluxDB, database: str, event_type: str) -> list[dict[str, Any]]:
    rows = influxdb.query("SELECT * FROM events", database)
    return [row for row in rows if row["event_type"] == event_type]


def fire_all(hass: HomeAssistant, fire: Callable[[str, Json], object]) -> None:
    for entity_id in ("light.bed_light", ["light.bed_light", "light.kitchen_lights"]):
        hass.rest.call_service("light", "turn_on", {"entity_id": entity_id})
    hass.rest.call_service("light", "turn_off", {"entity_id": "light.bed_light"})
    hass.rest.call_service("switch", "turn_on", {"entity_id": "switch.ac"})
    for device, press in (("a", 1), ("a", 2), ("b", 2)):
        fire("bus_device", {"device": device, "press": press})
    fire("bus_unwanted", {})
    fire("bus_last", {})


def test_types_are_asked_for_and_rules_choose_among_their_events(
    hass: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    settings = (
        home_assistant(hass, event_types=["bus_last"], events=[LIGHTS, ONE_DEVICE]),
        influx(influxdb, database),
        NO_STATES,
    )
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        fire_all(hass, hass.rest.fire_event)
        wait_for(lambda: stored(influxdb, database, "bus_last"), 20, "the last event")
    calls = stored(influxdb, database, "call_service")
    assert [(row["domain"], row["service"], row["entity_id"]) for row in calls] == [
        ("light", "turn_on", "light.bed_light"),
        ("light", "turn_on", None),
    ]
    assert json.loads(calls[1]["data"])["service_data"]["entity_id"] == [
        "light.bed_light",
        "light.kitchen_lights",
    ]
    devices = stored(influxdb, database, "bus_device")
    assert [json.loads(row["data"]) for row in devices] == [{"device": "a", "press": 2}]
    assert [(row["device_str"], row["press"]) for row in devices] == [("a", 2)]
    assert not stored(influxdb, database, "bus_unwanted")


@pytest.mark.parametrize("event_types", [["automation_triggered", "logbook_entry", "bus_*"]])
def test_an_event_is_stored_at_home_assistants_own_microsecond(
    hass: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path, event_types: list[str]
) -> None:
    fired: dict[str, Json] = {
        "automation_triggered": {"name": "Night", "entity_id": "automation.night", "source": "state"},
        "logbook_entry": {"name": "Door", "message": "opened", "domain": "lock", "entity_id": "lock.door"},
        "bus_numbers": {"count": 3, "share": 0.5, "on": True, "none": None, "list": [1, 2]},
    }
    settings = (home_assistant(hass, event_types=event_types), influx(influxdb, database), NO_STATES)
    with hass.websocket() as socket, BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        times = {}
        for event_type, data in fired.items():
            subscription = socket.subscribe("subscribe_events", event_type=event_type)
            hass.rest.fire_event(event_type, data)
            moment = datetime.fromisoformat(socket.next_event(subscription)["time_fired"])
            times[event_type] = int(moment.timestamp()) * 1_000_000 + moment.microsecond
        wait_for(lambda: stored(influxdb, database, "bus_numbers"), 20, "the last event")
    found = {event_type: stored(influxdb, database, event_type) for event_type in fired}
    # What is behind the microsecond tells events apart that share it.
    assert {kind: [row["time"] // 1000 for row in rows] for kind, rows in found.items()} == {
        kind: [time] for kind, time in times.items()
    }
    [automation], [entry], [numbers] = found.values()
    assert (automation["entity_id"], automation["name_str"]) == ("automation.night", "Night")
    assert (entry["domain"], entry["entity_id"], entry["message_str"]) == ("lock", "lock.door", "opened")
    assert (numbers["count"], numbers["share"], numbers["on"]) == (3, 0.5, 1)
    assert json.loads(numbers["data"]) == fired["bus_numbers"]


def test_rules_hold_for_the_events_of_an_eventstream(
    hass_with_mqtt: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    hass, broker = hass_with_mqtt, hass_with_mqtt.broker
    assert broker
    route = {"topic": "eventstream", "format": "eventstream"}
    settings = (
        {"home_assistant": {"events": [LIGHTS, ONE_DEVICE], "exclude_event_types": ["bus_un*"]}},
        mqtt(broker, route),
        influx(influxdb, database),
        NO_STATES,
    )
    with hass.websocket() as socket, BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        # What comes over REST counts as another home's, which an eventstream does not pass on.
        fire_all(hass, lambda kind, data: socket.command("fire_event", event_type=kind, event_data=data))
        wait_for(lambda: stored(influxdb, database, "bus_last"), 20, "the last event")
    calls = stored(influxdb, database, "call_service")
    assert {(row["domain"], row["service"]) for row in calls} == {("light", "turn_on")}
    assert len(calls) == 2
    assert [row["device_str"] for row in stored(influxdb, database, "bus_device")] == ["a"]
    assert not stored(influxdb, database, "bus_unwanted")
