"""`ha-bridge preview`, as it is used: events in, line protocol out."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ha_bridge.adapters.hass.registry_file import beside
from ha_bridge.commands.preview import preview
from ha_bridge.domain.registry import Registered, Registry
from tests.settings_home import Home

FIRED = "2024-03-01T12:00:00.123456+00:00"
NANOSECONDS = "1709294400123456000"
TWO_SINKS = """
[filter]
exclude = ["light.attic"]
[sinks.main]
kind = "influxdb"
bucket = "home"
tags = {home = "mine"}
attributes = ["battery"]
availability = false
exclude = ["event:*"]
[sinks.dashboards]
kind = "influxdb"
database = "ha"
api = "v1"
layout = "homeassistant"
include = ["sensor"]
ignore_attributes = ["battery"]
component_config = {"sensor.attic" = {override_measurement = "top"}}
component_config_domain = {sensor = {ignore_attributes = ["icon"]}}
component_config_glob = {"*.hall" = {override_measurement = "low"}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


def changed(entity_id: str, state: str, **attributes: Any) -> str:
    new = {"entity_id": entity_id, "state": state, "attributes": attributes, "last_updated": FIRED}
    old = {**new, "state": "before"}
    data = {"entity_id": entity_id, "old_state": old, "new_state": new}
    return json.dumps({"event_type": "state_changed", "data": data, "origin": "LOCAL", "time_fired": FIRED})


def run(*arguments: str, events: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(preview, arguments, "".join(f"{event}\n" for event in events))


def test_without_settings_it_shows_the_default_sink(home: Home) -> None:
    result = run(events=(changed("sensor.hall", "21.5", unit_of_measurement="°C"),))
    assert result.stdout == f"sensor,entity_id=hall,unit=°C value=21.5 {NANOSECONDS}\n"
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_layout_is_shown_with_its_defaults_whatever_the_settings(home: Home) -> None:
    home.settings("[sinks.main]\nkind = 'nonsense'\n")
    event = changed("sensor.hall", "21.5", unit_of_measurement="°C", icon="x")
    bridge = run("--layout", "bridge", events=(event,))
    assert bridge.stdout == f"sensor,entity_id=hall,unit=°C value=21.5 {NANOSECONDS}\n"
    homeassistant = run("--layout", "homeassistant", events=(event,))
    assert homeassistant.stdout == f'°C,domain=sensor,entity_id=hall value=21.5,icon_str="x" {NANOSECONDS}\n'


def test_a_sink_is_shown_with_its_options_and_its_selection(home: Home) -> None:
    home.settings(TWO_SINKS)
    events = (
        changed("light.attic", "on"),
        changed("light.hall", "on", battery=5),
        changed("sensor.attic", "1", icon="x", battery=5, a=2),
        changed("sensor.hall", "2"),
        json.dumps({"event_type": "tag_scanned", "data": {}, "time_fired": FIRED}),
    )
    main = run("--sink", "main", events=events)
    assert main.stdout.splitlines() == [
        f'light,entity_id=hall,home=mine value=1,state="on",battery=5 {NANOSECONDS}',
        f"sensor,entity_id=attic,home=mine value=1,battery=5 {NANOSECONDS}",
        f"sensor,entity_id=hall,home=mine value=2 {NANOSECONDS}",
    ]
    dashboards = run("--sink", "dashboards", events=events)
    assert dashboards.stdout.splitlines() == [
        f"top,domain=sensor,entity_id=attic value=1,a=2 {NANOSECONDS}",
        f"low,domain=sensor,entity_id=hall value=2 {NANOSECONDS}",
    ]


def test_several_sinks_are_told_apart_by_comments(home: Home) -> None:
    home.settings(TWO_SINKS)
    result = run(
        events=(changed("light.hall", "5"), changed("sensor.hall", "2"), changed("light.attic", "on"))
    )
    assert result.stdout.splitlines() == [
        "# main",
        f"light,entity_id=hall,home=mine value=5 {NANOSECONDS}",
        "# main",
        f"sensor,entity_id=hall,home=mine value=2 {NANOSECONDS}",
        "# dashboards",
        f"low,domain=sensor,entity_id=hall value=2 {NANOSECONDS}",
    ]


def test_what_has_a_life_of_its_own_is_shown_with_its_place(home: Home) -> None:
    home.settings(
        '[retention]\nkeep = [{name = "energy", raw = "forever", include = {device_classes = ["energy"]}}]\n'
    )
    events = (changed("sensor.meter", "7", device_class="energy"), changed("sensor.hall", "21.5"))
    assert run(events=events).stdout.splitlines() == [
        "# local.energy",
        f"sensor,device_class=energy,entity_id=meter value=7 {NANOSECONDS}",
        "# local",
        f"sensor,entity_id=hall value=21.5 {NANOSECONDS}",
    ]
    assert "#   local.energy: written" in run("--explain", events=events).stdout


def test_a_file_named_is_laid_over_the_settings(home: Home) -> None:
    home.settings(TWO_SINKS)
    home.write("other.toml", "[sinks.main]\ntags = {home = 'yours'}\n")
    result = run("--sink", "main", "--config", "other.toml", events=(changed("sensor.hall", "2"),))
    assert result.stdout == f"sensor,entity_id=hall,home=yours value=2 {NANOSECONDS}\n"


def test_it_explains_in_comments_what_did_what(home: Home) -> None:
    home.settings(
        TWO_SINKS
        + """
[[rules]]
name = "halves"
match = {entities = ["sensor.hall"]}
scale = 0.5
deadband = 1
[[rules]]
match = {entities = ["light.hall"]}
sinks = ["dashboards"]
[[rules]]
match = {entities = ["sensor.never"]}
drop = true
"""
    )
    scanned = json.dumps({"event_type": "tag_scanned", "data": {}, "time_fired": FIRED})
    events = (
        changed("sensor.hall", "2"),
        changed("sensor.hall", "3"),
        changed("light.attic", "on"),
        changed("light.hall", "on"),
        changed("sensor.never", "1"),
        scanned,
    )
    assert run("--explain", events=events).stdout.splitlines() == [
        "# line 1: sensor.hall = 2",
        '#   rule 1 "halves": scale, deadband',
        '#   rule 1 "halves": scale by 0.5: 2 -> 1.0',
        "#   main: written",
        f"sensor,entity_id=hall,home=mine value=1 {NANOSECONDS}",
        "#   dashboards: included by domains",
        f"low,domain=sensor,entity_id=hall value=1 {NANOSECONDS}",
        "# line 2: sensor.hall = 3",
        '#   rule 1 "halves": scale, deadband',
        '#   rule 1 "halves": scale by 0.5: 3 -> 1.5',
        '#   rule 1 "halves": held back by deadband',
        "# line 3: light.attic = on",
        "#   filter: excluded by entities",
        "# line 4: light.hall = on",
        "#   rule 2: sinks",
        "#   main: a rule sends it to other sinks",
        "#   dashboards: nothing includes it",
        "# line 5: sensor.never = 1",
        "#   rule 3: drop",
        "# line 6: tag_scanned",
        "#   main: excluded by event_types",
        "#   dashboards: it makes no point of it",
    ]
    plain = run(events=events).stdout.splitlines()
    assert [line for line in plain if not line.startswith("#")] == [
        f"sensor,entity_id=hall,home=mine value=1 {NANOSECONDS}",
        f"low,domain=sensor,entity_id=hall value=1 {NANOSECONDS}",
    ]


def test_the_registries_are_those_that_the_bridge_has_remembered(home: Home) -> None:
    home.settings(
        """
[filter]
exclude = ["area:Attic"]
[[rules]]
match = {areas = ["Hall"]}
rename = "sensor.corridor"
"""
    )
    events = (changed("sensor.hall", "1"), changed("sensor.attic", "2"))
    without = run(events=events).stdout.splitlines()
    assert without == [
        f"sensor,entity_id=hall value=1 {NANOSECONDS}",
        f"sensor,entity_id=attic value=2 {NANOSECONDS}",
    ]
    registry = Registry()
    file = beside("data/journal.db", registry)
    registry.learn({"sensor.hall": Registered(area="Hall"), "sensor.attic": Registered(area="Attic")})
    file.keep()
    assert run(events=events).stdout == f"sensor,area=Hall,entity_id=corridor value=1 {NANOSECONDS}\n"


def test_a_layout_alone_is_explained_too(home: Home) -> None:
    explained = run("--layout", "homeassistant", "--explain", events=(changed("sensor.hall", "unknown"),))
    assert explained.stdout.splitlines() == [
        "# line 1: sensor.hall = unknown",
        "#   homeassistant: it makes no point of it",
    ]


def test_what_is_only_for_people_does_not_break_a_line(home: Home) -> None:
    event = changed("sensor.hall", "two\nlines")
    comment, *_ = run("--explain", events=(event,)).stdout.splitlines()
    assert comment == "# line 1: sensor.hall = two\\nlines"


def test_an_event_whose_data_are_not_wanted_is_not_shown(home: Home) -> None:
    home.settings(
        '[home_assistant]\nexclude_event_types = ["tag_*"]\n'
        '[[home_assistant.events]]\nevent_type = "call_service"\ninclude = {domain = "light"}\n'
    )
    assert run(events=(json.dumps({"event_type": "tag_scanned", "time_fired": FIRED}),)).stdout == ""
    calls = tuple(
        json.dumps({"event_type": "call_service", "data": {"domain": domain}, "time_fired": FIRED})
        for domain in ("light", "switch")
    )
    [line] = run(events=calls).stdout.splitlines()
    assert line.startswith("events,domain=light,")
    explained = run("--explain", events=calls[1:]).stdout.splitlines()
    assert explained == [
        "# line 1: call_service",
        "#   home_assistant: its type is excluded, or no rule for its events wants its data",
    ]


def test_an_event_that_nobody_asks_for_is_not_shown(home: Home) -> None:
    asked = '[home_assistant]\nurl = "http://ha:8123"\ntoken = "t"\nevent_types = ["call_*"]\n'
    events = tuple(
        json.dumps({"event_type": name, "time_fired": FIRED}) for name in ("call_x", "tag_scanned")
    )
    home.settings(asked)
    shown = run("--explain", events=events).stdout.splitlines()
    assert shown[1] == "#   local: written"
    assert shown[3:] == ["# line 2: tag_scanned", "#   home_assistant.event_types does not ask for it"]
    home.settings(f'{asked}[[mqtt.routes]]\ntopic = "a"\nformat = "eventstream"\n')
    assert len(run(events=events).stdout.splitlines()) == 2


def test_a_value_that_cannot_be_converted_is_explained(home: Home) -> None:
    home.settings('[[rules]]\ntype = "number"\n')
    [_, _, last] = run("--explain", events=(changed("sensor.hall", "on"),)).stdout.splitlines()
    assert last == "#   rule 1: type number: on -> nothing"


def test_a_bad_line_is_reported_and_the_rest_goes_on(home: Home) -> None:
    result = run(events=("nonsense", "", changed("sensor.hall", "2"), '{"event_type": "x"}'))
    assert result.exit_code == 1
    assert result.stdout == f"sensor,entity_id=hall value=2 {NANOSECONDS}\n"
    first, second = result.stderr.splitlines()
    assert first.startswith("line 1: not an event of Home Assistant: ")
    assert second == "line 4: an event without time_fired"


def test_a_state_that_is_not_written_shows_nothing(home: Home) -> None:
    event = changed("sensor.hall", "unknown")
    assert run(events=(event,)).stdout == ""
    assert run("--layout", "homeassistant", events=(event,)).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--layout", "bridge", "--sink", "local"), "exclude each other"),
        (("--layout", "nonsense"), "nonsense"),
        (("--sink", "nonsense"), "there are: local"),
        (("extra",), "extra"),
    ],
)
def test_a_usage_error_has_its_own_exit_code(home: Home, arguments: tuple[str, ...], complaint: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_settings_that_are_wrong_are_reported(home: Home) -> None:
    home.settings("[filter]\nincldue = []\n[web]\nport = 'x'\n")
    result = run(events=(changed("sensor.hall", "2"),))
    assert result.exit_code == 1
    assert "filter.include?" in result.stderr
    assert "web.port" in result.stderr
