"""Whatever comes in: a problem at worst, and the conversation goes on."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.failures import Lost, Refused
from tests.domain.hass.conversation import TOKEN, Conversation
from tests.domain.hass.home import Home

DEEP = 100_000
LAMP = {"s": "on", "a": {}, "c": "x", "lc": 100.0}


def event(content: object, number: int = 13) -> bytes:
    return json.dumps({"id": number, "type": "event", "event": content}).encode()


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0",
        b"null",
        b"7",
        b'"text"',
        b"{",
        b"{}",
        b"[",
        b"[1]",
        b"[[]]",
        b"\xff\xfe",
        b'{"type":"event","id":13,"event":{"c":{"light.\xff":{"+":{"s":"on","lc":1}}}}}',
        b'{"type":"event","id":13,"event":{"r":["\\ud800"]}}',
        b'{"type":"event","id":13,"event":{"a":{"light.a":{"s":"on","lc":1,"a":{"n":NaN}}}}}',
        b'{"type":"event","id":13,"event":{"a":{"light.a":{"s":"on","lc":1e400}}}}',
        b'{"type":"event","id":13,"event":{"a":{"light.a":{"s":"on","lc":-1}}}}',
        b'{"type":"event","id":13,"event":{"a":{"light.a":{"s":"on","lc":1e300}}}}',
        b'{"type":"event","id":13,"event":{"a":[]}}',
        b'{"type":"event","id":13,"event":{}}',
        b'{"type":"event","id":13,"event":null}',
        b'{"type":"event","id":13,"event":7}',
        b'{"type":"event","id":"3","event":{"r":[]}}',
        b'{"type":"event","id":13,"event":{"r":{}}}',
        b'{"type":"event","id":13,"event":{"event_type":7}}',
        b'{"type":"result","id":null,"success":false,"error":{"code":"invalid_format"}}',
        b'{"type":"result","id":77,"success":true}',
        b'{"type":"result","id":13,"success":true}',
        b'{"type":"pong","id":77}',
        b'{"type":"surprise","id":13}',
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"type":"event","id":13,"event":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    ],
    ids=lambda frame: frame[:60].decode("ascii", "replace"),
)
def test_what_cannot_be_read_is_one_problem_and_the_next_event_is_heard(frame: bytes) -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    assert talk.raw(frame) == []
    assert len(talk.problems) == 1
    assert len(talk.raw(event({"c": {"light.lamp": {"+": {"s": "off", "lc": 101.0}}}}))) == 1


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"entity_id": "light.a", "new_state": 7}},
        {"data": {"entity_id": "light.a"}},
        {"data": {"entity_id": ["light.a"], "new_state": None}},
        {"data": {"entity_id": "light.a", "new_state": {"entity_id": "light.a", "state": "on"}}},
        {"data": 7},
        {"data": None},
        {},
        {"time_fired": None},
        {"context": 7},
    ],
)
def test_a_state_changed_that_cannot_be_read_is_one_problem(content: dict[str, Any]) -> None:
    talk = Conversation("events")
    talk.open()
    change = Home().set("light.b", "on", {}, 5.0)
    assert change
    bad = {"event_type": "state_changed", "time_fired": "2024-03-10T12:00:00+00:00"} | content
    assert len(talk.tell(change.fired, bad, change.fired)) == 2
    assert len(talk.problems) == 1


def test_a_state_changed_whose_time_is_none_is_one_problem() -> None:
    talk = Conversation("events")
    talk.open()
    change = Home().set("light.b", "on", {}, 5.0)
    assert change
    change.fired["data"]["new_state"]["last_updated"] = "yesterday"
    assert talk.tell(change.fired) == []
    assert len(talk.problems) == 1


def test_a_megabyte_of_attributes_is_heard() -> None:
    talk = Conversation()
    (first,) = talk.open({"light.lamp": LAMP | {"a": {"text": "ü" * 5_000_000, "null": "\0"}}})
    assert talk.problems == []
    assert first.attributes["null"] == "\0"  # type: ignore[attr-defined]


def test_an_excerpt_is_short_and_says_why() -> None:
    talk = Conversation()
    talk.open()
    talk.raw(event({"c": {"light.lamp": {"+": {"s": ["x" * 5_000_000]}}}}))
    (problem,) = talk.problems
    assert "Expected `str | null`, got `array`" in problem
    assert "light.lamp" in problem
    assert len(problem) < 500


@pytest.mark.parametrize("before", [0, 150, 190, 199])
def test_neither_the_token_nor_a_part_of_it_is_in_an_excerpt(before: int) -> None:
    talk = Conversation()
    talk.open()
    talk.raw(b"x" * before + TOKEN.encode() + b"y" * 500)
    (problem,) = talk.problems
    assert TOKEN[:8] not in problem


def test_without_a_token_there_is_nothing_to_mask() -> None:
    talk = Conversation()
    talk.protocol = type(talk.protocol)(type(talk.options)(""), talk.protocol._feed._states, talk.registry)
    talk.raw(b"nonsense")
    (problem,) = talk.problems
    assert "nonsense" in problem


def test_of_thousands_of_problems_the_first_are_told_and_the_rest_counted() -> None:
    talk = Conversation()
    talk.open()
    talk.raw(json.dumps([7] * 1000).encode())
    problems = talk.problems
    assert problems[-1] == "and 980 more"
    assert len(problems) == 21


def test_a_frame_of_more_messages_than_home_assistant_queues_is_not_gone_through() -> None:
    talk = Conversation()
    talk.open()
    talk.raw(json.dumps([7] * 10_001).encode())
    (problem,) = talk.problems
    assert "10001 messages" in problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "c", "r", "+", "-", "s", "lc", "lu", "event", "data", "light.a"]), inner
        )
    ),
    max_leaves=6,
)
messages = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(0, 6) | json_values,
        "type": st.sampled_from(["event", "result", "pong", "auth_ok", "auth_required", "auth_invalid"])
        | json_values,
        "event": json_values,
        "success": st.booleans() | json_values,
        "result": json_values,
        "error": json_values,
    },
)


def survives(talk: Conversation, frames: list[bytes]) -> None:
    try:
        talk.raw(*frames)
        for seconds in (1, 31, 11):
            talk.wait(seconds)
    except (Lost, Refused):
        pass


@given(
    opened=st.booleans(),
    subscription=st.sampled_from(["entities", "events"]),
    frames=st.lists(
        st.binary(max_size=50)
        | (messages | st.lists(messages, max_size=3)).map(lambda m: json.dumps(m).encode()),
        max_size=4,
    ),
)
@settings(max_examples=300, deadline=None)
def test_no_frame_raises_anything_but_lost_and_refused(
    opened: bool, subscription: Any, frames: list[bytes]
) -> None:
    talk = Conversation(subscription, event_types=("*",))
    if opened:
        talk.open({"light.a": LAMP})
    survives(talk, frames)


def test_a_new_kind_of_message_is_no_reason_to_ask_for_all_states_again() -> None:
    talk = Conversation()
    talk.open()
    talk.say({"type": "surprise", "id": 13})
    assert len(talk.requests("subscribe_entities")) == 1


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_damaged_frames_of_a_real_conversation_raise_nothing_else_either(data: st.DataObject) -> None:
    home = Home()
    changes = [
        home.set("light.a", "on", {"b": 1}, 5.0),
        home.set("light.a", "off", {"c": 1}, 6.0),
        home.remove("light.a", 7.0),
    ]
    subscription: Any = data.draw(st.sampled_from(["entities", "events"]))
    talk = Conversation(subscription, event_types=("*",))
    talk.open()
    contents = [
        change.by_entity if subscription == "entities" else change.fired for change in changes if change
    ]
    frame = bytearray(json.dumps([json.loads(event(content)) for content in contents]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    survives(talk, [bytes(frame)])
