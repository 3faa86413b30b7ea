"""Real servers for the system tests: brokers for a test, databases for a module, Home Assistants for a session."""

import itertools
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto, Server, VictoriaMetrics
from tests.system.servers.homeassistant import Version
from tests.system.servers.process import end_leftovers

PATIENT = """
# Who is away may owe it more than the usual thousand messages.
max_queued_messages 0
log_type error
log_type warning
log_type notice
"""

DURABLE = f"""{PATIENT}
# What it acknowledges has left it: into the file (by default twice an hour) and to who is connected (Nagle would wait).
autosave_on_changes true
autosave_interval 1
set_tcp_nodelay true
"""

Json = dict[str, Any]
Start = Callable[[Server], None]

_database_numbers = itertools.count(1)


def pytest_configure() -> None:
    """Let a SIGTERM, as from timeout(1), end the session in order, servers included."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("SIGTERM", returncode=143))


@pytest.fixture(scope="session", autouse=True)
def _no_server_is_left_over() -> Iterator[None]:
    yield
    leftovers = end_leftovers()
    assert not leftovers, f"tests have started these and not stopped them: {leftovers}"


@pytest.fixture(scope="session")
def start_for_session() -> Iterator[Start]:
    with ExitStack() as stack:

        def start(server: Server) -> None:
            # Nobody looks at them any more, and a Home Assistant takes its time to stop.
            stack.callback(server.kill)
            server.start()

        yield start


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker for this test alone, open to anybody."""
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker for this test alone that keeps everything for who is away, as long as it lives."""
    with Mosquitto(tmp_path_factory.mktemp("patient"), PATIENT) as broker:
        yield broker


@pytest.fixture
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker for this test alone that keeps, over a `kill` too, what it has acknowledged; it is slow."""
    with Mosquitto(tmp_path_factory.mktemp("durable"), DURABLE, persistence=True) as broker:
        yield broker


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    with InfluxDB(tmp_path_factory.mktemp("influxdb")) as server:
        yield server


@pytest.fixture
def database(influxdb: InfluxDB) -> str:
    """A database in `influxdb` for this test alone."""
    name = f"home_{next(_database_numbers)}"
    influxdb.create_database(name)
    return name


@pytest.fixture(scope="module")
def victoriametrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    with VictoriaMetrics(tmp_path_factory.mktemp("victoriametrics")) as server:
        yield server


Home = Callable[[Version], HomeAssistant]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, start_for_session: Start) -> Home:
    """The session's one Home Assistant of a version, running even where the last test has killed it."""
    homes: dict[Version, HomeAssistant] = {}

    def running_home(version: Version) -> HomeAssistant:
        if version not in homes:
            homes[version] = HomeAssistant(tmp_path_factory.mktemp(f"hass-{version}"), version)
            start_for_session(homes[version])
        elif not homes[version].running:
            homes[version].start()
        return homes[version]

    return running_home


@pytest.fixture
def hass_2024(home: Home) -> HomeAssistant:
    return home("2024.3.3")


@pytest.fixture
def hass_newest(home: Home) -> HomeAssistant:
    return home("newest")


@pytest.fixture(params=["2024.3.3", "newest"])
def hass(request: pytest.FixtureRequest, home: Home) -> HomeAssistant:
    """Each supported Home Assistant in turn. Tests share them, so use entity ids of your own; a test may kill it."""
    return home(request.param)


Publish = Callable[[Json, Json | None], Mosquitto]


@pytest.fixture
def publish(
    hass: HomeAssistant, tmp_path_factory: pytest.TempPathFactory, start_for_session: Start
) -> Publish:
    """Have `hass` publish with these options of mqtt_statestream and mqtt_eventstream; returns the session's broker."""

    def publishing(statestream: Json, eventstream: Json | None) -> Mosquitto:
        broker = hass.broker
        if broker is None:
            broker = Mosquitto(tmp_path_factory.mktemp("broker"))
            start_for_session(broker)
        if (statestream, eventstream) != (
            hass.config.get("mqtt_statestream"),
            hass.config.get("mqtt_eventstream"),
        ):
            hass.enable_mqtt(broker, statestream=statestream, eventstream=eventstream)
        return broker

    return publishing


@pytest.fixture
def hass_with_mqtt(hass: HomeAssistant, publish: Publish) -> HomeAssistant:
    """`hass`, which publishes below `statestream/` and to `eventstream` on its `broker`, with all options on."""
    everything = {"base_topic": "statestream", "publish_attributes": True, "publish_timestamps": True}
    publish(everything, {"publish_topic": "eventstream"})
    return hass
