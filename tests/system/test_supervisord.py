"""The bridge under a real supervisord with the project's own supervisord.conf."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.demo.simulation import Simulation
from tests.system.bridge import LONG
from tests.system.servers import free_port
from tests.system.servers.process import HOST
from tests.system.servers.supervisord import Supervisord
from tests.system.simulated import tell
from tests.waiting import wait_for

pytestmark = pytest.mark.system


class Site:
    """A simulated home with only its WebSocket, and a supervisord that runs a bridge for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.simulation = Simulation(rate=0, mqtt=False)
        self.simulation.start()
        self.port = free_port()
        self.pids: set[int] = set()
        self.supervisord = Supervisord(folder, self._environment())

    def _environment(self) -> dict[str, str]:
        hass = self.simulation.hass
        return {
            "HA_BRIDGE_HOME_ASSISTANT__URL": hass.url,
            "HA_BRIDGE_HOME_ASSISTANT__TOKEN": hass.token,
            "HA_BRIDGE_SINKS__LOCAL__KIND": "local",
            "HA_BRIDGE_SINKS__LOCAL__PATH": "points.db",
            "HA_BRIDGE_WEB__PORT": str(self.port),
        }

    def settings(self, text: str) -> None:
        file = self.folder / "config" / "settings.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def wait_bridge(self, other_than: int = 0) -> int:
        """Wait until there is another bridge and it is ready; returns its pid."""
        wait_for(lambda: self._pid() not in {0, other_than}, LONG, f"another bridge; {self.supervisord}")
        wait_for(self._is_ready, LONG, f"the bridge to be ready; {self.supervisord}")
        return self._pid()

    def _pid(self) -> int:
        pid = self.supervisord.program_pid
        self.pids |= {pid} - {0}
        return pid

    def _is_ready(self) -> bool:
        try:
            address = f"http://{HOST}:{self.port}/health/ready"
            return urllib3.request("GET", address, retries=False, timeout=30).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def log(self) -> list[dict[str, Any]]:
        """The lines of the bridge in the log, which has supervisord's own words too."""
        lines = self.supervisord.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def stored(self) -> list[Any]:
        reader = LocalReader(self.folder / "points.db")
        return [
            sample.value
            for series in reader.series()
            if series.tags.get("entity_id") == "mine"
            for sample in reader.read(series.id, "value")
        ]

    def close(self) -> None:
        """Leave nothing behind: a bridge outlives a supervisord that is killed."""
        self._pid()
        self.supervisord.kill()
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.simulation.stop()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_bridge_that_is_killed_comes_back_and_goes_on(site: Site) -> None:
    site.supervisord.start(LONG)
    first = site.wait_bridge()
    wait_for(lambda: site.supervisord.status == "RUNNING", LONG, "supervisord to take it for started")
    tell(site.simulation, 1)
    wait_for(lambda: site.stored() == [1], LONG, "the first value to be stored")
    os.kill(first, signal.SIGKILL)
    second = site.wait_bridge(other_than=first)
    tell(site.simulation, 2)
    wait_for(lambda: site.stored() == [1, 2], LONG, "the second value to be stored")
    assert (is_alive(first), is_alive(second)) == (False, True)


def test_a_bridge_that_ends_with_an_error_is_tried_again_until_the_error_is_mended(site: Site) -> None:
    site.settings("[web]\nprot = 1\n")
    site.supervisord.start(LONG)
    log = site.supervisord.log
    told = "    there is no such key: remove it or correct it; did you mean web.port?"
    wait_for(lambda: log.read_text().splitlines().count(told) >= 2, LONG, "two starts in vain")
    assert "exited: ha-bridge (exit status 1; not expected)" in log.read_text()
    site.settings("")
    site.wait_bridge()
    wait_for(lambda: site.supervisord.status == "RUNNING", LONG, "supervisord to take it for started")


def test_sigterm_stops_the_bridge_in_order_and_then_supervisord(site: Site) -> None:
    # Only the end will write.
    site.settings('[batch]\ninterval = "1h"\n[filter]\ninclude = ["sensor.mine"]\n')
    site.supervisord.start(LONG)
    pid = site.wait_bridge()
    tell(site.simulation, *range(50))
    in_flight = f"http://{HOST}:{site.port}/api/status"

    def held() -> bool:
        sources = urllib3.request("GET", in_flight, retries=False, timeout=30).json()["sources"]
        return bool(sources["home_assistant"]["in_flight"] == 50)

    wait_for(held, LONG, "50 events to be held")
    site.supervisord.stop()
    assert not is_alive(pid)
    assert site.stored() == list(range(50))
    assert [entry["exit_code"] for entry in site.log() if entry["event"] == "stopped"] == [0]
    words = site.supervisord.log.read_text()
    assert "stopped: ha-bridge (exit status 0)" in words
    assert "killing 'ha-bridge'" not in words


def test_what_the_bridge_logs_comes_out_of_supervisord_line_by_line(site: Site) -> None:
    site.supervisord.start(LONG)
    site.wait_bridge()
    assert {"starting", "listening", "connected"} <= {entry["event"] for entry in site.log()}
