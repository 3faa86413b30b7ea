"""`ha-bridge run` in this process: what it refuses, and how it ends."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from click.testing import CliRunner, Result

from ha_bridge import reach
from ha_bridge.commands.run import run
from ha_bridge.demo.simulation import Simulation
from tests.system.servers.process import free_port
from tests.waiting import wait_for

SETTINGS = """
[home_assistant]
url = "{url}"
token = "{token}"
[web]
port = {port}
[log]
format = "json"
[supervisor]
backoff_initial = "10ms"
backoff_max = "10ms"
tick = "10ms"
max_restarts = 2
"""


class Site:
    """A settings file for a simulated home."""

    def __init__(self, folder: Path, simulation: Simulation) -> None:
        self.file = folder / "settings.toml"
        self.simulation = simulation
        self._port = free_port()
        hass = simulation.hass
        self.file.write_text(SETTINGS.format(url=hass.url, token=hass.token, port=self._port))

    def run(self) -> Result:
        return CliRunner().invoke(run, ["--config", str(self.file)])

    def is_ready(self) -> bool:
        address = f"http://127.0.0.1:{self._port}/health/ready"
        try:
            return urllib3.request("GET", address, retries=False, timeout=5).status == 200
        except urllib3.exceptions.HTTPError:
            return False


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    simulation = Simulation(rate=20, mqtt=False)
    simulation.start()
    yield Site(folder, simulation)
    simulation.stop()


def said(result: Result, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    return [line for line in lines if line["event"] == event]


def test_without_a_road_it_says_what_to_set_and_does_not_run() -> None:
    result = CliRunner().invoke(run)
    assert (result.exit_code, result.stdout) == (1, "")
    for key in ("home_assistant.url", "home_assistant.token", "mqtt.enabled = true", "[[mqtt.routes]]"):
        assert key in result.stderr


def test_it_tells_everything_that_is_wrong_with_the_settings_and_what_to_do(folder: Path) -> None:
    file = folder / "settings.toml"
    file.write_text('[home_assistant]\nurl = "http://ha:8123"\n[web]\nprot = 1\n[log]\nlevel = "LOUD"\n')
    result = CliRunner().invoke(run, ["--config", str(file)])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "web.prot  (settings.toml:4)",
        "    there is no such key: remove it or correct it; did you mean web.port?",
        "log.level = LOUD  (settings.toml:6)",
        '    write one of "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"',
        "home_assistant.token  (default)",
        "    home_assistant.url needs a token: in Home Assistant open your profile, Security, Long-lived access tokens, and put one here",
        "3 to mend",
    ]


def test_it_runs_until_it_is_told_to_stop(site: Site) -> None:
    # Until the bridge has its own handler a signal must not end the tests.
    signal.signal(signal.SIGTERM, lambda *_: None)
    failures: list[AssertionError] = []

    def terminate_when_ready() -> None:
        try:
            wait_for(site.is_ready, 60, "readiness")
        except AssertionError as error:
            failures.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    companion = threading.Thread(target=terminate_when_ready)
    companion.start()
    result = site.run()
    companion.join()
    assert not failures
    assert result.exit_code == 0
    assert [line["exit_code"] for line in said(result, "stopped")] == [0]


def test_a_part_that_crashes_again_and_again_ends_it_with_exit_code_1(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(reach, "hass_socket", lambda _: crash)
    result = site.run()
    assert result.exit_code == 1
    assert [line["reason"] for line in said(result, "crashed")] == ["RuntimeError: no such luck"] * 3
    assert said(result, "too many crashes, giving up")
