"""What the bridge does on SIGHUP, SIGUSR1 and SIGTERM."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.system.bridge import BridgeProcess, home_assistant, influx, merged, mqtt, only
from tests.system.mqtt_peers import ROUTES, flow, stored, wait_complete
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto
from tests.waiting import wait_for

pytestmark = pytest.mark.system

STOP_TIMEOUT = 3.0


def test_hangup_reloads_the_filter(
    hass_2024: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    def change(*numbers: int) -> None:
        """Give both entities each of the numbers, and wait until the bridge has heard of them."""
        for number in numbers:
            hass_2024.rest.set_state("sensor.signals_a", str(number))
            hass_2024.rest.set_state("switch.signals_b", str(number))
        before.append(before[-1] + len(numbers))
        bridge.wait_settled("home_assistant", written=before[-1])

    before = [0]
    settings = (home_assistant(hass_2024), influx(influxdb, database), only("sensor.signals_*"))
    with BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        change(1, 2)
        bridge.settings = merged(bridge.settings, only("switch.signals_*"))
        bridge.reload()
        wait_for(lambda: bridge.logged("filter reloaded"), 60, "the filter to be reloaded")
        change(3, 4)
        bridge.settings = merged(bridge.settings, {"filter": {"inclde": ["sensor.signals_*"]}})
        bridge.reload()
        (refusal,) = wait_for(
            lambda: bridge.logged("settings not reloaded"), 60, "the settings to be refused"
        )
        assert "filter.inclde" in str(refusal["problems"])
        change(5, 6)
        bridge.wait_up()
    for entity_id in ("sensor.signals_a", "switch.signals_b"):
        hass_2024.rest.remove_state(entity_id)
    assert stored(influxdb, database, "sensor") == [1, 2]
    assert stored(influxdb, database, "switch") == [3, 4, 5, 6]


def test_usr1_shows_what_every_thread_does(
    mosquitto: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    with BridgeProcess(tmp_path, mqtt(mosquitto, *ROUTES), influx(influxdb, database)) as bridge:
        bridge.wait_up()
        os.kill(bridge.pid, signal.SIGUSR1)

        def shown() -> bool:
            threads = {entry["of"]: entry["stack"] for entry in bridge.logged("stack")}
            return "Supervisor" in " ".join(threads) and "in turn" in threads.get("MainThread", "")

        wait_for(shown, 60, "the stacks in the log")
        assert bridge.terminate() == 0


def test_a_bridge_told_to_stop_in_an_outage_stops_in_time_and_finds_the_rest_again(
    patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    stop = {"supervisor": {"stop_timeout": f"{STOP_TIMEOUT:g}s"}}
    settings = (mqtt(patient, *ROUTES), influx(influxdb, database), stop)
    with BridgeProcess(tmp_path, *settings) as bridge, flow(patient) as flowing:
        bridge.wait_up()
        flowing.wait_for(50)
        influxdb.kill()
        try:
            flowing.wait_for(50)
            bridge.wait_child("writer.influx", "degraded")
            told = time.monotonic()
            assert bridge.terminate() == 0
            took = time.monotonic() - told
        finally:
            influxdb.start()
        assert took < STOP_TIMEOUT + 2
        flowing.wait_for(50)
        bridge.start()
        wait_complete(flowing, influxdb, database)
        assert bridge.terminate() == 0
