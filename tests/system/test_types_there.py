"""Fields that another program has written with another type are told of; the line goes on."""

from pathlib import Path

import pytest

from ha_bridge import reach
from ha_bridge.adapters.influx.inventory import InfluxInventory
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.field_types import Held, findings
from ha_bridge.domain.registry import Registry
from ha_bridge.settings import InfluxdbSinkSettings, Url
from ha_bridge.shapes import layout_for
from tests.making import state
from tests.system.bridge import BridgeProcess, Json, home_assistant, influx, only
from tests.system.servers import HomeAssistant, InfluxDB, VictoriaMetrics
from tests.waiting import wait_for

pytestmark = pytest.mark.system


def inventory(url: str, database: str, policy: str = "") -> InfluxInventory:
    return InfluxInventory(InfluxServer(name="main", url=url), database=database, retention_policy=policy)


def test_influxdb_tells_the_types_of_its_fields(influxdb: InfluxDB, database: str) -> None:
    influxdb.write('m,a=b f=1.5,i=1i,s="x",b=true 1\nthe\\ "x" f=1 1\nother f=1 1', database)
    assert inventory(influxdb.url, database).held(["m", 'the "x"', "nothing"]) == Held(
        {
            "m": {"f": {"float"}, "i": {"integer"}, "s": {"string"}, "b": {"boolean"}},
            'the "x"': {"f": {"float"}},
        }
    )


def test_each_policy_has_types_of_its_own(influxdb: InfluxDB, database: str) -> None:
    influxdb.query(f'CREATE RETENTION POLICY "the energy" ON "{database}" DURATION INF REPLICATION 1')
    influxdb.write("sensor f=1.5", database)
    influxdb.query('SELECT count(f) AS f INTO "the energy"."sensor" FROM "sensor"', database)
    assert inventory(influxdb.url, database).held(["sensor"]).fields == {"sensor": {"f": {"float"}}}
    there = inventory(influxdb.url, database, "the energy").held(["sensor"])
    assert there.fields == {"sensor": {"f": {"integer"}}}


def test_victoriametrics_holds_no_texts(victoriametrics: VictoriaMetrics) -> None:
    assert inventory(victoriametrics.url, "home").held(["m"]) == Held(texts=False)


def test_it_can_be_asked_at_will_without_a_bridge(influxdb: InfluxDB, database: str) -> None:
    influxdb.write("sensor,entity_id=typed value=5i", database)
    sink = InfluxdbSinkSettings(kind="influxdb", url=Url(influxdb.url), database=database)
    layout = GuardedLayout(layout_for(sink, Registry()), 10)
    layout.points(state("sensor.typed", "21.5"))
    written = layout.shape()
    [finding] = findings("main", written, reach.inventory("main", sink).held(list(written)))
    assert finding.startswith('field "value" of "sensor" is integer there, and float here')


def test_a_field_of_another_type_is_on_health_and_in_the_log_and_stops_nothing(
    hass_2024: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    hass_2024.rest.set_state("sensor.typed_one", "21.5")
    hass_2024.rest.set_state("light.typed_two", "on")
    influxdb.write("sensor,entity_id=typed_one value=5i", database)
    settings = (home_assistant(hass_2024), influx(influxdb, database), only("*.typed_*"))
    with BridgeProcess(tmp_path, *settings) as bridge:
        child = bridge.wait_child(
            "inspector", "degraded", reason='field "value" of "sensor" is integer there'
        )
        assert "sinks.influx" in child["reason"]
        assert bridge.health()["ready"]
        hass_2024.rest.set_state("light.typed_two", "off")
        bridge.wait_settled("home_assistant", written=1)
        assert [entry["sink"] for entry in bridge.logged("types differ")] == ["influx"]
    assert [row["value"] for row in influxdb.query("SELECT value FROM light", database)][-1] == 0
    for entity in ("sensor.typed_one", "light.typed_two"):
        hass_2024.rest.remove_state(entity)


def test_a_server_that_is_away_at_the_start_is_asked_when_it_is_back(
    hass_2024: HomeAssistant, tmp_path: Path
) -> None:
    (tmp_path / "influxdb").mkdir()
    hass_2024.rest.set_state("sensor.typed_late", "21.5")
    server = InfluxDB(tmp_path / "influxdb")
    log: Json = {"log": {"level": "DEBUG"}}
    settings = (home_assistant(hass_2024), influx(server, "late"), only("sensor.typed_late"), log)
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_child("writer.influx", "degraded")
        wait_for(lambda: bridge.logged("types not told yet"), 30, "the first question, asked of nobody")
        with server:
            server.create_database("late")
            server.write("sensor,entity_id=typed_late value=5i", "late")
            bridge.wait_child("inspector", "degraded", reason='field "value" of "sensor" is integer there')
    hass_2024.rest.remove_state("sensor.typed_late")


def test_texts_for_victoriametrics_are_warned_of(
    hass_2024: HomeAssistant, victoriametrics: VictoriaMetrics, tmp_path: Path
) -> None:
    hass_2024.rest.set_state("sensor.typed_text", "cooking")
    sink = {"kind": "influxdb", "url": victoriametrics.url, "database": "home"}
    settings = (home_assistant(hass_2024), {"sinks": {"victoria": sink}}, only("sensor.typed_text"))
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_child("inspector", "degraded", reason="set sinks.victoria.strings = false")
    hass_2024.rest.remove_state("sensor.typed_text")
