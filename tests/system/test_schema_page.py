"""The settings that docs/schema.md shows, on real servers."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.documented import toml_blocks
from tests.system.bridge import BridgeProcess, home_assistant, only
from tests.system.servers import HomeAssistant, InfluxDB, VictoriaMetrics
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Json = dict[str, Any]


def shown(sink: str) -> Json:
    """Give the sinks of the block that shows this one."""
    found = [tomllib.loads(block)["sinks"] for block in toml_blocks("schema.md")]
    return next(sinks for sinks in found if sink in sinks)


def pointed_at(url: str, sinks: Json) -> Json:
    return {"sinks": {name: {**sink, "url": url} for name, sink in sinks.items()}}


def test_two_layouts_are_written_side_by_side(
    hass_2024: HomeAssistant, influxdb: InfluxDB, tmp_path: Path
) -> None:
    sinks = shown("dashboards")
    for sink in sinks.values():
        influxdb.create_database(sink["database"])
    old, new = sinks["dashboards"]["database"], sinks["main"]["database"]
    settings = (home_assistant(hass_2024), pointed_at(influxdb.url, sinks), only("*.moving_*"))
    attributes = {"unit_of_measurement": "°C", "friendly_name": "Moving"}
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        for number in range(20):
            hass_2024.rest.set_state("sensor.moving_one", str(number), attributes)
            hass_2024.rest.set_state("light.moving_two", "on", {"brightness": number})
        bridge.wait_settled("home_assistant", written=40)
        hass_2024.rest.remove_state("sensor.moving_one")
        hass_2024.rest.remove_state("light.moving_two")
    theirs = influxdb.query('SELECT value, friendly_name_str FROM "°C"', old)
    ours = influxdb.query("SELECT value FROM sensor", new)
    assert [(row["time"], row["value"]) for row in theirs] == [(row["time"], row["value"]) for row in ours]
    assert [row["value"] for row in ours] == list(range(20))
    assert theirs[0]["friendly_name_str"] == "Moving"
    lights = influxdb.query("SELECT brightness FROM light", new)
    assert [row["brightness"] for row in lights] == list(range(20))
    assert lights == [
        {**row, "measurement": "light"}
        for row in influxdb.query('SELECT brightness FROM "light.moving_two"', old)
    ]


def test_while_one_of_two_is_away_the_other_goes_on_and_it_gets_the_rest_later(
    hass_2024: HomeAssistant, influxdb: InfluxDB, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sinks = shown("dashboards")
    for sink, database in zip(sinks.values(), ("away_old", "away_new"), strict=True):
        sink.update(url=influxdb.url, database=database)
    influxdb.create_database("away_old")
    said = list(range(30))

    def values(server: InfluxDB, query: str, database: str) -> list[float]:
        return [row["value"] for row in server.query(query, database)]

    with InfluxDB(tmp_path_factory.mktemp("other")) as other:
        other.create_database("away_new")
        sinks["main"]["url"] = other.url
        settings = (home_assistant(hass_2024), {"sinks": sinks}, only("sensor.away_*"))
        with BridgeProcess(tmp_path_factory.mktemp("bridge"), *settings) as bridge:
            bridge.wait_up()
            for number in said:
                if number == 10:
                    other.kill()
                hass_2024.rest.set_state("sensor.away_one", str(number), {"unit_of_measurement": "°C"})
            wait_for(
                lambda: values(influxdb, 'SELECT value FROM "°C"', "away_old") == said, 30, "all in the one"
            )
            bridge.wait_child("writer.main", "degraded")
            other.start()
            wait_for(
                lambda: values(other, "SELECT value FROM sensor", "away_new") == said, 60, "all in the other"
            )
            hass_2024.rest.remove_state("sensor.away_one")


def test_victoriametrics_gets_numbers_alone(
    hass_2024: HomeAssistant, victoriametrics: VictoriaMetrics, tmp_path: Path
) -> None:
    settings = (
        home_assistant(hass_2024),
        pointed_at(victoriametrics.url, shown("victoria")),
        only("sensor.numbers_*"),
    )
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        for value in ("1", "cooking", "2"):
            hass_2024.rest.set_state("sensor.numbers_one", value, {"friendly_name": "Numbers"})
        bridge.wait_settled("home_assistant", written=2)
        hass_2024.rest.remove_state("sensor.numbers_one")

    def values() -> list[float]:
        return [
            value
            for series in victoriametrics.export('{entity_id="numbers_one",__name__!="sensor_available"}')
            for value in series["values"]
        ]

    wait_for(lambda: values() == [1, 2], 30, "two numbers and nothing else")
