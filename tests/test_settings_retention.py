"""[retention] as people write it, and what is wrong with it."""

import math
from pathlib import Path

import pytest
from msgspec.structs import replace

from ha_bridge.domain.registry import Registry
from ha_bridge.domain.retention import FOREVER, OWN, Labels, Wanted
from ha_bridge.naming import all_labels, labels
from ha_bridge.places import places, wanted, within
from ha_bridge.settings import Settings, rows
from ha_bridge.shapes import layout_for
from tests.making import state
from tests.settings_home import Home

SINKS = """
[sinks.main]
kind = "influxdb"
bucket = "home"
[sinks.old]
kind = "influxdb"
api = "v1"
database = "home"
layout = "homeassistant"
[sinks.here]
kind = "local"
path = "data/points.db"
"""
ALL = """
[retention]
raw = "365d"
sinks = {old = "forever"}
[[retention.keep]]
name = "energy"
include = ["sensor.*_energy"]
raw = "forever"
[[retention.keep]]
name = "debug"
include = ["sensor.debug_*"]
raw = "7d"
downsample = false
sinks = ["main", "here"]
[[retention.downsample]]
every = "1h"
keep = "forever"
sinks = ["main", "old"]
"""


TWICE = """
[[retention.keep]]
name = "1h"
raw = "7d"
include = ["light"]
[[retention.downsample]]
every = "1h"
keep = "7d"
"""


