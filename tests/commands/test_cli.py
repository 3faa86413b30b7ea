"""The command line as a whole: its version, its help, and that it is light."""

import json
import runpy
import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from ha_bridge.cli import main

HEAVY = {
    *("dynaconf", "flask", "influxdb_client", "msgspec", "paho", "prometheus_client", "pykka"),
    *("pythonjsonlogger", "rich", "sqlite3", "urllib3", "waitress", "websocket", "websockets"),
}


def modules_after(statement: str) -> set[str]:
    """Name what a new Python has loaded after a statement."""
    program = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return set(json.loads(found.stdout))


def test_the_command_line_imports_no_library_but_click() -> None:
    loaded = modules_after("import ha_bridge.cli")
    assert "ha_bridge.commands.run" in loaded
    assert not loaded & HEAVY
    assert not [
        name for name in loaded if name.startswith(("actors", "ha_bridge.domain", "ha_bridge.settings"))
    ]


def test_the_package_itself_imports_nothing() -> None:
    assert modules_after("import ha_bridge") - modules_after("pass") == {"ha_bridge"}


def test_it_runs_as_a_module_under_its_own_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["__main__.py", "--version"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("ha_bridge", run_name="__main__")
    assert capsys.readouterr().out == f"ha-bridge {version('ha-bridge')}\n"


def test_every_command_has_help() -> None:
    result = CliRunner().invoke(main, ["-h"])
    assert result.exit_code == 0
    for name in main.commands:
        assert name in result.stdout
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


@pytest.mark.parametrize(
    "arguments", [["walk"], ["run", "--fast"], ["demo", "--rate", "-1"], ["demo", "--port", "x"]]
)
def test_what_it_does_not_know_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 2
