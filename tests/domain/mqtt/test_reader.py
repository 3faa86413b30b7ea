from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.payloads import LONGEST
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.domain.mqtt.messages import STAMP, message

ROUTES = [
    Route("ha/#", "statestream", exclude=("ha/secret/#",)),
    Route("events", "eventstream"),
    Route("v/{device}", "value"),
    Route("ve/{device#}", "value", entity="sensor.{device}"),
    Route("j/{device}", "json", time="at"),
    Route("je/{device}", "json", entity="sensor.{device}", value="a", time="at"),
]

topics = st.sampled_from(
    [
        "ha",
        "ha/a/b",
        "ha/a/b/state",
        "ha/a/b/last_updated",
        "ha/a/b/last_changed",
        "ha/a/b/c",
        "ha/a/d/state",
        "ha/secret/a/state",
        "events",
        "v/x",
        "ve",
        "ve/x/y",
        "j/x",
        "je/x",
        "none",
        "$SYS/x",
    ]
)
json_texts = st.recursive(
    st.sampled_from(["null", "true", "1", "NaN", '"x"', f'"{STAMP}"', "1700000000", "1e400"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(
            st.tuples(st.sampled_from(["a", "at", "event_type", "event_data", "state_changed"]), inner),
            max_size=3,
        ).map(lambda members: "{" + ",".join(f'"{key}":{value}' for key, value in members) + "}")
    ),
    max_leaves=8,
)
payloads = (
    st.binary(max_size=12)
    | json_texts.map(str.encode)
    | st.sampled_from([b"", b"on", b"5", STAMP.encode(), b"[" * 5000, b"\xff", b'"', b"x" * (LONGEST + 1)])
)
messages = st.builds(
    message, topics, payloads, retain=st.booleans(), dup=st.booleans(), qos=st.integers(0, 2)
)


@settings(max_examples=300)
@given(st.lists(st.tuples(messages, st.floats(0, 1)), max_size=40))
def test_every_token_comes_back_once_whatever_was_published(arrivals: list[tuple[Any, float]]) -> None:
    reader = MqttReader(ROUTES)
    now = 0.0
    observed: list[Observed] = []
    for token, (arrived, pause) in enumerate(arrivals):
        observed += reader.read(arrived, token, now)
        now += pause
        observed += reader.due(now)
    observed += reader.due(float("inf"))
    assert sorted(token for each in observed for token in each.tokens) == list(range(len(arrivals)))
    assert all(each.event is None for each in observed if each.problem)
    assert reader.next_due() is None


def test_an_absurdly_long_payload_is_a_problem_unless_nobody_asked_for_it() -> None:
    reader = MqttReader(ROUTES)
    (observed,) = reader.read(message("v/x", b"1" * (LONGEST + 1)), 1, 0.0)
    assert observed.problem.startswith("'v/x': 1048577 bytes: b'1111")
    assert reader.read(message("none", b"1" * (LONGEST + 1)), 2, 0.0) == [Observed((2,), None)]


def test_an_excluded_topic_is_nothing() -> None:
    assert MqttReader(ROUTES).read(message("ha/secret/a/state", "1"), 1, 0.0) == [Observed((1,), None)]


def test_the_reader_knows_what_to_subscribe_to() -> None:
    assert MqttReader(ROUTES).subscriptions == {
        "ha/#": 1,
        "events": 1,
        "v/+": 1,
        "ve/#": 1,
        "j/+": 1,
        "je/+": 1,
    }


def test_two_topics_of_one_eventstream_share_what_is_known() -> None:
    reader = MqttReader([Route("+/events", "eventstream")])
    for topic in ("a/events", "b/events"):
        (observed,) = reader.read(message(topic, '{"event_type": "x"}'), 1, 0.0)
        assert observed.event is not None


def test_what_cannot_be_read_is_noted_once_for_each_topic() -> None:
    reader = MqttReader([Route("j/{device}", "json")])
    for _ in range(2):
        reader.read(message("j/x", "{bad"), 1, 0.0)
    (note,) = reader.notes()
    assert note.startswith("'j/x': no JSON (")
    reader.read(message("j/x", "{bad"), 1, 0.0)
    assert reader.notes() == []
