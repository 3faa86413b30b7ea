"""What changes in Home Assistant is in InfluxDB: every change, once, at Home Assistant's own microsecond."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.system.bridge import BridgeProcess, home_assistant, influx, only
from tests.system.servers import HomeAssistant, InfluxDB

pytestmark = pytest.mark.system

CHANGES = 500
ENTITIES = 5


def nanoseconds(state: dict[str, Any]) -> int:
    """When Home Assistant says that it last updated a state."""
    moment = datetime.fromisoformat(state["last_updated"])
    return (int(moment.timestamp()) * 1_000_000 + moment.microsecond) * 1000


@pytest.mark.parametrize(("subscription", "api"), [("entities", "v1"), ("events", "auto")])
def test_every_change_arrives_once_at_home_assistants_own_time(
    hass: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path, subscription: str, api: str
) -> None:
    entity = f"sensor.arrives_{subscription}"
    settings = (
        home_assistant(hass, subscription=subscription),
        influx(influxdb, database, api=api),
        only(f"{entity}_*"),
    )
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        theirs = [
            hass.rest.set_state(f"{entity}_{number % ENTITIES}", str(number)) for number in range(CHANGES)
        ]
        ledger = bridge.wait_settled("home_assistant", written=CHANGES)["home_assistant"]
        bridge.wait_metric("points_written_total", CHANGES, sink="influx")
    for number in range(ENTITIES):
        hass.rest.remove_state(f"{entity}_{number}")
    ours = influxdb.query("SELECT value, entity_id FROM sensor", database)
    assert {(f"sensor.{row['entity_id']}", row["time"], row["value"]) for row in ours} == {
        (state["entity_id"], nanoseconds(state), float(state["state"])) for state in theirs
    }
    assert len(ours) == CHANGES
    assert ledger.settled["written"] == CHANGES
    assert ledger.settled["filtered"] == ledger.received - CHANGES
