"""What the bridge does when Home Assistant does not want it, or says nothing any more."""

from pathlib import Path

import pytest

from tests.system.bridge import PULSE, BridgeProcess, home_assistant, influx, mqtt, only
from tests.system.mqtt_peers import ROUTES, flow, stored, wait_complete
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto
from tests.waiting import wait_for

pytestmark = pytest.mark.system

SOME_SECONDS = 3.0


def failed_logins(hass: HomeAssistant) -> int:
    return hass.log.read_text(errors="replace").count("invalid authentication")


def reasons(bridge: BridgeProcess) -> str:
    """Why its parts ended."""
    return "\n".join(entry["reason"] for entry in bridge.logged("child ended"))


def test_a_wrong_token_is_tried_once_and_costs_only_its_road(
    hass: HomeAssistant, patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    failed = failed_logins(hass)
    settings = (home_assistant(hass, token="wrong"), mqtt(patient, *ROUTES), influx(influxdb, database))
    with BridgeProcess(tmp_path, *settings) as bridge, flow(patient) as flowing:
        bridge.wait_child("home_assistant", "down", reason="refused the token")
        began = bridge.health()["uptime"]
        assert bridge.health()["status"] == "down"
        # A road that is lost would have been tried a dozen times by then.
        wait_for(lambda: bridge.health()["uptime"] > began + SOME_SECONDS, 60, "some seconds to pass")
        wait_complete(flowing, influxdb, database)
        child = bridge.child("home_assistant")
        assert (child["state"], child["restarts"]) == ("down", 0)
        assert "Long-lived access tokens" in child["reason"]
        # Home Assistant answers before it logs, and logs nothing when we have hung up by then.
        assert failed_logins(hass) <= failed + 1


def test_a_home_assistant_that_hangs_is_noticed_and_taken_back(
    hass: HomeAssistant, patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    settings = (
        home_assistant(hass),
        PULSE,
        mqtt(patient, *ROUTES),
        influx(influxdb, database),
        only("sensor.hangs*"),
    )
    with BridgeProcess(tmp_path, *settings) as bridge, flow(patient) as flowing:
        bridge.wait_child("home_assistant", "up")
        hass.rest.set_state("sensor.hangs", "1")
        wait_for(lambda: stored(influxdb, database, "sensor") == [1], 60, "the state before")
        hass.pause()
        try:
            wait_for(lambda: "no pong within 1 s" in reasons(bridge), 60, "the silence to be noticed")
            # While it is being tried, it is starting.
            bridge.wait_child("home_assistant", "down", "starting", reason="no answer within 2 s")
            assert bridge.health()["status"] == "down"
            flowing.wait_for(50)
        finally:
            hass.resume()
        bridge.wait_child("home_assistant", "up")
        hass.rest.set_state("sensor.hangs", "2")
        wait_for(lambda: stored(influxdb, database, "sensor") == [1, 2], 60, "the state after")
        wait_complete(flowing, influxdb, database)
    hass.rest.remove_state("sensor.hangs")
