"""How a conversation with Home Assistant begins, is kept alive and ends."""

from typing import Any

import pytest

from ha_bridge.domain.failures import Lost, Refused
from tests.domain.hass.conversation import TOKEN, VERSION, Conversation


def kinds(talk: Conversation) -> list[str]:
    return [request["type"] for request in talk.asked]


def test_the_token_is_sent_when_home_assistant_asks_for_it_and_not_before() -> None:
    talk = Conversation()
    talk.wait(1)
    assert talk.asked == []
    talk.greet()
    assert talk.asked == [{"type": "auth", "access_token": TOKEN}]


def test_once_let_in_it_asks_for_coalescing_the_configuration_and_states() -> None:
    talk = Conversation()
    talk.let_in()
    assert talk.asked_of_events[1:] == [
        {"id": 1, "type": "supported_features", "features": {"coalesce_messages": 1}},
        {"id": 2, "type": "get_config"},
        {"id": talk.number(), "type": "subscribe_entities"},
    ]


def test_the_events_road_subscribes_to_state_changed_instead() -> None:
    talk = Conversation("events")
    talk.let_in()
    asked = {"id": talk.number(), "type": "subscribe_events", "event_type": "state_changed"}
    assert talk.asked[-1] == asked
    assert not talk.requests("subscribe_entities")


def test_ids_always_rise() -> None:
    talk = Conversation(event_types=("call_service", "script_started"))
    talk.open()
    for _ in range(5):
        talk.wait(31)
        talk.say({"id": talk.asked[-1]["id"], "type": "pong"})
    ids = [request["id"] for request in talk.asked[1:]]
    assert ids == list(range(1, len(ids) + 1))


def test_a_second_welcome_does_not_subscribe_twice() -> None:
    talk = Conversation()
    talk.let_in()
    talk.say({"type": "auth_ok", "ha_version": VERSION})
    assert len(talk.requests("subscribe_entities")) == 1


def test_the_version_is_what_home_assistant_says_of_itself() -> None:
    talk = Conversation()
    talk.greet()
    assert talk.protocol.ha_version == VERSION
    talk.say({"type": "auth_ok", "ha_version": "2024.3.4"})
    assert talk.protocol.ha_version == "2024.3.4"
    talk.confirm(2, {"state": "RUNNING", "version": "2024.3.5"})
    assert talk.protocol.ha_version == "2024.3.5"


def test_a_wrong_token_is_refused_with_the_way_to_mend_it() -> None:
    talk = Conversation()
    talk.greet()
    with pytest.raises(
        Refused, match=r"Invalid access token.*Long-lived access tokens.*home_assistant\.token"
    ):
        talk.say({"type": "auth_invalid", "message": "Invalid access token or password"})


def test_a_refusal_that_quotes_the_token_is_passed_on_without_it() -> None:
    talk = Conversation()
    talk.greet()
    with pytest.raises(Refused) as refused:
        talk.say({"type": "auth_invalid", "message": f"incorrectly formatted: Got {TOKEN!r}"})
    assert TOKEN not in str(refused.value)


def test_the_token_is_not_in_what_the_options_print() -> None:
    assert TOKEN not in repr(Conversation().options)


def test_it_is_live_when_every_subscription_is_confirmed_and_the_states_have_come() -> None:
    talk = Conversation(event_types=("call_service",))
    talk.let_in()
    talk.confirm(talk.number())
    talk.tell({"a": {}})
    assert not talk.protocol.live
    talk.confirm(talk.number("call_service"))
    assert talk.protocol.live


def test_it_is_not_live_before_the_snapshot() -> None:
    talk = Conversation()
    talk.let_in()
    talk.confirm(talk.number())
    assert not talk.protocol.live
    talk.tell({"a": {}})
    assert talk.protocol.live


def test_the_events_road_is_live_when_confirmed() -> None:
    talk = Conversation("events")
    talk.let_in()
    assert not talk.protocol.live
    talk.confirm(talk.number())
    assert talk.protocol.live


def test_a_result_and_the_first_event_may_come_in_one_frame() -> None:
    talk = Conversation()
    talk.let_in()
    number = talk.number()
    result = {"id": number, "type": "result", "success": True, "result": None}
    states = {"light.a": {"s": "on", "a": {}, "c": "x", "lc": 1.5}}
    events = talk.say([result, {"id": number, "type": "event", "event": {"a": states}}])
    assert [event.time for event in events] == [1_500_000]
    assert talk.protocol.live


def test_a_version_that_cannot_coalesce_works_without() -> None:
    talk = Conversation()
    talk.let_in()
    talk.refuse(1, "unknown_command", "Unknown command.")
    talk.confirm(2, {"state": "RUNNING"})
    talk.confirm(talk.number())
    talk.tell({"a": {}})
    assert talk.protocol.live
    assert talk.problems == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"event_types": ("mobile_*",)}, "all event types"),
        ({"event_types": ("call_service",)}, "call_service"),
    ],
)
def test_what_only_administrators_may_hear_is_refused_with_the_way_to_mend_it(
    options: dict[str, Any], words: str
) -> None:
    talk = Conversation("events", **options)
    talk.let_in()
    asked = next(
        request
        for request in talk.asked_of_events
        if request["type"] == "subscribe_events" and request.get("event_type") != "state_changed"
    )
    with pytest.raises(Refused, match=rf"{words}.*administrator.*home_assistant\.event_types"):
        talk.refuse(asked["id"], "unauthorized", "Unauthorized")


