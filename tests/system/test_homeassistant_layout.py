"""The homeassistant layout against Home Assistant's own integration, on states that aim at its corners."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.layouts import HomeAssistantLayout, HomeAssistantOptions, ReducedLayout
from ha_bridge.domain.ports import Layout
from ha_bridge.domain.selection import Patterns, Selection
from ha_bridge.shapes import MICROSECONDS
from tests.system.oracle import ha_oracle
from tests.system.servers.homeassistant import Version

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

Json = dict[str, Any]

EXAMPLES = int(os.environ.get("LAYOUT_EXAMPLES", "100"))
"""Configurations for each test, with 30 to 60 states each."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DOMAINS = ("sensor", "light", "binary_sensor")
ENTITIES = tuple(f"{domain}.{name}" for domain in DOMAINS for name in ("attic", "hall_temp", "x"))
GLOBS = ("*", "sensor.*", "*.hall*", "*_temp", "light.?", "[sl]*.attic", "nothing.*")
ATTRIBUTES = (
    *("value", "value_", "value__str", "state", "state_", "state_str", "time", "time_", "time__", "time_str"),
    *(
        "a",
        "a_",
        "a_str",
        "unit_of_measurement",
        "device_class",
        "friendly_name",
        "domain",
        "entity_id",
        "b c",
    ),
)
NUMBERS = ("1", "-1.5", "1e3", " 5 ", "1_000", "nan", "inf", "-Infinity", "1e999", "٣", "+0", ".5", "0x10")
WORDS = (
    *("on", "off", "open", "closed", "home", "not_home", "locked", "unlocked", "above_horizon", "On"),
    *("below_horizon", "unknown", "unavailable", "", "none", "heat", "two\nlines", "\n", "a\r\n\r\nb\u2028c"),
)
TEXTS = (
    "2024-01-02",
    "12 kWh",
    "1.2.3",
    "v1.5",
    "a1",
    "a12b34",
    "12.",
    ".12",
    "1.2\n3",
    "٣٤",
    "9" * 400,
    "x\\",
)

# Python's repr of a list depends on which characters its Unicode knows, so HA's newer Python writes some differently.
characters = st.sampled_from("abcXYZ019 ,=\\\"'\n\r\t\x0b\x1c\x85\u2029#.-_äß°µ²٣Ж中😀\x00\x7f")
texts = st.one_of(
    st.sampled_from(NUMBERS + WORDS + TEXTS),
    st.text("12.- \nab", max_size=8),
    st.text(characters, max_size=8),
)
scalars = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(st.sampled_from(ATTRIBUTES), scalars, max_size=2)
)
states = st.builds(
    lambda entity_id, state, attributes, micros: {
        "event_type": "state_changed",
        "data": {
            "entity_id": entity_id,
            "new_state": {"entity_id": entity_id, "state": state, "attributes": attributes},
        },
        "time_fired": (EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds"),
    },
    st.sampled_from(ENTITIES),
    texts,
    st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=7),
    st.integers(1_600_000_000_000_000, 1_900_000_000_000_000),
)
names = st.lists(st.sampled_from(ATTRIBUTES), max_size=3, unique=True)
words = st.sampled_from(("", "m", "two\nlines", "°C"))
components = st.fixed_dictionaries({}, optional={"override_measurement": words, "ignore_attributes": names})
configs: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "measurement_attr": st.sampled_from(("unit_of_measurement", "entity_id", "domain__device_class")),
        "default_measurement": words,
        "override_measurement": words,
        "tags": st.dictionaries(st.sampled_from(("domain", "home", "a")), words, max_size=2),
        "tags_attributes": names,
        "ignore_attributes": names,
        "precision": st.sampled_from(("ms", "s")),
        "component_config": st.dictionaries(st.sampled_from(ENTITIES), components, max_size=3),
        "component_config_domain": st.dictionaries(st.sampled_from(DOMAINS), components, max_size=3),
        "component_config_glob": st.dictionaries(st.sampled_from(GLOBS), components, max_size=3),
    },
)
patterns = st.fixed_dictionaries(
    {},
    optional={
        "domains": st.lists(st.sampled_from(DOMAINS), max_size=2),
        "entities": st.lists(st.sampled_from(ENTITIES), max_size=2),
        "entity_globs": st.lists(st.sampled_from(GLOBS), max_size=2),
    },
)

thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def our_event(event: Json) -> StateEvent:
    new = event["data"]["new_state"]
    micros = (datetime.fromisoformat(event["time_fired"]) - EPOCH) // timedelta(microseconds=1)
    return StateEvent(micros, new["entity_id"], new["state"], new["attributes"])


def our_layout(config: Json) -> Layout:
    layout = HomeAssistantLayout(msgspec.convert(config, HomeAssistantOptions))
    return ReducedLayout(layout, strings=True, tick=MICROSECONDS[config.get("precision", "us")])


def our_point(layout: Layout, event: Json) -> Json | None:
    points = layout.points(our_event(event))
    if not points:
        return None
    [point] = points
    return {
        "measurement": point.series.measurement,
        "tags": point.series.tags,
        "fields": dict(point.fields),
        "time": (EPOCH + timedelta(microseconds=point.time)).isoformat(timespec="microseconds"),
    }


def our_patterns(written: Mapping[str, Any]) -> Patterns:
    entities = (*written.get("entities", ()), *written.get("entity_globs", ()))
    return Patterns(domains=tuple(written.get("domains", ())), entities=entities)


def as_in_2024(written: Any) -> Any:
    """Leave out what HA 2024.3.3 does otherwise: it keeps line breaks and a field called `time`, and bounds a State itself."""
    match written:
        case str():
            return " ".join(written.splitlines())[:255]
        case list():
            return [as_in_2024(item) for item in written]
        case dict():
            return {key: as_in_2024(value) for key, value in written.items() if key != "time"}
    return written


VERSIONS: tuple[Version, ...] = ("2024.3.3", "newest")


@pytest.mark.parametrize("version", VERSIONS)
@thorough
@given(configs, st.lists(states, min_size=30, max_size=60))
def test_every_state_becomes_the_point_that_home_assistant_would_write(
    version: Version, config: Json, events: list[Json]
) -> None:
    if version == "2024.3.3":
        config, events = as_in_2024(config), as_in_2024(events)
    layout = our_layout(config)
    answers = ha_oracle(config, events, version)
    wrong = [
        (event, ours, theirs)
        for event, theirs in zip(events, answers, strict=True)
        if (ours := our_point(layout, event)) != theirs
    ]
    assert not wrong


@pytest.mark.parametrize("version", VERSIONS)
@thorough
@given(patterns, patterns)
def test_a_selection_takes_the_entities_that_home_assistant_would_take(
    version: Version, include: Json, exclude: Json
) -> None:
    if version == "2024.3.3" and "entities" in exclude:
        # It leaves out an entity that both sides name, where it documents the opposite, as later ones do it.
        named = set(include.get("entities", ()))
        exclude = {**exclude, "entities": [each for each in exclude["entities"] if each not in named]}
    selection = Selection(our_patterns(include), our_patterns(exclude))
    events = [
        {
            "time_fired": EPOCH.isoformat(),
            "data": {"new_state": {"entity_id": entity_id, "state": "1", "attributes": {}}},
        }
        for entity_id in ENTITIES
    ]
    answers = ha_oracle({"include": include, "exclude": exclude}, events, version)
    assert [selection.wants(our_event(event)) for event in events] == [
        answer is not None for answer in answers
    ]
