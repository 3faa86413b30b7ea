"""The homeassistant layout through the whole bridge: what stands in InfluxDB is what Home Assistant would have written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.system.bridge import BridgeProcess, home_assistant, influx
from tests.system.oracle import ha_oracle
from tests.system.servers import HomeAssistant, InfluxDB
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Json = dict[str, Any]
Key = tuple[str, str]
"""An entity and when it took its state."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TYPES: dict[str, Callable[[Any], object]] = {"float": float, "string": str}
DATES = "sensor.demo_entities_dates"


def last_updated(state: Json) -> str:
    return datetime.fromisoformat(state["last_updated"]).isoformat(timespec="microseconds")


def state_changed(state: Json) -> Json:
    """Make the event by which Home Assistant told of a state."""
    return {
        "event_type": "state_changed",
        "data": {"entity_id": state["entity_id"], "old_state": None, "new_state": state},
        "time_fired": state["last_updated"],
    }


def expected(states: list[Json]) -> dict[Key, Json]:
    """What Home Assistant's own integration would write of these states; those it would not are left out."""
    points = ha_oracle({}, [state_changed(state) for state in states])
    return {
        (state["entity_id"], point["time"]): point
        for state, point in zip(states, points, strict=True)
        if point is not None
    }


def stored(influxdb: InfluxDB, database: str) -> dict[Key, Json]:
    """Every point of a database, its fields told from its tags by what InfluxDB knows of them."""
    types = {
        (row["measurement"], row["fieldKey"]): row["fieldType"]
        for row in influxdb.query("SHOW FIELD KEYS", database)
    }
    found: dict[Key, Json] = {}
    for row in influxdb.query("SELECT * FROM /.*/ GROUP BY *", database):
        measurement, time = row.pop("measurement"), row.pop("time")
        fields = {
            name: TYPES[types[measurement, name]](value)
            for name, value in row.items()
            if (measurement, name) in types and value is not None
        }
        tags = {name: value for name, value in row.items() if (measurement, name) not in types and value}
        moment = (EPOCH + timedelta(microseconds=time // 1000)).isoformat(timespec="microseconds")
        key = (f"{tags['domain']}.{tags['entity_id']}", moment)
        assert key not in found, f"stored twice: {row}"
        found[key] = {"measurement": measurement, "tags": tags, "fields": fields, "time": moment}
    return found


def test_the_demo_entities_are_what_home_assistants_own_integration_would_have_written(
    hass: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    attributes = {"unit_of_measurement": "°C", "since": "2024-01-02", "lines": "one\ntwo", "time": 5}
    hass.rest.set_state(DATES, "21.5", attributes)
    settings = (home_assistant(hass), influx(influxdb, database, layout="homeassistant"))
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        states = hass.rest.states()
        theirs = expected(states)
        wait_for(lambda: theirs.keys() <= stored(influxdb, database).keys(), 60, "every state")
        ledger = bridge.wait_settled("home_assistant")["home_assistant"]
    hass.rest.remove_state(DATES)
    told = {(state["entity_id"], last_updated(state)) for state in states}
    ours = {key: point for key, point in stored(influxdb, database).items() if key in told}
    assert ours == theirs
    assert len(theirs) > 90
    assert ledger.settled["dead_lettered"] == 0