def test_a_version_without_subscribe_entities_names_the_setting_to_change() -> None:
    talk = Conversation()
    talk.let_in()
    with pytest.raises(Refused, match=rf"{VERSION}.*home_assistant\.subscription"):
        talk.refuse(talk.number(), "unknown_command", "Unknown command.")


def test_a_subscription_that_fails_for_the_moment_loses_the_connection() -> None:
    talk = Conversation()
    talk.let_in()
    with pytest.raises(Lost, match=r"states of all entities: No\. \(home_assistant_error\)"):
        talk.refuse(talk.number(), "home_assistant_error")


def test_a_refusal_without_reason_loses_the_connection() -> None:
    talk = Conversation()
    talk.let_in()
    with pytest.raises(Lost):
        talk.say({"id": talk.number(), "type": "result", "success": False})


def test_a_silent_server_is_given_up_after_the_timeout() -> None:
    talk = Conversation(timeout=20)
    talk.wait(0)
    talk.wait(20)
    with pytest.raises(Lost, match=r"over 20 s for its greeting"):
        talk.wait(0.1)


def test_a_token_that_is_not_answered_is_given_up_on() -> None:
    talk = Conversation()
    talk.greet()
    with pytest.raises(Lost, match="answer to our token"):
        talk.wait(31)


def test_a_subscription_that_is_not_answered_is_named() -> None:
    talk = Conversation("events", event_types=("call_service",), ping_interval=1000)
    talk.let_in()
    talk.confirm(talk.number())
    with pytest.raises(Lost, match="subscription to call_service"):
        talk.wait(31)


def test_states_that_do_not_come_are_given_up_on() -> None:
    talk = Conversation(ping_interval=1000)
    talk.let_in()
    talk.confirm(talk.number())
    with pytest.raises(Lost, match="for the states of all entities"):
        talk.wait(31)


def test_once_live_the_timeout_is_over() -> None:
    talk = Conversation(ping_interval=1000)
    talk.open()
    talk.wait(500)
    assert talk.protocol.live


def test_it_pings_at_its_interval_and_a_pong_keeps_it_going() -> None:
    talk = Conversation(ping_interval=30)
    talk.open()
    talk.wait(29)
    assert not talk.requests("ping")
    for expected in range(1, 4):
        talk.wait(30)
        pings = talk.requests("ping")
        assert len(pings) == expected
        talk.say({"id": pings[-1]["id"], "type": "pong"})


def test_no_pong_within_ten_seconds_loses_the_connection() -> None:
    talk = Conversation()
    talk.open()
    talk.wait(30)
    talk.wait(10)
    talk.raw()  # to look and find nothing is not to have heard
    with pytest.raises(Lost, match="no pong within 10 s"):
        talk.wait(0.1)


def test_a_pong_may_be_late_while_events_are_coming() -> None:
    talk = Conversation()
    talk.open()
    talk.wait(30)
    talk.wait(8)
    talk.tell({"a": {}})
    talk.wait(8)
    assert talk.protocol.live


def test_a_home_assistant_that_is_starting_is_asked_again_until_it_runs() -> None:
    talk = Conversation()
    talk.let_in()
    talk.confirm(2, {"state": "STARTING", "version": VERSION})
    assert talk.protocol.note == "Home Assistant is still starting"
    talk.wait(4)
    assert len(talk.requests("get_config")) == 1
    talk.wait(1)
    talk.wait(5)
    again = talk.requests("get_config")
    assert len(again) == 2
    talk.confirm(again[-1]["id"], {"state": "RUNNING", "version": VERSION})
    assert talk.protocol.note == ""
    talk.confirm(talk.number())
    talk.tell({"a": {}})
    talk.wait(20)
    assert len(talk.requests("get_config")) == 2


def test_a_state_of_home_assistant_that_nobody_knows_is_passed_on() -> None:
    talk = Conversation()
    talk.let_in()
    talk.confirm(2, {"state": "DREAMING"})
    assert "DREAMING" in talk.protocol.note


@pytest.mark.parametrize("result", [{"state": 1}, [], None])
def test_a_configuration_that_cannot_be_read_is_a_problem_and_no_more(result: object) -> None:
    talk = Conversation()
    talk.let_in()
    talk.confirm(2, result)
    (problem,) = talk.problems
    assert "get_config" in problem


def test_frames_to_send_are_handed_out_once() -> None:
    talk = Conversation()
    talk.greet()
    assert talk.protocol.outgoing() == []


def test_a_renewed_subscription_that_is_not_answered_does_not_end_what_is_live() -> None:
    talk = Conversation(ping_interval=1000)
    talk.open()
    talk.raw(b'{"type":"event"')
    talk.wait(100)
    assert talk.protocol.live
