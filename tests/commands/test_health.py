"""`ha-bridge health` against real endpoints."""

import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ha_bridge.commands.health import health
from ha_bridge.domain.board import Board
from ha_bridge.domain.supervision import ChildState, Health
from ha_bridge.web.endpoints import create
from ha_bridge.web.server import WebServer
from tests.making import ManualClock
from tests.system.servers.process import free_port


class Site:
    """A bridge's board and endpoints, for the settings in the working directory."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.board = Board("1.2.3", self.clock.micros())
        self.server = WebServer(create(self.board, self.clock.micros), "127.0.0.1", 0)
        self.port = self.server.url.rpartition(":")[2]

    def say(self, state: ChildState, reason: str = "", after: float = 0) -> None:
        self.clock.now += after
        child = Health("mqtt", state, reason, self.clock.micros(), 2)
        self.board.supervised([child], self.clock.micros())


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site()
    monkeypatch.setenv("HA_BRIDGE_WEB__PORT", made.port)
    yield made
    made.server.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(health, arguments)


@pytest.mark.parametrize(
    ("state", "status", "exit_code"),
    [
        (ChildState.UP, "ok", 0),
        (ChildState.DEGRADED, "degraded", 0),
        (ChildState.DOWN, "down", 1),
        (ChildState.STARTING, "down", 1),
    ],
)
def test_the_exit_code_says_whether_the_bridge_is_ready(
    site: Site, state: ChildState, status: str, exit_code: int
) -> None:
    site.say(state)
    result = run()
    assert result.exit_code == exit_code
    assert f"ha-bridge 1.2.3: {status}" in result.stdout


def test_a_table_tells_every_part_with_state_since_restarts_and_reason(site: Site) -> None:
    site.say(ChildState.DEGRADED, "the [broker] is away", after=100)
    lines = [line.strip().split(maxsplit=5) for line in run().stdout.splitlines() if line.strip()]
    since = datetime.fromtimestamp(1100, UTC).astimezone()
    assert lines[1] == ["part", "state", "since", "restarts", "reason"]
    assert lines[3][:3] == ["mqtt", "degraded", f"{since:%Y-%m-%d}"]
    assert lines[3][3:] == [f"{since:%H:%M:%S}", "2", "the [broker] is away"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(59, "59 s"), (61, "1 min 1 s"), (2 * 3600 + 120, "2 h 2 min"), (3 * 86400 + 3600, "3 d 1 h")],
)
def test_the_time_it_is_up_is_told_in_two_units(site: Site, seconds: float, shown: str) -> None:
    site.say(ChildState.UP, after=seconds)
    assert f"up {shown}\n" in run().stdout


def test_json_is_the_bridges_own_answer(site: Site) -> None:
    site.say(ChildState.DOWN, "gone")
    result = run("--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ready"], answer["children"]["mqtt"]["reason"]) == (1, False, "gone")


def test_the_address_may_be_given(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HA_BRIDGE_WEB__PORT", "1")
    site.say(ChildState.UP)
    assert run("--url", site.server.url + "/").exit_code == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "localhost"])  # noqa: S104 - asked, not bound
def test_a_bridge_that_listens_everywhere_is_asked_on_the_loopback(
    site: Site, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HA_BRIDGE_WEB__HOST", host)
    site.say(ChildState.UP)
    assert run().exit_code == 0


@pytest.mark.parametrize("host", ["::", "::1"])
def test_an_ipv6_address_gets_its_brackets(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    board = Board("1", 0)
    board.supervised([Health("mqtt", ChildState.UP, "", 0, 0)], 0)
    server = WebServer(create(board, lambda: 0), "::1", 0)
    monkeypatch.setenv("HA_BRIDGE_WEB__HOST", host)
    monkeypatch.setenv("HA_BRIDGE_WEB__PORT", server.url.rpartition(":")[2])
    assert run().exit_code == 0
    server.close()


def test_where_nobody_answers_it_says_so_in_words_and_in_json() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = run("--url", url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"no bridge answers at {url}/health: Connection refused; does ha-bridge run?\n"
    result = run("--url", url, "--json")
    assert (result.exit_code, json.loads(result.stdout)["ready"]) == (1, False)


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"status": "green"}'])
def test_something_else_on_the_port_is_no_bridge(body: bytes) -> None:
    class Stranger(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + body)

    with socketserver.TCPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        result = run("--url", f"http://127.0.0.1:{server.server_address[1]}")
    assert result.exit_code == 1
    assert "something else than ha-bridge answers" in result.stderr


@pytest.mark.parametrize(
    ("key", "value", "mend"), [("ENABLED", "false", "set it to true"), ("PORT", "0", "--url")]
)
def test_settings_with_which_nobody_can_ask_are_told(
    monkeypatch: pytest.MonkeyPatch, key: str, value: str, mend: str
) -> None:
    monkeypatch.setenv(f"HA_BRIDGE_WEB__{key}", value)
    result = run()
    assert (result.exit_code, mend in result.stderr) == (1, True)


def test_wrong_settings_are_told(folder: Path) -> None:
    (folder / "my.toml").write_text("[web]\nport = 'x'\n")
    result = run("--config", "my.toml")
    assert (result.exit_code, "web.port = x  (my.toml:2)" in result.stderr) == (1, True)


def test_an_address_that_is_none_is_a_usage_error() -> None:
    assert run("--url", "localhost:8126").exit_code == 2
