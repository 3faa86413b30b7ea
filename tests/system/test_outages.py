"""Broker, InfluxDB and Home Assistant lose their power while changes flow: the bridge says so, comes back, has it all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.bridge import BridgeProcess, home_assistant, influx, mqtt, only
from tests.system.mqtt_peers import ROUTES, flow, stored, wait_complete
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto

pytestmark = pytest.mark.system

Json = dict[str, Any]


@pytest.fixture
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """An InfluxDB that nobody else misses."""
    with InfluxDB(tmp_path_factory.mktemp("influxdb")) as server:
        yield server


def test_a_broker_that_dies(durable: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    settings = (mqtt(durable, *ROUTES), influx(influxdb, database))
    with BridgeProcess(tmp_path, *settings) as bridge, flow(durable) as flowing:
        bridge.wait_up()
        for _ in range(2):
            flowing.wait_for(50)
            durable.kill()
            down = bridge.wait_child("mqtt", "down")
            assert "MQTT broker" in down["reason"]
            assert bridge.health()["status"] == "down"
            durable.start()
            bridge.wait_child("mqtt", "up")
        flowing.wait_for(50)
        wait_complete(flowing, influxdb, database)
        ledger = bridge.wait_settled("mqtt")["mqtt"]
        assert ledger.settled["written"] + ledger.settled["journaled"] == ledger.received
        bridge.wait_up()


def test_an_influxdb_that_dies(patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    settings = (mqtt(patient, *ROUTES), influx(influxdb, database))
    with BridgeProcess(tmp_path, *settings) as bridge, flow(patient) as flowing:
        bridge.wait_up()
        for _ in range(2):
            flowing.wait_for(50)
            influxdb.kill()
            bridge.wait_child("writer.influx", "degraded", reason="refused")
            assert bridge.health()["status"] == "degraded"
            bridge.wait_metric("circuit_open", 1, sink="influx")
            flowing.wait_for(50)
            influxdb.start()
            bridge.wait_child("writer.influx", "up")
        flowing.wait_for(50)
        wait_complete(flowing, influxdb, database)
        ledger = bridge.wait_settled("mqtt")["mqtt"]
        assert ledger.settled["written"] + ledger.settled["journaled"] == ledger.received
        assert bridge.metrics().value("child_restarts_total", child="writer.influx") == 0


def test_a_home_assistant_that_dies(
    hass: HomeAssistant, patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    def change(numbers: range) -> None:
        for number in numbers:
            hass.rest.set_state("sensor.outage", str(number))

    settings = (
        home_assistant(hass),
        mqtt(patient, *ROUTES),
        influx(influxdb, database),
        only("sensor.outage*"),
    )
    with BridgeProcess(tmp_path, *settings) as bridge, flow(patient) as flowing:
        bridge.wait_up()
        change(range(50))
        bridge.wait_settled("home_assistant", written=50)
        hass.kill()
        bridge.wait_child("home_assistant", "down", reason="nobody listens")
        assert bridge.health()["status"] == "down"
        flowing.wait_for(50)
        hass.start()
        bridge.wait_child("home_assistant", "up")
        change(range(50, 100))
        bridge.wait_settled("home_assistant", written=100)
        assert stored(influxdb, database, "sensor") == list(range(100))
        wait_complete(flowing, influxdb, database)
        bridge.wait_up()
    hass.rest.remove_state("sensor.outage")
