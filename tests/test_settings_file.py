"""config/settings.toml shows every key at its default, and its examples hold."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from ha_bridge.settings import (
    DownsampleSettings,
    EventSettings,
    InfluxdbSinkSettings,
    KeepSettings,
    LocalSinkSettings,
    RouteSettings,
    RuleSettings,
    Settings,
    rows,
)
from tests.settings_home import Home

TEXT = (Path(__file__).parent.parent / "config" / "settings.toml").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^# (?=\[|[a-z_]+ = )", re.MULTILINE)
BY_NAME = {"sinks", "rules", "origins"}
LISTS = {"routes", "events", "keep", "downsample"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_file_changes_nothing(home: Home) -> None:
    home.settings(TEXT)
    assert replace(home.load(), origins={}) == Home(home.folder / "empty").load()


def test_the_file_has_every_key_and_no_other(home: Home) -> None:
    written = {section: set(keys) for section, keys in tomllib.loads(TEXT).items()}
    known = {
        section: set(getattr(Settings(), section).__struct_fields__) - LISTS
        for section in Settings.__struct_fields__
        if section not in BY_NAME
    }
    assert written == known


def test_every_key_or_group_of_keys_is_under_a_comment() -> None:
    lines = ["", *TEXT.splitlines()]
    keys = [(above, line) for above, line in pairwise(lines) if re.match(r"\w+ = ", line)]
    assert [line for above, line in keys if above == "" or above.startswith("[")] == []


def test_the_examples_hold_and_have_every_key_that_the_file_has_not(home: Home) -> None:
    home.settings(EXAMPLE.sub("", TEXT))
    settings = home.load()
    written = tomllib.loads(EXAMPLE.sub("", TEXT))
    assert {key for route in written["mqtt"]["routes"] for key in route} == set(
        RouteSettings.__struct_fields__
    )
    assert {key for event in written["home_assistant"]["events"] for key in event} == set(
        EventSettings.__struct_fields__
    )
    for name, kind in (("keep", KeepSettings), ("downsample", DownsampleSettings)):
        assert {key for each in written["retention"][name] for key in each} == set(kind.__struct_fields__)
    assert {key for rule in written["rules"] for key in rule} == set(RuleSettings.__struct_fields__) - {
        "order"
    }
    sinks = list(written["sinks"].values())
    assert {key for sink in sinks if sink["kind"] == "influxdb" for key in sink} == set(
        InfluxdbSinkSettings.__struct_fields__
    )
    assert {key for sink in sinks if sink["kind"] == "local" for key in sink} == {"kind", "path"}
    assert settings.sinks["local"] == LocalSinkSettings(kind="local")


def test_what_an_example_shows_as_a_default_is_one(home: Home) -> None:
    home.settings(EXAMPLE.sub("", TEXT))
    changed = {
        row.key for row in rows(home.load()) if not row.default and row.key.startswith("sinks.influxdb.")
    }
    assert changed == {
        "sinks.influxdb.kind",
        "sinks.influxdb.bucket",
        "sinks.influxdb.attributes",
        "sinks.influxdb.tags.site",
    }
