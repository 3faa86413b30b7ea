"""What discovery messages may look like."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.discovery.abbreviations import DEVICE_KEYS, KEYS
from tests.domain.mqtt.discovery.announcing import SENSOR, Home


def test_keys_may_be_short_and_topics_may_have_a_base() -> None:
    home = Home()
    short = {"~": "dev/1", "stat_t": "~/state", "val_tpl": "{{ value_json.v }}", "uniq_id": "u", "name": "A"}
    home.announce(
        "sensor/x", short, avty=[{"t": "here/~", "pl_avail": "yes"}, {"t": "~/there"}], avty_mode="any"
    )
    assert home.listens_to() == {"dev/1/state", "here/dev/1", "dev/1/there"}
    assert home.states("dev/1/state", '{"v": 5}') == [("sensor.a", "5")]


def test_a_base_that_has_a_base_is_taken_as_it_is() -> None:
    home = Home()
    home.announce("sensor/x", {"~": "~/a~", "stat_t": "~/s", "name": "~", "uniq_id": "u"})
    assert home.listens_to() == {"~/a~/s"}


def test_a_bundle_is_a_device_with_its_components() -> None:
    home = Home()
    bundle = {
        "dev": {"ids": "d", "name": "Hub", "sa": "Cellar"},
        "o": {"name": "x"},
        "stat_t": "hub/state",
        "avty": {"t": "hub/there"},
        "cmps": {
            "a": {"p": "sensor", "dev_cla": "temperature", "uniq_id": "1", "val_tpl": "{{ value_json.t }}"},
            "b": {"p": "binary_sensor", "name": "Own", "stat_t": "hub/own", "uniq_id": "2"},
        },
    }
    home.announce("device/hub", bundle)
    assert home.states("hub/state", '{"t": 4}') == [("sensor.cellar_hub_temperature", "4")]
    assert home.states("hub/own", "ON") == [("binary_sensor.cellar_hub_own", "on")]
    assert home.listens_to() == {"hub/state", "hub/own", "hub/there"}
    home.announce("device/hub", {**bundle, "cmps": {"a": {"p": "sensor"}}})
    assert home.listens_to() == {"hub/own", "hub/there"}
    home.announce("device/hub")
    assert home.listens_to() == set()


def test_a_bundle_may_have_child_devices_and_a_node() -> None:
    home = Home()
    child = {
        "ids": ["c"],
        "name": "Outlet",
        "cmps": {"p": {"p": "sensor", "name": "Power", "uniq_id": "1", "stat_t": "o/p"}},
    }
    home.announce(
        "device/node/strip", {"dev": {"ids": ["s"], "name": "Strip", "sa": "Attic"}, "cdevs": [child]}
    )
    assert home.states("o/p", "5") == [("sensor.attic_strip_outlet_power", "5")]
    assert home.registry.of("sensor.attic_strip_outlet_power").device == "Outlet"


@pytest.mark.parametrize(
    ("place", "payload", "why"),
    [
        ("sensor/x", "{", "no discovery message"),
        ("sensor/x", "[]", "no discovery message"),
        ("sensor/x", b"\xff", "no discovery message"),
        ("sensor/x", "[" * 100_000, "no discovery message"),
        ("sensor/x", '{"dev": 5}', "its device is no JSON object"),
        ("sensor/x", '{"~": 5}', "its base topic is no text"),
        ("device/x", '{"cmps": {}}', "a bundle without its device"),
        ("device/x", '{"dev": {}, "cdevs": [5]}', "a child device is no JSON object"),
        ("device/x", '{"dev": {}, "cmps": [5]}', "its components are no JSON objects"),
        ("device/x", '{"dev": {}, "cmps": {"a": 5}}', "its components are no JSON objects"),
        ("device/x", '{"dev": {}, "cmps": {"a": {}}}', "the component 'a' has no platform"),
        ("sensor/x y", "{}", "the ids in it may have letters"),
        ("-/x", "{}", "the ids in it may have letters"),
        (
            "sensor/x",
            '{"state_topic": "a/#"}',
            "its state_topic is no topic, or one for everything below: 'a/#'",
        ),
        ("sensor/x", '{"state_topic": "$share/a/b"}', "its state_topic is no topic"),
        ("sensor/x", '{"state_topic": "a/{b}"}', "its state_topic is no topic, or one for everything below"),
        (
            "sensor/x",
            '{"state_topic": 5, "~": "base"}',
            "its state_topic is no topic, or one for everything below",
        ),
        ("sensor/x", '{"state_topic": [5]}', "its state_topic is no topic, or one for everything below"),
        ("sensor/x", '{"name": "x"}', "it has no state_topic"),
        ("sensor/x", '{"stat_t": "t", "val_tpl": "{{ now() }}"}', "no plain one: '{{ now() }}'"),
        ("sensor/x", '{"stat_t": "t", "avty": [5]}', "its availability is no list of topics"),
        (
            "sensor/x",
            '{"stat_t": "t", "avty": [{"t": "a", "val_tpl": "{{ x }}"}]}',
            "no plain one: '{{ x }}'",
        ),
        ("sensor/x", '{"stat_t": "t", "exp_aft": "x"}', "its expire_after is no number"),
        ("sensor/x", '{"stat_t": "t", "exp_aft": -1}', "its expire_after is no time"),
        ("number/x", '{"stat_t": "t", "min": []}', "its min is no number"),
        ("climate/x", '{"name": "x"}', "it has no mode_state_topic"),
        ("climate/x", '{"mode_stat_t": "t", "min_temp": []}', "its min_temp is no number"),
        ("nonsense/x", '{"name": "x"}', "the states of a nonsense are not read"),
        ("light/x", '{"schema": "template", "state_topic": "t"}', "it has no state_template"),
    ],
)
def test_what_cannot_be_carried_is_said_once_with_the_reason(
    place: str, payload: str | bytes, why: str
) -> None:
    home = Home()
    for _ in range(2):
        home.announce(place, payload)
    assert home.listens_to() == set()
    notes = home.reader.notes()
    assert len(notes) == 1
    assert why in notes[0]
    assert place.rpartition("/")[2] in notes[0]
    assert home.returned == [1, 2]


def test_an_entity_that_is_not_carried_is_counted_until_it_is_removed() -> None:
    home = Home()
    for _ in range(2):
        home.announce("climate/x", {"name": "x"})
    assert home.reader.left_out == 1
    assert len(home.reader.notes()) == 1
    home.announce("climate/x")
    assert home.reader.left_out == 0


def test_an_entity_that_can_no_longer_be_carried_is_gone() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR)
    home.announce("sensor/x", SENSOR, value_template="{{ now() }}")
    assert home.states("t", "5") == []
    home.announce("sensor/x", SENSOR)
    assert home.states("t", "5") == [("sensor.power", "5")]
    assert home.reader.left_out == 0


@pytest.mark.parametrize("place", ["device_automation/x/y", "button/x", "scene/x", "tag/x"])
def test_what_has_no_state_is_nothing_to_speak_of(place: str) -> None:
    home = Home()
    home.announce(place, {"topic": "t", "command_topic": "c"})
    assert home.reader.notes() == []
    assert home.listens_to() == set()


words = st.sampled_from(
    [*KEYS, *KEYS.values(), *DEVICE_KEYS, "~", "p", "cmps", "cdevs", "dev", "name", "schema", "topic"]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.integers()
    | st.sampled_from(
        ["", "~", "a/~", "t", "json", "sensor", "{{ value }}", "{{ x }}", "a\0b", "#", "\ud800"]
    )
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=6),
    max_leaves=20,
)
configs = st.dictionaries(words, values, max_size=12)
places = st.sampled_from(
    ["sensor/a", "device/a", "light/n/a", "cover/a", "number/a", "binary_sensor/a", "select/a"]
)


@settings(max_examples=500)
@given(st.lists(st.tuples(places, configs), max_size=5), st.lists(st.text(max_size=9), max_size=3))
def test_whatever_is_announced_nothing_raises_and_every_token_comes_back(
    announced: list[tuple[str, dict[str, Any]]], payloads: list[str]
) -> None:
    home = Home()
    for place, config in announced:
        home.announce(place, json.dumps({"state_topic": "t", **config}))
    for payload in payloads:
        home.hear("t", payload.encode(errors="replace"))
    home.pass_time(1e6)
    assert {*home.returned} == {*range(1, home.tokens + 1)}


def test_a_gigantic_bundle_is_carried_as_far_as_there_is_room() -> None:
    home = Home()
    home.reader._discovery._most = 3  # type: ignore[union-attr]
    components = {
        f"c{n}": {"p": "sensor", "stat_t": f"t{n}", "uniq_id": str(n), "name": "x"} for n in range(2000)
    }
    home.announce("device/hub", {"dev": {"ids": ["d"], "name": "Hub"}, "cmps": components})
    assert len(home.listens_to()) == 3
    assert home.reader.left_out == 3
    assert "there are 3 entities already" in home.reader.notes()[0]


def test_what_there_is_to_say_is_bounded() -> None:
    home = Home()
    for number in range(1500):
        home.announce(f"sensor/x{number}", "{")
    assert len(home.reader.notes()) == 1000
