"""The bridge itself dies: the whole process by SIGKILL, or one actor after the other in a bridge that lives on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.messages import Message
from actors.supervisor import Charge, Supervisor
from ha_bridge.app import Bridge
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.settings import load
from tests.system.bridge import QUICK, BridgeProcess, influx, merged, mqtt, toml
from tests.system.endpoints import Endpoints
from tests.system.mqtt_peers import ROUTES, flow, stored, wait_complete
from tests.system.servers import InfluxDB, Mosquitto, free_port
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system


def test_a_bridge_that_is_killed_gets_again_what_it_had_not_stored(
    patient: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    settings = (mqtt(patient, *ROUTES), influx(influxdb, database))
    with BridgeProcess(tmp_path, *settings) as bridge, flow(patient) as flowing:
        for _ in range(3):
            bridge.wait_up()
            flowing.wait_for(50)
            bridge.kill()
            flowing.wait_for(50)
            bridge.start()
        wait_complete(flowing, influxdb, database)
        assert bridge.wait_settled("mqtt")["mqtt"].settled["dead_lettered"] == 0
        present = [entry["session_present"] for entry in bridge.logged("connected")]
        assert present == [False, True, True, True]


class Die(Message, frozen=True):
    """Nobody knows this message; the actor that gets it is made to raise."""


class InProcess(Endpoints):
    """A whole bridge in this process, so that a test can lay hands on its actors."""

    def __init__(self, directory: Path, *settings: dict[str, Any]) -> None:
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        file = directory / "settings.toml"
        file.write_text(
            toml(
                merged(
                    QUICK,
                    {"web": {"port": port}, "journal": {"path": str(directory / "journal.db")}},
                    *settings,
                )
            )
        )
        self.bridge = Bridge(load(file, cwd=directory, environ={}))
        self._thread = threading.Thread(target=self.bridge.run)
        self._thread.start()

    def stop(self) -> int:
        self.bridge.stop()
        self._thread.join(30)
        return self.bridge.exit_code

    def kill(self, name: str, error: BaseException) -> None:
        """Make an actor meet a bug in the middle of its work, and wait for its successor."""
        charge = self._charge(name)
        assert charge.ref is not None, f"{name} does not run"
        actor: Any = charge.ref._actor_weakref()
        handle = actor.handle

        def bug(message: object) -> None:
            if isinstance(message, Die):
                raise error
            handle(message)

        restarts = self._restarts(name)
        actor.handle = bug
        charge.spec.address.tell(Die())
        self._wait_for(lambda: self._restarts(name) > restarts, f"{name} to be started again")
        self.wait_up()

    def _restarts(self, name: str) -> float:
        return self.metrics().value("child_restarts_total", child=name)

    def _charge(self, name: str) -> Charge:
        assert self.bridge._ref is not None
        supervisor = self.bridge._ref._actor_weakref()
        assert isinstance(supervisor, Supervisor)
        return supervisor._charges[name]


@contextmanager
def changing(hass: HassServer) -> Iterator[list[int]]:
    """Let a sensor of a simulated Home Assistant take one value after the other; yields those it has taken."""
    taken: list[int] = []
    over = threading.Event()

    def change() -> None:
        while not over.wait(0.01):
            hass.set_state("sensor.crash", str(len(taken)))
            taken.append(len(taken))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


@pytest.fixture
def simulated() -> Iterator[HassServer]:
    server = HassServer()
    server.start()
    yield server
    server.stop()


EXPECTED = {"metrics", "web", "writer.influx", "filter", "deduplicator", "home_assistant", "mqtt"}


def test_actors_that_die_under_load_lose_nothing_and_double_nothing(
    patient: Mosquitto, simulated: HassServer, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    settings = (
        {"home_assistant": {"url": simulated.url, "token": simulated.token}},
        mqtt(patient, *ROUTES),
        influx(influxdb, database),
        {"supervisor": {"max_restarts": 100}},
    )
    bridge = InProcess(tmp_path, *settings)
    try:
        bridge.wait_up()
        with flow(patient) as flowing, changing(simulated) as taken:
            victims = bridge.health()["children"]
            assert victims.keys() >= EXPECTED
            for error in (RuntimeError("a bug"), SystemExit("a bug that Pykka would stop every actor for")):
                for victim in victims:
                    flowing.wait_for(10)
                    bridge.kill(victim, error)
            flowing.wait_for(10)
            times = wait_complete(flowing, influxdb, database)
        assert set(times.values()) == {1}
        wait_for(lambda: taken[-1] in stored(influxdb, database, "sensor"), 60, "the last state")
        ledgers = bridge.wait_settled("home_assistant", "mqtt")
        for ledger in ledgers.values():
            assert ledger.received == sum(ledger.settled.values())
            assert ledger.settled["dead_lettered"] == ledger.settled["shed"] == 0
        kept = ledgers["mqtt"].settled["written"] + ledgers["mqtt"].settled["journaled"]
        assert kept == ledgers["mqtt"].received == 2 * len(times)
    finally:
        assert bridge.stop() == 0
    assert not pykka.ActorRegistry.get_all()
