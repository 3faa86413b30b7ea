"""An influxdb: block of Home Assistant, imported, does what Home Assistant's own integration makes of the same block."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.commands.import_ha import import_ha
from ha_bridge.domain.ports import Layout
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.selection import Selection
from ha_bridge.settings import SinkSettings
from ha_bridge.shapes import layout_for, selection_for
from tests.settings_home import Home
from tests.system.oracle import ha_oracle
from tests.system.servers.homeassistant import Version
from tests.system.test_homeassistant_layout import (
    DOMAINS,
    ENTITIES,
    EXAMPLES,
    GLOBS,
    VERSIONS,
    as_in_2024,
    our_event,
    our_point,
    states,
    thorough,
)

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

Json = dict[str, Any]

names = st.lists(
    st.sampled_from(["a", "a_", "time", "device_class", "friendly_name", "b c", "domain"]), max_size=3
)
one_or_many = st.one_of(names, st.sampled_from(["a", "friendly_name"]), st.none())
words = st.sampled_from(["m", "°C", 'the "attic"', "a\\b", "x" * 30, "=", "#1"])
components = st.fixed_dictionaries(
    {}, optional={"override_measurement": st.one_of(words, st.just("")), "ignore_attributes": one_or_many}
)
entities = st.lists(
    st.sampled_from(ENTITIES).flatmap(lambda each: st.sampled_from([each, each.upper()])),
    max_size=3,
    unique_by=str.lower,
)
globs = st.lists(st.sampled_from((*GLOBS, "sensor.attic", "light.x", "/light.*/")), max_size=3)
domains = st.sampled_from((*DOMAINS, "Sensor", "sensor, light"))
sides = st.fixed_dictionaries(
    {},
    optional={
        "domains": st.one_of(st.lists(domains, max_size=2), domains, st.none()),
        "entities": st.one_of(entities, entities.map(", ".join).filter(bool)),
        "entity_globs": st.one_of(globs, st.sampled_from(GLOBS)),
    },
)
shapes = {
    "measurement_attr": st.sampled_from(["unit_of_measurement", "domain__device_class", "entity_id"]),
    "default_measurement": words,
    "override_measurement": words,
    "tags": st.dictionaries(
        st.sampled_from(["home", "domain", "a"]),
        st.one_of(words, st.integers(0, 9), st.booleans()),
        max_size=3,
    ),
    "tags_attributes": one_or_many,
    "ignore_attributes": one_or_many,
    "component_config": st.dictionaries(st.sampled_from(ENTITIES), components, max_size=3),
    "component_config_domain": st.dictionaries(st.sampled_from(DOMAINS), components, max_size=3),
    "component_config_glob": st.dictionaries(st.sampled_from(GLOBS), components, max_size=3),
    "include": sides,
    "exclude": sides,
    "max_retries": st.integers(0, 5),
    "precision": st.sampled_from(["ms", "s"]),
    "verify_ssl": st.sampled_from([True, False, "yes", "off"]),
    "host": st.sampled_from(["influx.local", "10.0.0.5"]),
    "port": st.one_of(st.integers(1, 65535), st.just("8087")),
    "path": st.sampled_from(["/", "/influx", "influx"]),
    "ssl": st.booleans(),
}
first = st.fixed_dictionaries(
    {}, optional={**shapes, "api_version": st.sampled_from([1, "1"]), "database": words}
)
second = st.fixed_dictionaries(
    {"api_version": st.sampled_from([2, "2"]), "token": words, "organization": words},
    optional={**shapes, "bucket": words},
)
blocks = st.one_of(
    first, first.flatmap(lambda block: st.just({**block, "username": "me", "password": "it's"})), second
)


def imported(document: str) -> SinkSettings:
    """Load what the command prints with the program's own loader."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        result = CliRunner().invoke(import_ha, [str(home.write("configuration.yaml", document))])
        assert result.exit_code == 0, result.output
        home.settings(result.stdout)
        return home.load().sinks["main"]


def written(layout: Layout, selection: Selection, event: Json) -> Json | None:
    return our_point(layout, event) if selection.wants(our_event(event)) else None


@pytest.mark.parametrize("version", VERSIONS)
@settings(thorough, max_examples=EXAMPLES // 2)
@given(blocks, st.lists(states, min_size=20, max_size=40))
def test_an_imported_block_writes_what_home_assistant_would_write(
    version: Version, block: Json, events: list[Json]
) -> None:
    if version == "2024.3.3":
        events = as_in_2024(events)
        _without_torn(block)
    document = yaml.safe_dump({"homeassistant": {"name": "Home"}, "influxdb": block}, allow_unicode=True)
    sink = imported(document)
    layout, selection = layout_for(sink, Registry()), selection_for(sink)
    answers = ha_oracle(document, events, version)
    wrong = [
        (event, ours, theirs)
        for event, theirs in zip(events, answers, strict=True)
        if (ours := written(layout, selection, event)) != theirs
    ]
    assert not wrong


def _without_torn(block: Json) -> None:
    """Entities on both sides: 2024.3.3 does not do what it documents."""
    for side in ("include", "exclude"):
        block.get(side, {}).pop("entities", None)
