"""`ha-bridge config show` and `config check`, as they are used."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ha_bridge.commands.config import config
from tests.settings_home import Home

GOOD = """
[home_assistant]
url = "http://me:hidden@ha:8123"
token = "hidden"
[mqtt]
enabled = true
[[mqtt.routes]]
topic = "a/#"
format = "statestream"
[sinks.main]
kind = "influxdb"
bucket = "home"
"""
BAD = '[mqtt]\nport = "x"\nhots = "y"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return Home(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(config, arguments)


def test_check_says_in_a_line_what_would_run(home: Home) -> None:
    home.settings(GOOD)
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout == (
        "ok: roads websocket http://••••@ha:8123, mqtt localhost:1883, routes 1; sinks main (influxdb, layout bridge)\n"
    )


def test_check_tells_when_there_is_no_road(home: Home) -> None:
    result = run("check")
    assert (result.exit_code, "roads none (set home_assistant.url" in result.stdout) == (0, True)
    assert home.problems() == {}


def test_check_prints_every_problem_on_stderr(home: Home) -> None:
    home.settings(BAD)
    result = run("check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "mqtt.hots  (config/settings.toml:3)",
        "    there is no such key: remove it or correct it; did you mean mqtt.host?",
        "mqtt.port = x  (config/settings.toml:2)",
        "    write a whole number from 1 to 65535",
        "2 to mend",
    ]


def test_check_answers_in_json(home: Home) -> None:
    home.settings(GOOD)
    assert json.loads(run("check", "--json").stdout) == {
        "ok": True,
        "roads": ["websocket http://••••@ha:8123", "mqtt localhost:1883, routes 1"],
        "sinks": ["main (influxdb, layout bridge)"],
    }
    home.settings(BAD)
    result = run("check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"][1] == {
        "key": "mqtt.port",
        "message": "write a whole number from 1 to 65535",
        "value": "x",
        "origin": "config/settings.toml:2",
        "suggestion": "",
    }


@pytest.mark.parametrize("arguments", [("check", "--config", "c.toml"), ("--config", "c.toml", "check")])
def test_the_file_may_be_named_before_or_after_the_command(home: Home, arguments: tuple[str, ...]) -> None:
    home.write("c.toml", BAD)
    assert "c.toml:3" in run(*arguments).stderr
    assert run("check").exit_code == 0


def test_a_file_that_is_not_there_is_told(home: Home) -> None:
    result = run("show", "--config", str(home.folder / "nope.toml"))
    assert (result.exit_code, "nope.toml" in result.stderr) == (1, True)


def test_a_wrong_option_is_a_usage_error() -> None:
    assert run("show", "--colour").exit_code == 2


def test_show_prints_a_table_of_keys_values_and_places(home: Home) -> None:
    home.settings(GOOD)
    result = run("show")
    assert result.exit_code == 0
    lines = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line.strip()}
    assert lines["key"] == ["value", "where", "set"]
    assert lines["home_assistant.token"] == ["••••", "config/settings.toml:4"]
    assert lines["home_assistant.event_types"] == ["[]", "default"]
    assert lines["mqtt.routes[0].topic"] == ["a/#", "config/settings.toml:8"]
    assert "hidden" not in result.stdout


def test_show_prints_the_same_as_json(home: Home) -> None:
    home.settings(GOOD)
    found = {row["key"]: row for row in json.loads(run("show", "--json").stdout)}
    assert found["sinks.main.bucket"] == {
        "key": "sinks.main.bucket",
        "value": "home",
        "default": False,
        "origin": "config/settings.toml:12",
    }
    assert found["home_assistant.token"]["value"] == "••••"
