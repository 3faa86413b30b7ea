"""`ha-bridge reload` against real endpoints; tests/system has it against a whole bridge."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ha_bridge.commands import reload as command
from ha_bridge.domain.board import Board, Reload
from ha_bridge.domain.supervision import ChildState, Health
from ha_bridge.web.endpoints import create
from ha_bridge.web.server import WebServer
from tests.making import ManualClock
from tests.system.servers.process import free_port


class Site:
    """A bridge's board and endpoints; it is this process that is signalled."""

    def __init__(self) -> None:
        clock = ManualClock()
        self.board = Board("1.2.3", clock.micros())
        self.board.supervised([Health("mqtt", ChildState.UP, "", 0, 0)], clock.micros())
        self.server = WebServer(create(self.board, clock.micros), "127.0.0.1", 0)
        self.port = self.server.url.rpartition(":")[2]

    def answers(self, reload: Reload) -> None:
        """Let this be what comes of the signal."""
        self.board.reloaded(os.getpid(), Reload())
        signal.signal(signal.SIGHUP, lambda *_: self.board.reloaded(os.getpid(), reload))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site()
    monkeypatch.setenv("HA_BRIDGE_WEB__PORT", made.port)
    monkeypatch.setattr(command, "_is_bridge", lambda pid: pid == os.getpid())
    yield made
    made.server.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.reload, arguments)


def test_what_was_taken_over_and_what_waits_is_told(site: Site) -> None:
    site.answers(Reload(1, applied=["filter", "rules"], waiting=["mqtt"]))
    result = run()
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "filter: taken over",
        "rules: taken over",
        "mqtt: waits for a restart",
    ]


def test_where_nothing_has_changed_that_is_told(site: Site) -> None:
    site.answers(Reload(1))
    result = run()
    assert (result.exit_code, result.stdout) == (0, "nothing has changed\n")


def test_what_is_wrong_is_told_and_the_exit_code_is_1(site: Site) -> None:
    site.answers(Reload(1, problems=["rules[0]: it does nothing"]))
    result = run()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "rules[0]: it does nothing",
        "nothing was taken over: the settings that run stay in force",
    ]


def test_json_is_the_outcome(site: Site) -> None:
    site.answers(Reload(1, applied=["filter"]))
    result = run("--json", "--url", site.server.url)
    assert json.loads(result.stdout) == {"number": 1, "applied": ["filter"], "waiting": [], "problems": []}


def test_settings_that_are_wrong_here_are_told_and_nobody_is_signalled(site: Site, folder: Path) -> None:
    site.answers(Reload(1))
    (folder / "my.toml").write_text("[[rules]]\nname = 'x'\n")
    result = run("--config", "my.toml")
    assert result.exit_code == 1
    assert 'rule 1 "x": it does nothing' in result.stderr
    assert site.board.snapshot(0).reload == Reload()


def test_a_bridge_that_does_not_answer_in_time_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "TIMEOUT", 0.2)
    site.answers(Reload())
    result = run()
    assert (result.exit_code, "see its log" in result.stderr) == (1, True)


def test_a_demo_does_not_reload(site: Site) -> None:
    result = run()
    assert (result.exit_code, "only ha-bridge run does" in result.stderr) == (1, True)


def test_where_there_is_no_bridge_it_says_so() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = run("--url", url)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"no bridge answers at {url}/health")
    assert json.loads(run("--url", url, "--json").stdout)["problems"][0].startswith("no bridge answers")


def test_no_other_program_is_ever_signalled(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        site.board.reloaded(stranger.pid, Reload())
        result = run("--url", site.server.url)
        assert (result.exit_code, "run ha-bridge reload where it runs" in result.stderr) == (1, True)
        site.board.reloaded(2**22 + 1, Reload())
        assert "run ha-bridge reload where it runs" in run("--url", site.server.url).stderr
        stranger.communicate(b"\n")
        assert stranger.returncode == 0


@pytest.mark.parametrize(
    ("error", "words"), [(ProcessLookupError, "has just ended"), (PermissionError, "as that user")]
)
def test_a_signal_that_does_not_arrive_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: type[OSError], words: str
) -> None:
    def kill(pid: int, number: int) -> None:
        raise error

    site.board.reloaded(os.getpid(), Reload())
    monkeypatch.setattr(os, "kill", kill)
    result = run()
    assert (result.exit_code, words in result.stderr) == (1, True)