SAME_FILE = """
[sinks.x]
kind = "local"
path = "data/points-a.db"
[[retention.keep]]
name = "a"
raw = "7d"
include = ["light"]
sinks = ["here"]
"""
SUMMARY_FILE = """
[sinks.x]
kind = "local"
path = "data/points-1h.db"
[[retention.downsample]]
every = "1h"
keep = "forever"
sinks = ["here"]
"""
MISFIT = """
[[retention.downsample]]
every = "7h"
keep = "forever"
[[retention.downsample]]
every = "1d"
keep = "forever"
"""
SHORT_LIFE = """
[[retention.keep]]
name = "a"
include = ["sensor.a"]
raw = "2d"
[[retention.downsample]]
every = "1d"
keep = "7d"
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def declared(home: Home) -> Settings:
    home.settings(SINKS + ALL)
    return home.load()


def test_without_it_nothing_is_declared_and_every_sink_is_one_place(home: Home) -> None:
    home.settings(SINKS)
    settings = home.load()
    assert [wanted(name, settings) for name in settings.sinks] == [Wanted()] * 3
    assert {name: place.life for name, place in places(settings).items()} == {"main": 0, "old": 0, "here": 0}


def test_a_selection_has_a_place_of_its_own_in_each_of_its_sinks(declared: Settings) -> None:
    found = places(declared)
    assert {name: place.life for name, place in found.items()} == {
        "main": 365 * 86400,
        "main.energy": math.inf,
        "main.debug": 7 * 86400,
        "old": math.inf,
        "old.energy": math.inf,
        "here": 365 * 86400,
        "here.energy": math.inf,
        "here.debug": 7 * 86400,
    }
    assert found["main.debug"].owner == "main"
    takers = [name for name, place in found.items() if place.selection.wants(state("sensor.debug_energy"))]
    assert takers == ["main.energy", "old.energy", "here.energy"]
    takers = [name for name, place in found.items() if place.selection.wants(state("sensor.debug_x"))]
    assert takers == ["main.debug", "old", "here.debug"]


def test_places_are_named_as_every_server_knows_them(declared: Settings) -> None:
    main, old, here = (within(sink, "energy") for sink in declared.sinks.values())
    assert (getattr(main, "bucket", ""), getattr(main, "retention_policy", "")) == ("home/energy", "energy")
    assert (getattr(old, "bucket", ""), getattr(old, "database", "")) == ("", "home")
    assert getattr(old, "retention_policy", "") == "energy"
    assert getattr(here, "path", "") == "data/points-energy.db"


def test_what_is_wanted_of_a_server(declared: Settings) -> None:
    main = wanted("main", declared)
    assert main.lives == {OWN: 365 * 86400, "energy": FOREVER, "debug": 7 * 86400, "1h": FOREVER}
    assert [(each.source, each.target, each.every) for each in main.samplings] == [
        (OWN, "1h", 3600),
        ("energy", "1h", 3600),
    ]
    assert all(each.name.startswith("ha_bridge.main.1h.") for each in main.samplings)
    assert len({each.name for each in main.samplings}) == 2
    assert wanted("here", declared).samplings == ()


def test_another_summary_has_another_name(home: Home, declared: Settings) -> None:
    home.settings(SINKS + ALL + 'fields = ["value", "brightness"]\n')
    before, after = (set(wanted("main", settings).samplings) for settings in (declared, home.load()))
    assert not {each.name for each in before} & {each.name for each in after}


@pytest.mark.parametrize("entity_id", ["sensor.kitchen", "events.kitchen"])
def test_labels_are_those_of_the_points(declared: Settings, entity_id: str) -> None:
    event = state(entity_id, "21.5", attributes={"unit_of_measurement": "°C", "device_class": "temperature"})
    for name in ("main", "old"):
        sink = declared.sinks[name]
        [point] = layout_for(sink, Registry()).points(event)
        found = labels(sink, entity_id)
        assert found.measurement in {"", point.series.measurement}
        assert found.tags.items() <= point.series.tags.items()
    mine = replace(declared.sinks["main"], tags={"site": "home"})
    assert labels(mine, "sensor.a") == Labels("sensor", {"entity_id": "a", "site": "home"})
    assert labels(declared.sinks["old"], "sensor.a") == Labels("", {"domain": "sensor", "entity_id": "a"})


def test_lives_are_shown_as_they_are_written(home: Home, declared: Settings) -> None:
    shown = {row.key: row.value for row in rows(declared)}
    assert shown["retention.raw"] == "365d"
    assert shown["retention.keep[0].raw"] == "forever"
    home.settings("")
    assert {row.key: row.value for row in rows(home.load())}["retention.raw"] == ""


@pytest.mark.parametrize(
    ("written", "key", "said"),
    [
        ('[retention]\nraw = "long"', "retention.raw", '"7d" or "forever"'),
        ('[retention]\nraw = "5m"', "retention.raw", "an hour at least"),
        ('[retention]\nraw = "2h1ms"', "retention.raw", "whole seconds"),
        ('[retention]\nsinks = {mian = "7d"}', "retention.sinks.mian", "did you mean main?"),
        (
            '[[retention.keep]]\nname = "a"\nraw = "7d"\ninclude = []',
            "retention.keep[0].include",
            "name what has this life",
        ),
        (
            '[[retention.keep]]\nname = "a"\nraw = "7d"\ninclude = {times = ["08:00-20:00"]}',
            "retention.keep[0].include",
            "name what has this life",
        ),
        (
            '[[retention.keep]]\nname = "a"\nraw = ""\ninclude = ["light"]',
            "retention.keep[0].raw",
            "say how long",
        ),
        ('[[retention.keep]]\nname = "a"\ninclude = ["light"]', "retention.keep[0].raw", "missing"),
        (
            '[[retention.keep]]\nname = "a/b"\nraw = "7d"\ninclude = ["light"]',
            "retention.keep[0].name",
            "letters, digits",
        ),
        (
            '[[retention.keep]]\nname = "a"\nraw = "7d"\ninclude = ["light"]\nsinks = ["x"]',
            "retention.keep[0].sinks",
            "there is no sink 'x'",
        ),
        (
            TWICE,
            "retention.downsample[0].name",
            "taken",
        ),
        (
            '[[retention.downsample]]\nname = "x"\nevery = "100ms"\nkeep = "7d"',
            "retention.downsample[0].every",
            "whole seconds",
        ),
        (
            '[[retention.downsample]]\nevery = "1h"\nkeep = "7d"\nfields = []',
            "retention.downsample[0].fields",
            "name the fields",
        ),
        (
            '[retention]\nraw = "3h"\n[[retention.downsample]]\nevery = "1h"\nkeep = "7d"\nsinks = ["here"]',
            "retention.downsample[0].every",
            "retention.raw of sinks.here (3h) has to be 4 such windows long",
        ),
        (MISFIT, "retention.downsample[0].every", "do not fit into those of 1d, as sinks.here needs"),
        ('[retention]\nraw = "200000d"', "retention.raw", 'write "forever"'),
        ('[retention]\nraw = "0s"', "retention.raw", "write how long data live"),
        (
            SHORT_LIFE,
            "retention.downsample[0].every",
            "raw of a (2d) has to be",
        ),
        (
            '[[retention.downsample]]\nevery = "1d"\nkeep = "2d"',
            "retention.downsample[0].every",
            "keep (2d) has to be",
        ),
        (
            SUMMARY_FILE,
            "retention.downsample[0].name",
            "sinks.x has the file",
        ),
        (
            SAME_FILE,
            "retention.keep[0].name",
            "sinks.x has the file",
        ),
        (
            '[sinks.x]\nkind = "influxdb"\nbucket = "b"\nretention_policy = "year"',
            "sinks.x.retention_policy",
            "belongs to a database",
        ),
        (
            '[retention]\nraw = "7d"\nsinks = {twin = "forever"}\n[sinks.twin]\nkind = "influxdb"\nbucket = "home"',
            "retention.sinks.twin",
            "sinks.main has the same place",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(home: Home, written: str, key: str, said: str) -> None:
    home.settings(SINKS + written)
    problems = home.problems()
    assert list(problems) == [key]
    assert said in str(problems[key])


RULES = """
[sinks.main]
kind = "influxdb"
url = "http://x"
bucket = "home"
tags = {site = "home"}
[sinks.old]
kind = "influxdb"
url = "http://x"
bucket = "old"
layout = "homeassistant"
[[rules]]
match = {entities = ['/sensor\\.a_(.*)/']}
rename = 'sensor.b_\\1'
[[rules]]
match = {entities = ["sensor.odd"]}
measurement = "odd"
set_tags = {site = "away"}
sinks = ["main"]
[[rules]]
match = {entities = ["sensor.anonymous"]}
drop_tags = ["entity_id"]
[[rules]]
match = {entities = ["sensor.homeless"]}
drop_tags = ["site"]
[[rules]]
match = {entities = ["sensor.gone"]}
drop = true
"""


def test_an_entity_is_looked_for_as_it_is_called_and_as_the_rules_name_it(home: Home) -> None:
    home.settings(RULES)
    settings = home.load()
    site = {"site": "home"}
    assert all_labels("main", settings, "sensor.a_x") == [
        Labels("sensor", {"entity_id": "a_x", **site}),
        Labels("sensor", {"entity_id": "b_x", **site}),
    ]
    assert all_labels("old", settings, "sensor.a_x") == [
        Labels("", {"domain": "sensor", "entity_id": "a_x"}),
        Labels("", {"domain": "sensor", "entity_id": "b_x"}),
    ]
    assert all_labels("main", settings, "sensor.odd") == [
        Labels("sensor", {"entity_id": "odd", **site}),
        Labels("odd", {"entity_id": "odd", "site": "away"}),
    ]
    for entity in ("sensor.odd", "sensor.gone", "sensor.plain"):
        assert len(all_labels("old", settings, entity)) == 1
    # What lacks one of these tags is like others that lack it.
    for object_id in ("anonymous", "homeless"):
        assert all_labels("main", settings, f"sensor.{object_id}") == [
            Labels("sensor", {"entity_id": object_id, **site})
        ]
