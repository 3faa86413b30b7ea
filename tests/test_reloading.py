"""What may change while a bridge runs."""

import logging
import re
from pathlib import Path

import msgspec
import pytest

from ha_bridge.app import Bridge
from ha_bridge.places import places
from ha_bridge.reloading import applied, taken_over, waiting
from ha_bridge.settings import Settings, SettingsError
from ha_bridge.settings.problems import Problem
from tests.settings_home import Home

RUNNING = """
[mqtt]
port = 1884
[filter]
exclude = ["light"]
[sinks.main]
kind = "local"
path = "main.db"
[sinks.other]
kind = "local"
path = "other.db"
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def read(home: Home, text: str) -> Settings:
    home.settings(text)
    return home.load()


@pytest.fixture
def running(home: Home) -> Settings:
    return read(home, RUNNING)


def test_the_same_settings_change_nothing(home: Home, running: Settings) -> None:
    again = read(home, "# moved a line down\n" + RUNNING)
    assert taken_over(running, again) == running
    assert waiting(running, again) == applied(running, again) == []


def test_filter_log_and_what_a_sink_takes_in_which_shape_are_taken_over(
    home: Home, running: Settings
) -> None:
    text = RUNNING.replace('"light"', '"sun"').replace(
        '"main.db"', '"main.db"\nlayout = "homeassistant"\ninclude = ["a"]'
    )
    again = read(home, text + '[log]\nlevel = "DEBUG"\n')
    live = taken_over(running, again)
    assert live.filter.exclude.domains == ("sun",)
    assert live.log.level == "DEBUG"
    assert live.sinks == again.sinks
    assert waiting(running, again) == []
    assert applied(running, again) == ["filter", "log", "sinks.main"]
    assert applied(live, again) == []


def test_rules_are_taken_over(home: Home, running: Settings) -> None:
    again = read(home, RUNNING + "[[rules]]\ndrop = true\n")
    assert taken_over(running, again).rules == again.rules
    assert (applied(running, again), waiting(running, again)) == (["rules"], [])


def test_rules_wait_for_a_sink_that_they_name(home: Home, running: Settings) -> None:
    sink = '[sinks.added]\nkind = "local"\npath = "added.db"\n'
    again = read(home, f'{RUNNING}{sink}[[rules]]\nsinks = ["added"]\n')
    assert taken_over(running, again) == running
    assert (applied(running, again), waiting(running, again)) == ([], ["rules", "sinks.added"])
    again = read(home, f'{RUNNING}{sink}[[rules]]\nsinks = ["main"]\n')
    assert taken_over(running, again).rules == again.rules


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("port = 1884", "port = 1885", "mqtt"),
        ('"main.db"', '"moved.db"', "sinks.main"),
        ("[sinks.other]", "[sinks.renamed]", "sinks.renamed"),
        ('kind = "local"\npath = "main.db"', 'kind = "influxdb"\nbucket = "b"', "sinks.main"),
    ],
)
def test_what_else_changed_waits_for_a_restart_and_is_named(
    home: Home, running: Settings, before: str, after: str, named: str
) -> None:
    again = read(home, RUNNING.replace(before, after))
    assert taken_over(running, again) == running
    assert named in waiting(running, again)


def test_a_sink_that_was_added_or_removed_waits_and_the_running_ones_keep_their_order(
    home: Home, running: Settings
) -> None:
    main = '[sinks.main]\nkind = "local"\npath = "main.db"\n'
    again = read(home, f'[mqtt]\nport = 1884\n[sinks.a]\nkind = "local"\n{main}tags = {{"x" = "y"}}\n')
    live = taken_over(running, again)
    assert list(live.sinks) == ["main", "other"]
    assert live.sinks["main"].tags == {"x": "y"}
    assert waiting(running, again) == ["sinks.a", "sinks.other"]


KEEP = """
[retention]
raw = "30d"
[[retention.keep]]
name = "energy"
include = ["sensor.*_energy"]
raw = "forever"
"""


def test_lives_and_places_wait_for_a_restart_and_are_named(home: Home, running: Settings) -> None:
    again = read(home, RUNNING.replace('"light"', '"sun"') + KEEP)
    assert taken_over(running, again).retention == running.retention
    assert waiting(running, again) == ["retention"]
    assert applied(running, again) == ["filter"]
    assert places(taken_over(running, again)).keys() == places(running).keys()


def problems(bridge: Bridge) -> str:
    reload = bridge.board.snapshot(0).reload
    return "; ".join(reload.problems) if reload else ""


def test_settings_that_cannot_be_read_leave_the_bridge_as_it_was(running: Settings) -> None:
    def fail() -> Settings:
        raise SettingsError([Problem(key="filter.x", message="unknown")])

    bridge = Bridge(running)
    bridge.reload(fail)
    assert "filter.x" in problems(bridge)
    assert bridge.settings is running


@pytest.mark.usefixtures("logs_restored")
def test_an_error_of_ours_while_settings_are_taken_over_leaves_the_bridge_as_it_was(
    home: Home, running: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = Bridge(running)
    routing = bridge._assembly._routing
    again = read(home, RUNNING + '[log]\nlevel = "DEBUG"\n')
    # No file can have this: its regular expression is none.
    odd = msgspec.structs.replace(again.filter.include, entities=("/(/",))
    wrong = msgspec.structs.replace(again, filter=msgspec.structs.replace(again.filter, include=odd))
    bridge.reload(lambda: wrong)
    assert problems(bridge) == f"an error of ha-bridge itself, see the log: {re.error.__name__}"
    assert "unterminated subpattern" in capsys.readouterr().err
    assert bridge.settings is running
    assert bridge._assembly._routing is routing
    assert logging.getLogger().level == logging.INFO
