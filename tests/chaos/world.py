"""A home, its servers and the bridge between them, with a proxy on every leg."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.chaos.arrivals import Arrivals
from tests.chaos.bridge import Bridge
from tests.chaos.disk import SmallDisk
from tests.chaos.hass_sender import HassSender
from tests.chaos.held import Damage
from tests.chaos.influx_faults import InfluxFaults
from tests.chaos.memory import MemoryWatch
from tests.chaos.mqtt_sender import MqttSender
from tests.chaos.poison import CONFLICT
from tests.chaos.proxy import TcpProxy
from tests.chaos.roads import Road, json_road, odd_road, poison_road, states_road, value_road
from tests.chaos.schedule import LEGS
from tests.system.bridge import Json, only
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto, Server
from tests.system.servers.process import HOST
from tests.waiting import wait_for

SINKS = ("influx", "mirror")
"""The first is behind the network and the HTTP faults, the second has a way of its own to the same server."""
PATIENCE = 60.0
DURABLE = """
# By default it saves twice an hour, and a client that is away may owe it a thousand messages.
autosave_on_changes true
autosave_interval 20
max_queued_messages 0
log_type error
log_type warning
log_type notice
"""

SETTINGS: Json = {
    "dedup": {"settle": "500ms"},
    "batch": {"interval": "100ms", "retry_initial": "100ms", "retry_max": "500ms"},
    "journal": {"path": "journal/journal.db", "max_bytes": 6_000_000},
    "history": {"delay": "2s"},
    "supervisor": {"backoff_initial": "100ms", "backoff_max": "1s"},
    "log": {"format": "json"},
    **only("sensor.chaos_*"),
}
"""The defaults wait for days of outage; here one lasts for seconds."""

SINK: Json = {"kind": "influxdb", "api": "v1", "timeout": "2s"}
HURRIED: Json = {"timeout": "4s", "ping_interval": "1s", "ping_timeout": "2s", "max_unsettled": 100}

ROUTES: list[dict[str, Any]] = [
    {"topic": "chaos/json/{device}", "format": "json", "measurement": "chaos_json", "time": "at"},
    {"topic": "chaos/value/{meter}", "format": "value", "measurement": "chaos_value"},
    {"topic": "statestream/#", "format": "statestream"},
]
STATESTREAM: Json = {
    "base_topic": "statestream",
    "publish_attributes": False,
    "publish_timestamps": True,
    # What comes by the WebSocket alone can be found again only in the history.
    "include": {"entity_globs": ["sensor.chaos_[0-2]", "sensor.chaos_odd"]},
}
"""Some states come on both roads."""


class Part(Protocol):
    def close(self) -> None: ...


AnyServer = TypeVar("AnyServer", bound=Server)
AnyPart = TypeVar("AnyPart", bound=Part)


class World:
    """Servers, then the proxies before them, then the bridge, then who sends; `stack` ends it all in reverse."""

    def __init__(self, folder: Path, seed: int, stack: ExitStack) -> None:
        self._stack = stack
        self._never = threading.Event()
        self.broker = self._server(Mosquitto(made(folder / "broker"), DURABLE, persistence=True))
        self.influxdb = self._server(InfluxDB(made(folder / "influxdb")))
        self.hass = self._server(HomeAssistant(made(folder / "hass"), "2024.3.3"))
        self.hass.enable_mqtt(self.broker, statestream=STATESTREAM)
        self._make_databases()
        self.http = self._closed(InfluxFaults(self.influxdb.url))
        ports = (self.broker.port, self.hass.port, self.http.server_port)
        self.legs = {leg: self._closed(TcpProxy(port)) for leg, port in zip(LEGS, ports, strict=True)}
        self.disk = self._closed(SmallDisk(made(folder / "bridge") / "journal"))
        self.bridge = self._server(Bridge(folder / "bridge", SETTINGS, self._settings()))
        self.bridge.wait_up()  # a home that nobody has ever listened to yet owes nothing
        self.memory = self._closed(MemoryWatch(lambda: self.bridge.pid if self.bridge.running else None))
        self.mqtt = self._closed(MqttSender(self.broker.port, seed))
        self.states = self._closed(HassSender(self.hass.rest))
        self.arrivals = {sink: Arrivals(self.influxdb, sink) for sink in SINKS}
        self.poisonous = 1
        """The number of the next piece of poison."""
        self.damages: list[Damage] = []
        self._dead: dict[tuple[str, str], set[int]] = {}

    sources = ("home_assistant", "mqtt", "history")

    @property
    def roads(self) -> tuple[Road, ...]:
        return (
            json_road(self.mqtt.json),
            value_road(self.mqtt.value),
            states_road(self.states.states),
            poison_road(self.mqtt.poison),
            odd_road(self.states.odd),
        )

    def wait_at_rest(self, *sources: str) -> None:
        """Wait until the bridge has settled all that it has taken in."""
        self.bridge.wait_settled(*sources)

    def wait_filled(self) -> None:
        """Wait until nothing of Home Assistant is on its way, neither live nor from its history."""
        wait_for(
            lambda: not self.bridge.metrics().value("gaps_open"),
            PATIENCE,
            f"gaps to be filled; {self.bridge}",
        )
        self.wait_at_rest("home_assistant", "history")

    def wait_drained(self) -> None:
        """Wait until nothing is left in the journal."""
        wait_for(self._is_drained, PATIENCE, f"the journal to be empty; {self.bridge}")

    def _is_drained(self) -> bool:
        metrics = self.bridge.metrics()
        waiting = ("journal_points", "backlog_points")
        return not any(metrics.value(name, sink=sink) for name in waiting for sink in SINKS)

    def look_at_dead_letters(self) -> None:
        """Remember what is among them: they are bounded, and damage may take some."""
        for letter in self.bridge.dead_letters():
            for road in self.roads:
                for sink in [letter.sink] if letter.sink else SINKS:
                    self._dead.setdefault((sink, road.name), set()).update(road.numbers_in(letter.text))

    def dead(self, sink: str, road: Road) -> set[int]:
        """The numbers that a sink does not get."""
        return self._dead.get((sink, road.name), set())

    def hold(self, seconds: float) -> None:
        """Let the world go on for so long: what is waited for is nothing but time."""
        self._never.wait(seconds)

    def _settings(self) -> Json:
        broker, hass, influxdb = (self.legs[leg].port for leg in LEGS)
        return {
            "home_assistant": {"url": f"http://{HOST}:{hass}", "token": self.hass.token, **HURRIED},
            "mqtt": {"enabled": True, "host": HOST, "port": broker, "routes": ROUTES, "keepalive": "2s"},
            "sinks": {
                sink: {"url": f"http://{HOST}:{port}", "database": sink, **SINK}
                for sink, port in zip(SINKS, (influxdb, self.influxdb.port), strict=True)
            },
        }

    def _make_databases(self) -> None:
        for sink in SINKS:
            self.influxdb.create_database(sink)
        self.influxdb.write(CONFLICT, SINKS[0])

    def _server(self, server: AnyServer) -> AnyServer:
        self._stack.callback(server.kill)
        server.start()
        return server

    def _closed(self, part: AnyPart) -> AnyPart:
        self._stack.callback(part.close)
        return part


@contextmanager
def world(folder: Path, seed: int) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(folder, seed, stack)


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
