"""Which of Home Assistant's other events are heard, and as what."""

from typing import Any

import pytest

from ha_bridge.domain.events import BusEvent, StateEvent
from ha_bridge.domain.hass.event_types import EventTypes
from tests.domain.hass.conversation import Conversation
from tests.domain.hass.home import Home, iso


def fired(event_type: str, data: dict[str, Any], seconds: float = 1_710_000_000.25) -> dict[str, Any]:
    context = {"id": "01HQ", "parent_id": None, "user_id": None}
    return {
        "event_type": event_type,
        "data": data,
        "origin": "LOCAL",
        "time_fired": iso(seconds),
        "context": context,
    }


def asked_types(talk: Conversation) -> list[str | None]:
    asked = [request for request in talk.asked_of_events if request["type"] == "subscribe_events"]
    return [request.get("event_type") for request in asked]


def test_each_named_type_is_subscribed_once() -> None:
    talk = Conversation(event_types=("call_service", "automation_triggered", "call_service"))
    talk.let_in()
    assert asked_types(talk) == ["call_service", "automation_triggered"]


def test_a_pattern_needs_all_types_and_no_others_then() -> None:
    talk = Conversation("events", event_types=("mobile_app_*", "call_service"))
    talk.let_in()
    assert asked_types(talk) == [None]


def test_excluded_types_are_not_subscribed() -> None:
    talk = Conversation(event_types=("call_service", "script_started"), exclude_event_types=("script_*",))
    talk.let_in()
    assert asked_types(talk) == ["call_service"]


def test_state_reported_cannot_be_had_and_that_is_said() -> None:
    talk = Conversation(event_types=("state_reported", "call_service"))
    talk.let_in()
    assert asked_types(talk) == ["call_service"]
    (problem,) = talk.problems
    assert "state_reported" in problem


def test_state_changed_among_the_types_is_not_taken_twice() -> None:
    talk = Conversation("events", event_types=("state_changed",))
    talk.let_in()
    assert asked_types(talk) == ["state_changed"]


@pytest.mark.parametrize(
    ("event_type", "wanted"),
    [
        ("call_service", True),
        ("mobile_app_action", True),
        ("mobile_app_secret", False),
        ("Call_Service", False),
        ("call_service_2", False),
        ("state_changed", False),
        ("state_reported", False),
    ],
)
def test_names_match_whole_and_excludes_win(event_type: str, wanted: bool) -> None:
    types = EventTypes(("call_service", "mobile_*", "state_*"), ("*_secret",))
    assert types.wants(event_type) is wanted


def test_no_types_want_nothing() -> None:
    assert not EventTypes((), ()).wants("")


def test_an_event_of_the_bus_comes_with_its_own_time_and_all_its_data() -> None:
    talk = Conversation(event_types=("call_service",))
    talk.open()
    data = {"domain": "light", "service": "turn_on", "service_data": {"entity_id": ["light.a", "light.b"]}}
    events = talk.tell(fired("call_service", data), kind="call_service")
    assert events == [BusEvent(1_710_000_000_250_000, "call_service", data, "01HQ", timed=True)]


def test_an_event_without_context_has_none() -> None:
    talk = Conversation(event_types=("a",))
    talk.open()
    event = {"event_type": "a", "data": {}, "time_fired": iso(1.0)}
    assert talk.tell(event, kind="a") == [BusEvent(1_000_000, "a", {}, "")]


@pytest.mark.parametrize(
    "data", [{"new_state": 7}, {"old_state": "on"}, {"entity_id": [1], "new_state": {"state": None}}]
)
def test_data_may_be_anything_even_where_names_mean_something_elsewhere(data: dict[str, Any]) -> None:
    talk = Conversation(event_types=("custom",))
    talk.open()
    good = fired("custom", {"fine": True})
    events = talk.tell(good, fired("custom", data), good, kind="custom")
    assert [event.data for event in events if isinstance(event, BusEvent)] == [
        {"fine": True},
        data,
        {"fine": True},
    ]
    assert talk.problems == []


def test_types_that_a_pattern_does_not_want_are_dropped() -> None:
    talk = Conversation("events", event_types=("mobile_*",))
    talk.open()
    awkward = {"new_state": 7}
    every = talk.asked_of_events[-1]["id"]
    assert talk.say({"id": every, "type": "event", "event": fired("other", {})}) == []
    assert talk.say({"id": every, "type": "event", "event": fired("other", awkward)}) == []
    assert talk.problems == []


def test_all_types_carry_state_changed_too_on_the_events_road() -> None:
    talk = Conversation("events", event_types=("*",))
    talk.open()
    change = Home().set("light.a", "on", {}, 5.0)
    assert change
    every = talk.asked_of_events[-1]["id"]
    events = talk.say(
        [{"id": every, "type": "event", "event": event} for event in (change.fired, fired("a", {}))]
    )
    assert [type(event) for event in events] == [StateEvent, BusEvent]


def test_on_the_entities_road_state_changed_of_all_types_is_left_alone() -> None:
    talk = Conversation("entities", event_types=("*",))
    talk.open()
    home = Home()
    changes = [home.set("light.a", "on", {}, 5.0), home.remove("light.a", 6.0)]
    broken = fired("state_changed", {"new_state": 7})
    every = talk.asked_of_events[-2]["id"]
    messages = [{"id": every, "type": "event", "event": change.fired} for change in changes if change]
    assert talk.say([*messages, {"id": every, "type": "event", "event": broken}]) == []
    assert talk.problems == []


@pytest.mark.parametrize("time", ["", "yesterday", "2024-03-10T12:00:00", "\0"])
def test_an_event_without_a_time_is_a_problem(time: str) -> None:
    talk = Conversation(event_types=("a",))
    talk.open()
    assert talk.tell({"event_type": "a", "data": {}, "time_fired": time}, kind="a") == []
    assert len(talk.problems) == 1
