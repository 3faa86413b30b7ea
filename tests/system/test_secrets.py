"""What a bridge with secrets logs."""

import base64
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ha_bridge.demo.simulation import Simulation
from tests.system.bridge import LONG, Json
from tests.system.servers import free_port
from tests.system.servers.process import HOST
from tests.system.simulated import ROADS, Bridge
from tests.waiting import wait_for

pytestmark = pytest.mark.system

TOKEN, PASSWORD = "eyJ-the-token/of-the-home", 'pass word"of the broker'
INFLUX_TOKEN, INFLUX_PASSWORD, URL_PASSWORD = "influx-token==", "influx-password", "password-in-url"
# Basic authentication writes it in a spelling of its own.
PAIR = base64.b64encode(f"me:{INFLUX_PASSWORD}".encode()).decode()
SECRETS = (TOKEN, PASSWORD, INFLUX_TOKEN, INFLUX_PASSWORD, URL_PASSWORD, PAIR)


def sinks(place: str) -> Json:
    """Give sinks with every kind of secret, at a place where nobody answers."""
    version_2 = {"api": "v2", "url": f"http://{place}", "bucket": "b", "org": "o", "token": INFLUX_TOKEN}
    version_1 = {"api": "v1", "url": f"http://{place}", "database": "d"}
    chosen = {
        "token": version_2,
        "login": version_1 | {"username": "me", "password": INFLUX_PASSWORD},
        "url": version_1 | {"url": f"http://me:{URL_PASSWORD}@{place}"},
    }
    return {name: {"kind": "influxdb", **sink} for name, sink in chosen.items()}


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    made = Simulation(rate=20)
    assert made.broker is not None
    made.hass.token, made.broker.credentials = TOKEN, ("bridge", PASSWORD)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def bridge(tmp_path: Path, simulation: Simulation) -> Iterator[Bridge]:
    settings: Json = {
        "mqtt": {"username": "bridge", "password": PASSWORD},
        "sinks": sinks(f"{HOST}:{free_port()}"),
        "supervisor": {"stop_timeout": "1s"},
        "log": {"level": "DEBUG", "levels": {"urllib3": "DEBUG", "websocket": "DEBUG"}},
    }
    with Bridge(tmp_path, simulation, settings) as made:
        yield made
    # Whatever the test was about.
    log = made.log.read_text()
    assert not [secret for secret in SECRETS if secret in log or json.dumps(secret)[1:-1] in log]


def test_sinks_that_are_away_and_the_end_log_no_secret(bridge: Bridge) -> None:
    for road in ROADS:
        bridge.wait_child(road, "up")
    for name in ("token", "login", "url"):
        bridge.wait_child(f"writer.{name}", "degraded")
    bridge.signal(signal.SIGUSR1)
    bridge.wait_said("stack")
    bridge.ended(signal.SIGTERM)


def test_being_refused_logs_no_secret(bridge: Bridge, simulation: Simulation) -> None:
    assert simulation.broker is not None
    for road in ROADS:
        bridge.wait_child(road, "up")
    simulation.hass.token, simulation.broker.credentials = "another", ("bridge", "another")
    simulation.stop()
    simulation.start()

    def refused() -> set[str]:
        return {entry["child"] for entry in bridge.logged("child ended") if entry["failure"] == "refused"}

    wait_for(lambda: refused() >= set(ROADS), LONG, "both roads to be refused")


def test_a_secret_in_the_wrong_place_of_a_settings_file_is_not_logged(bridge: Bridge) -> None:
    bridge.settings["home_assistant"]["tokn"] = TOKEN
    bridge.settings["web"]["host"] = [INFLUX_PASSWORD]
    bridge.reload()
    [entry] = bridge.wait_said("settings not reloaded")
    assert len(entry["problems"]) == 2
