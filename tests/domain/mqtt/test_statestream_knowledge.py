"""What is known of a statestream's entities, and which messages are none of theirs."""

from typing import Any

import msgspec
import pytest

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.assembly import MOST_ATTRIBUTES
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.mqtt.statestream import Statestream
from tests.domain.mqtt.messages import RECEIVED, STAMP, STAMP_MICROS, message
from tests.domain.mqtt.stream import QUIET, Stream, events

LATER = "2024-03-04T05:06:08+00:00"
LATER_MICROS = 1_709_528_768_000_000


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_attributes_are_one_object_until_one_of_them_changes(stream: Stream) -> None:
    stream.learn(unit='"C"')
    (first,) = events(stream.change("3", unit='"C"'))
    (second,) = events(stream.change("4", unit='"C"'))
    (third,) = events(stream.change("5", unit='"F"'))
    assert first.attributes is second.attributes
    assert second.attributes == {"unit": "C"}
    assert third.attributes == {"unit": "F"}


def test_attributes_of_earlier_changes_stay_known(stream: Stream) -> None:
    stream.change("1", unit='"C"')
    stream.wait()
    stream.change("2", icon='"x"')
    assert events(stream.wait())[0].attributes == {"unit": "C", "icon": "x"}


def test_what_the_broker_had_kept_is_known_and_no_news(stream: Stream) -> None:
    assert stream.send("unit", '"C"', retain=True) == [Observed((1,), None)]
    kept = StateEvent(RECEIVED + 2, "sensor.a", "1", {"unit": "C"}, timed=False, retained=True)
    assert stream.send("state", "1", retain=True) == [Observed((2,), kept)]
    stream.send("state", "2")
    assert events(stream.wait()) == [
        StateEvent(RECEIVED + 3, "sensor.a", "2", {"unit": "C"}, "1", timed=False)
    ]


def test_a_cleared_attribute_is_known_no_more(stream: Stream) -> None:
    stream.learn(unit='"C"', icon='"x"')
    stream.send("icon", "")
    stream.send("never_known", "")
    stream.change("3", unit='"C"')
    assert events(stream.wait())[0].attributes == {"unit": "C"}


def test_a_cleared_entity_is_known_no_more(stream: Stream) -> None:
    stream.learn(unit='"C"')
    assert stream.send("state", "") == [Observed((9,), None)]
    stream.send("state", "3")
    assert events(stream.wait()) == [StateEvent(RECEIVED + 10, "sensor.a", "3", timed=False)]


def test_a_piece_of_a_change_that_was_told_is_nothing(stream: Stream) -> None:
    assert stream.send("last_updated", STAMP) == [Observed((1,), None)]
    stream.learn()
    assert stream.send("last_updated", LATER) == [Observed((8,), None)]


def test_attributes_called_like_the_rest_are_told_by_their_quotes(stream: Stream) -> None:
    stream.send("state", "on")
    stream.send("last_updated", STAMP)
    for key in ("last_updated", "last_changed", "state"):
        stream.send(key, f'"{key} of a device"')
    stream.send("last_updated", "")
    (event,) = events(stream.wait())
    assert (event.state, event.time) == ("on", STAMP_MICROS)
    names = ("last_changed", "state")
    assert event.attributes == {name: f"{name} of a device" for name in names}


@pytest.mark.parametrize("value", ['"noon"', "1700000000", "null"])
def test_an_attribute_called_like_a_time_is_no_time_of_the_next_change(stream: Stream, value: str) -> None:
    moments = {"last_updated": [STAMP, LATER], "last_changed": [STAMP, LATER]}
    stream.send("state", "1")
    stream.send("state", "2")
    for key, both in moments.items():
        stream.send(key, both[0])
        stream.send(key, value)
        stream.send(key, both[1])
        stream.send(key, value)
    found = events(stream.wait())
    assert [(each.state, each.time, each.timed) for each in found] == [
        ("1", STAMP_MICROS, True),
        ("2", LATER_MICROS, True),
    ]
    assert found[-1].attributes == dict.fromkeys(moments, msgspec.json.decode(value))


def test_attribute_names_may_have_slashes(stream: Stream) -> None:
    stream.send("state", "on")
    stream.send("battery 1/2", "5")
    assert events(stream.wait())[0].attributes == {"battery 1/2": 5}


@pytest.mark.parametrize(
    "topic", ["ha/status", "ha", "ha/sensor/a", "ha/sensor/a/", "ha//a/state", "ha/sensor//state"]
)
def test_other_topics_below_the_base_are_nothing(stream: Stream, topic: str) -> None:
    assert stream.reader.read(message(topic, "x"), 5, 0.0) == [Observed((5,), None)]


@pytest.mark.parametrize("key", ["config", "node/config"])
def test_discovery_below_the_base_is_no_attribute(stream: Stream, key: str) -> None:
    stream.send("state", "on")
    assert stream.send(key, '{"stat_t": "x"}') == [Observed((2,), None)]
    assert events(stream.wait())[0].attributes is None


@pytest.mark.parametrize(
    ("key", "payload", "why"),
    [
        ("state", b"\xff", "not UTF-8"),
        ("last_updated", b"noon", "no JSON"),
        ("last_updated", b"2024-03-04T05:06:07", "without a time zone"),
        ("unit", b"C", "no JSON"),
    ],
)
def test_an_unreadable_piece_is_a_problem_of_its_own(
    stream: Stream, key: str, payload: bytes, why: str
) -> None:
    stream.send("state", "1")
    (observed,) = stream.send(key, payload)
    assert observed.tokens == (2,)
    assert why in observed.problem
    assert [each.tokens for each in stream.wait()] == [(1,)]


def test_an_entity_has_no_endless_number_of_attributes(stream: Stream) -> None:
    problems = [each.problem for n in range(MOST_ATTRIBUTES + 1) for each in stream.send(f"a{n}", "1")]
    assert ["more than 250 attributes" in problem for problem in problems] == [False] * MOST_ATTRIBUTES + [
        True
    ]


def test_bases_may_have_wildcards_and_keep_their_entities_apart() -> None:
    reader = MqttReader([Route("{home}/ha/#", "statestream")])
    for token, topic in enumerate(
        ("here/ha/light/x/unit", "there/ha/light/x/state", "here/ha/light/x/state")
    ):
        reader.read(message(topic, "5"), token, 0.0)
    told: list[tuple[Any, ...]] = [(each.entity_id, each.attributes) for each in events(reader.due(9.0))]
    assert told == [("light.x", None), ("light.x", {"unit": 5})]


def test_what_is_known_of_old_entities_is_forgotten_but_no_message_of_theirs() -> None:
    statestream = Statestream(QUIET, memory=1)
    lanes = [statestream.lane(f"ha/sensor/{n}/state", ["ha"]) for n in range(5)]
    for first, state in ((0, "on"), (100, "off")):
        for n, lane in enumerate(lanes):
            lane(message("", state), first + n, 0.0)
    observed = statestream.due(1.0)
    assert [event.previous for event in events(observed)] == [None, "on"] * 5
    assert sorted(token for each in observed for token in each.tokens) == [*range(5), *range(100, 105)]
    lanes[0](message("", "on"), 7, 2.0)
    assert [event.previous for event in events(statestream.due(9.0))] == [None]
