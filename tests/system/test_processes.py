"""`ha-bridge run` as a process: signals, exit codes, its log and its endpoints."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.demo.simulation import Simulation
from tests.system.bridge import LONG, BridgeProcess, Json, in_all, only
from tests.system.servers.missing import installed
from tests.system.servers.process import HOST
from tests.system.simulated import MINE, ROADS, Bridge, tell
from tests.waiting import wait_for

pytestmark = pytest.mark.system


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    made = Simulation(rate=0)
    made.start()
    yield made
    made.stop()


Start = Callable[..., Bridge]


@pytest.fixture
def start(tmp_path: Path, simulation: Simulation) -> Iterator[Start]:
    """Start a bridge with these settings above its usual ones; it is up when it is returned."""
    started: list[Bridge] = []

    def run(*settings: Json, kind: type[Bridge] = Bridge) -> Bridge:
        started.append(kind(tmp_path, simulation, *settings))
        started[-1].start(LONG)
        return started[-1]

    yield run
    for bridge in started:
        bridge.kill()


def test_a_home_is_carried_and_its_ledger_balances_at_rest(start: Start, simulation: Simulation) -> None:
    bridge = start(only(MINE))
    bridge.wait_up()
    tell(simulation, *range(100))
    # What the broker had retained is no news either.
    ledgers = bridge.wait_settled(*ROADS, written=100, duplicate=100)
    assert in_all(ledgers)["written"] == 100
    assert bridge.stored() == list(range(100))

    def agree() -> bool:
        """Tell whether /api/status says the same as /metrics, which are asked one after the other."""
        status = urllib3.request("GET", f"{bridge.url}/api/status", timeout=30).json()["sources"]
        return {name: bridge.ledger(name).received for name in ROADS} == {
            name: status[name]["received"] for name in ROADS
        }

    wait_for(agree, LONG, "both endpoints to say the same")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_with_everything_settled_and_stored(
    start: Start, simulation: Simulation, number: signal.Signals
) -> None:
    # Only the end will write.
    bridge = start(only(MINE), {"batch": {"interval": "1h", "size": 100_000}})
    bridge.wait_up()
    tell(simulation, *range(200))
    held = (200, 200)
    wait_for(
        lambda: tuple(bridge.ledger(road).in_flight for road in ROADS) == held, LONG, "200 from each road"
    )
    assert bridge.stored() == []
    assert bridge.ended(number) == 0
    assert bridge.stored() == list(range(200))
    assert simulation.broker is not None
    assert {name: simulation.broker.stats[name] for name in ("in_flight", "queued")} == {
        "in_flight": 0,
        "queued": 0,
    }
    assert [entry["exit_code"] for entry in bridge.said("stopped")] == [0]
    assert not [entry for entry in bridge.entries() if entry["level"] in {"WARNING", "ERROR", "CRITICAL"}]


def test_what_no_disk_can_take_does_not_keep_it_from_ending_and_stays_at_the_broker(
    start: Start, simulation: Simulation, tmp_path: Path
) -> None:
    (tmp_path / "in_the_way").write_text("")
    store = {"sinks": {"local": {"path": str(tmp_path / "in_the_way" / "points.db")}}}
    journal = {"journal": {"path": str(tmp_path / "in_the_way" / "journal.db")}}
    bridge = start(only(MINE), store, journal, {"supervisor": {"stop_timeout": "1s"}})
    bridge.wait_child("mqtt", "up")
    tell(simulation, *range(20))
    bridge.wait_child("writer.local", "degraded", reason="sinks.local.path")
    wait_for(lambda: bridge.ledger("mqtt").in_flight == 20, LONG, "20 from MQTT")
    assert bridge.ended(signal.SIGTERM) == 0
    assert simulation.broker is not None
    # Each state with its time and its attribute is more than one message.
    assert simulation.broker.stats["in_flight"] + simulation.broker.stats["queued"] >= 20


def test_what_the_sink_cannot_take_when_it_ends_is_stored_after_the_next_start(
    start: Start, simulation: Simulation, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "in_the_way"
    in_the_way.write_text("")
    store = {"sinks": {"local": {"path": str(in_the_way / "points.db")}}}
    bridge = start(only(MINE), store)
    bridge.wait_child("mqtt", "up")
    tell(simulation, *range(20))
    bridge.wait_child("writer.local", "degraded", reason="sinks.local.path")
    assert bridge.ended(signal.SIGTERM) == 0
    in_the_way.unlink()
    again = start(only(MINE), store)
    again.store = in_the_way / "points.db"
    wait_for(lambda: again.stored() == list(range(20)), LONG, "20 from the journal")


def test_that_many_ask_at_once_is_nothing_to_be_warned_of(start: Start) -> None:
    bridge = start({"log": {"level": "WARNING"}})
    bridge.wait_up()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: bridge.health()["status"], range(200)))
    assert (set(answers), bridge.entries()) == ({"ok"}, [])


def test_sighup_changes_the_filter_and_the_log_level_while_it_runs(
    start: Start, simulation: Simulation
) -> None:
    quiet: Json = {"log": {"level": "WARNING"}}
    bridge = start(only("sensor.*"), quiet)
    bridge.wait_up()
    tell(simulation, 1)
    bridge.wait_settled(*ROADS, written=1)
    assert bridge.entries() == []
    bridge.settings |= {**only("sensor.other"), "log": {"level": "INFO", "format": "json"}}
    bridge.reload()
    bridge.wait_said("filter reloaded")
    tell(simulation, 2)
    tell(simulation, 3, entity_id="sensor.other")
    wait_for(lambda: bridge.stored("sensor.other") == [3], LONG, "what is wanted to be stored")
    assert bridge.stored() == [1]


def test_sighup_with_a_broken_file_changes_nothing_and_tells_every_problem(
    start: Start, simulation: Simulation
) -> None:
    bridge = start(only("sensor.mine"))
    bridge.wait_up()
    good = bridge.settings
    bridge.settings = good | {"filter": {"exclude": [3]}, "web": {"prot": 1}, "log": {"level": "LOUD"}}
    bridge.reload()
    [entry] = bridge.wait_said("settings not reloaded")
    assert entry["level"] == "ERROR"
    assert [problem.split()[0] for problem in entry["problems"]] == [
        "filter.exclude",
        "web.prot",
        "log.level",
    ]
    bridge.settings = {"web": good["web"]}
    bridge.reload()
    without_road = bridge.wait_said("settings not reloaded", times=2)[-1]
    assert "there is nothing to listen to" in without_road["problems"][0]
    tell(simulation, 1, 2)
    tell(simulation, 3, entity_id="sensor.other")
    bridge.wait_settled(*ROADS, written=2)
    assert bridge.stored() == [1, 2]
    assert bridge.stored("sensor.other") == []
    assert bridge.ended(signal.SIGTERM) == 0


def test_sinks_that_change_wait_for_a_restart_and_lose_nothing(
    start: Start, simulation: Simulation, tmp_path: Path
) -> None:
    bridge = start(only(MINE))
    bridge.wait_up()
    local = bridge.settings["sinks"]["local"]
    added = {"kind": "local", "path": str(tmp_path / "added.db")}
    bridge.settings["sinks"] = {"added": added, "local": local | {"tags": {"seen": "after"}}}
    bridge.reload()
    assert [entry["changed"] for entry in bridge.wait_said("restart needed")] == [["sinks.added"]]
    bridge.wait_said("filter reloaded")
    tell(simulation, 1, 2)
    bridge.wait_settled(*ROADS, written=2)
    assert [series.tags["seen"] for series in LocalReader(bridge.store).series()] == ["after"]
    assert bridge.stored() == [1, 2]
    assert bridge.said("dead letter") == []


@pytest.mark.parametrize("level", ["DEBUG", "ERROR"])
def test_sigusr1_logs_what_every_thread_is_doing_at_any_log_level(start: Start, level: str) -> None:
    bridge = start({"log": {"level": level}})
    bridge.wait_up()
    bridge.signal(signal.SIGUSR1)
    children = len(bridge.health()["children"])
    # A thread for each child, the supervisor's and the main one.
    stacks = bridge.wait_said("stack", times=children + 2)
    assert "MainThread" in {stack["of"] for stack in stacks}
    assert len({stack["of"] for stack in stacks}) == len(stacks)
    assert all('File "' in stack["stack"] for stack in stacks)
    assert any("ha_bridge/app.py" in stack["stack"] for stack in stacks)
    assert sum("pykka" in stack["stack"] for stack in stacks) == children + 1
    bridge.wait_up()


def test_the_log_is_json_lines_with_time_level_logger_and_event(start: Start, simulation: Simulation) -> None:
    bridge = start({"log": {"level": "DEBUG"}})
    bridge.wait_up()
    tell(simulation, 1)
    bridge.wait_settled(*ROADS, written=1)
    assert bridge.ended(signal.SIGTERM) == 0
    entries = bridge.entries()
    assert len(entries) > 5
    for entry in entries:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])
        assert entry["level"] in {"DEBUG", "INFO"}
        assert entry["logger"]
        assert entry["event"]
    assert {"starting", "connected", "stopping", "stopped"} <= {entry["event"] for entry in entries}


class Unheard(Bridge):
    """A bridge whose endpoints do not come about."""

    def is_ready(self) -> bool:
        return bool(self.log.exists() and self.said("child ended"))


def test_a_taken_port_costs_the_endpoints_and_nothing_else(start: Start, simulation: Simulation) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        bridge = start({"web": {"port": port}}, kind=Unheard)
        bridge.url = f"http://{HOST}:{port}"
        [ended] = {(entry["child"], entry["reason"]) for entry in bridge.said("child ended")}
        assert ended[0] == "web"
        assert f"cannot listen on {HOST}:{port}: Address already in use" in ended[1]
        assert "web.port" in ended[1]
        tell(simulation, 1, 2, 3)
        wait_for(lambda: bridge.stored() == [1, 2, 3], LONG, "values to be stored")
    wait_for(lambda: BridgeProcess.is_ready(bridge), LONG, "the endpoints once the port is free")
    bridge.wait_up()
    assert bridge.child("web")["restarts"] > 0
    assert bridge.ended(signal.SIGTERM) == 0


def test_promtool_has_nothing_to_say_about_the_metrics(start: Start, simulation: Simulation) -> None:
    bridge = start()
    bridge.wait_up()
    tell(simulation, *range(10))
    bridge.wait_settled(*ROADS, written=10)
    metrics = urllib3.request("GET", f"{bridge.url}/metrics", timeout=30).data
    checked = subprocess.run(
        [installed("promtool"), "check", "metrics"], check=False, input=metrics, capture_output=True
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_health_asks_it_by_its_settings(start: Start) -> None:
    bridge = start()
    bridge.wait_up()
    ask = [sys.executable, "-m", "ha_bridge", "health", "--config", str(bridge.file)]
    answer = subprocess.run(ask, check=False, capture_output=True, text=True, timeout=LONG)
    assert answer.returncode == 0
    assert "deduplicator" in answer.stdout
    assert bridge.ended(signal.SIGTERM) == 0
    assert subprocess.run(ask, check=False, capture_output=True, timeout=LONG).returncode == 1
