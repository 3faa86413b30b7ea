"""Every hook of every actor of a whole bridge raises, raises a BaseException, or never comes back."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors.batch_writer import BatchWriter
from actors.deduplicator import DeduplicatorActor
from actors.filter import Filter
from actors.hass_connection import HassConnection
from actors.historian import Historian
from actors.inspector import Inspector
from actors.journal import JournalActor
from actors.metrics import Metrics
from actors.mqtt_connection import MqttConnection
from actors.web_server import WebServer
from actors.worker import Worker
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.mqtt_broker import MqttBroker
from ha_bridge.settings import InfluxdbSinkSettings, LocalSinkSettings, Url, WebSettings
from tests.http_double import HttpDouble, http_double
from tests.running import QUICK_SUPERVISOR, RunningBridge, home_assistant, mqtt
from tests.waiting import wait_for

CLASSES: tuple[type[Worker], ...] = (
    Metrics,
    WebServer,
    JournalActor,
    Inspector,
    BatchWriter,
    Filter,
    DeduplicatorActor,
    HassConnection,
    MqttConnection,
    Historian,
)
CHILDREN = (
    "metrics",
    "web",
    "journal",
    "inspector",
    "writer.local",
    "writer.influx",
    "filter",
    "deduplicator",
    "home_assistant",
    "mqtt",
    "history",
)
HOOKS = ("setup", "handle", "tick", "samples", "teardown")
RARELY_TOLD = {"web", "history", "metrics", "inspector"}
"""These hear little or nothing but ticks, so nothing makes their `handle` burn in time."""
BOUND = 10.0
"""Seconds within which docs/reliability.md promises that a part works again."""

Action = Callable[[], None]


class Fire:
    """What happens the next time a hook of a child is called, once."""

    def __init__(self) -> None:
        self._laid: dict[tuple[str, str], Action] = {}

    def lay(self, children: tuple[str, ...], hook: str, action: Action) -> None:
        self._laid.update({(child, hook): action for child in children})

    def burn(self, child: str, hook: str) -> None:
        action = self._laid.pop((child, hook), None)
        if action is not None:
            action()

    def waiting(self, hook: str) -> list[str]:
        return [child for child, laid in self._laid if laid == hook]


def burning(kind: type[Worker], hook: str, fire: Fire) -> Callable[..., Any]:
    original = getattr(kind, hook)

    def hooked(self: Worker, *arguments: Any) -> Any:
        fire.burn(self.post.name, hook)
        return original(self, *arguments)

    return hooked


@pytest.fixture
def fire(monkeypatch: pytest.MonkeyPatch) -> Fire:
    made = Fire()
    for kind in CLASSES:
        for hook in HOOKS:
            monkeypatch.setattr(kind, hook, burning(kind, hook, made))
    return made


@pytest.fixture
def influxdb() -> Iterator[HttpDouble]:
    """It takes everything."""
    with http_double() as server:
        yield server


@pytest.fixture
def bridge(
    fire: Fire, hass: HassServer, broker: MqttBroker, influxdb: HttpDouble, tmp_path: Path
) -> Iterator[RunningBridge]:
    del fire  # it must burn in what is built here
    made = RunningBridge(
        tmp_path,
        sinks={
            "local": LocalSinkSettings(kind="local", path=str(tmp_path / "points.db")),
            "influx": InfluxdbSinkSettings(kind="influxdb", url=Url(influxdb.url), api="v1", database="home"),
        },
        home_assistant=home_assistant(hass.url, hass.token),
        mqtt=mqtt(broker.port, {"topic": "room/{room}", "format": "value", "measurement": "room"}),
        web=WebSettings(port=0),
        supervisor=msgspec.structs.replace(QUICK_SUPERVISOR, hang_after=2.0, max_restarts=1000),
    )
    made.wait_until_ready()
    yield made
    made.close()


def fail(error: type[BaseException]) -> Action:
    def action() -> None:
        raise error("fire")

    return action


def serves(bridge: RunningBridge, hass: HassServer, broker: MqttBroker) -> None:
    """What comes on both roads is stored."""
    bridge.wait_until_ready()
    hass.set_state("sensor.after", "42", {"unit_of_measurement": "W"})
    broker.publish("room/after", "43", qos=1)
    wait_for(lambda: bridge.stored("sensor", "value", entity_id="after") == [42], 20, "the state")
    wait_for(lambda: bridge.stored("room", "value", room="after") == [43], 20, "the message")


def restarted(bridge: RunningBridge, children: tuple[str, ...], times: int, within: float = BOUND) -> None:
    def all_restarted() -> bool:
        return all(_restarts(bridge, child) >= times for child in children)

    wait_for(all_restarted, within, f"{times} restarts of each of {children}")


def _restarts(bridge: RunningBridge, child: str) -> int:
    health = bridge.child(child)
    return health.restarts if health else 0


def stoke(hass: HassServer, broker: MqttBroker) -> None:
    """Give everybody something to handle."""
    for value in range(5):
        hass.set_state("sensor.fire", str(value), {})
        broker.publish("room/fire", str(value), qos=1)


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
@pytest.mark.parametrize("hook", ["handle", "tick", "samples"])
def test_a_hook_that_raises_costs_a_restart(
    fire: Fire,
    bridge: RunningBridge,
    hass: HassServer,
    broker: MqttBroker,
    hook: str,
    error: type[BaseException],
) -> None:
    children = tuple(child for child in CHILDREN if hook != "handle" or child not in RARELY_TOLD)
    fire.lay(children, hook, fail(error))

    def burnt() -> bool:
        stoke(hass, broker)
        return not fire.waiting(hook)

    wait_for(burnt, 20, "every fire to burn")
    restarted(bridge, children, 1)
    serves(bridge, hass, broker)


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
@pytest.mark.parametrize("hook", ["setup", "teardown"])
def test_a_start_or_an_end_that_raises_costs_another_start(
    fire: Fire,
    bridge: RunningBridge,
    hass: HassServer,
    broker: MqttBroker,
    hook: str,
    error: type[BaseException],
) -> None:
    fire.lay(CHILDREN, hook, fail(error))
    fire.lay(CHILDREN, "tick", fail(RuntimeError))
    restarted(bridge, CHILDREN, 2 if hook == "setup" else 1)
    wait_for(lambda: not fire.waiting(hook), 20, "every fire to burn")
    serves(bridge, hass, broker)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_never_comes_back_is_left_behind(
    fire: Fire, bridge: RunningBridge, hass: HassServer, broker: MqttBroker, hook: str
) -> None:
    over = threading.Event()
    children = tuple(child for child in CHILDREN if hook != "handle" or child not in RARELY_TOLD)

    def hang() -> None:
        over.wait()

    fire.lay(children, hook, hang)
    if hook in {"setup", "teardown"}:
        fire.lay(CHILDREN, "tick", fail(RuntimeError))
    stoke(hass, broker)
    try:
        # What hangs up the line keeps those below from burning: they hang one after the other.
        restarted(bridge, children, 2 if hook == "setup" else 1, BOUND * 3)
        serves(bridge, hass, broker)
    finally:
        over.set()
