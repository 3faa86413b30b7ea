"""Gaps filled from Home Assistant's history: nothing twice, nothing invented, nothing missing without a note."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.hass.history import (
    ANSWER_SECONDS,
    QUICK_SECONDS,
    READY_SECONDS,
    REST_SECONDS,
    HistoryOptions,
)
from tests.domain.hass.conversation import TOKEN
from tests.domain.hass.home import micros
from tests.domain.hass.inquiry import HISTORY, Inquiry, gap
from tests.domain.hass.recorder import Recorder

Told = tuple[str, int, str | None, Mapping[str, Any] | None, str | None]

T = 1_700_000_000.0


def told(inquiry: Inquiry) -> list[Told]:
    assert all(event.timed and not event.retained for event in inquiry.events)
    return [
        (
            event.entity_id,
            event.time,
            event.state,
            event.attributes and dict(event.attributes),
            event.previous,
        )
        for event in inquiry.events
    ]


def home(*rows: tuple[str, str | None, float]) -> Recorder:
    """A recorder with these rows, times in seconds after T, and an entity that was always there and is yet."""
    recorder = Recorder()
    recorder.add("sun.sun", "up", T - 1000)
    for entity_id, state, seconds in rows:
        recorder.add(entity_id, state, T + seconds)
    return recorder


def inquire(recorder: Recorder | None = None, **options: Any) -> Inquiry:
    inquiry = Inquiry(recorder, **options)
    inquiry.let_in()
    return inquiry


def test_rows_become_what_live_would_have_told() -> None:
    recorder = home(("sensor.a", "1", -5), ("sensor.b", "on", 2))
    recorder.add("sensor.a", "2", T + 1.25, {"unit": "W"})
    recorder.add("sensor.a", "3", T + 2.5, {"unit": "W"})
    recorder.add("sensor.a", None, T + 3)
    recorder.add("sensor.a", "4", T + 4)
    inquiry = inquire(recorder)
    filled = inquiry.fill(gap(T, T + 5))
    assert told(inquiry) == [
        ("sensor.a", micros(T + 1.25), "2", {"unit": "W"}, "1"),
        ("sensor.b", micros(T + 2), "on", {}, ""),
        ("sensor.a", micros(T + 2.5), "3", {"unit": "W"}, "2"),
        ("sensor.a", micros(T + 3), None, None, "3"),
        ("sensor.a", micros(T + 4), "4", {}, ""),
    ]
    assert inquiry.events[0].attributes is inquiry.events[2].attributes
    assert filled == gap(T, T + 5, T + 5, closed=True)
    assert inquiry.problems == []


def test_only_what_is_in_the_gap_is_told_to_the_microsecond() -> None:
    edge = 0.000001
    recorder = home(("a.a", "0", 0), ("a.a", "1", edge), ("a.a", "2", 5), ("a.a", "3", 5 + edge))
    inquiry = inquire(recorder)
    inquiry.fill(gap(T, T + 5))
    assert [(event.state, event.previous) for event in inquiry.events] == [("1", "0"), ("2", "1")]


def test_a_gap_that_was_filled_to_a_point_is_filled_from_there() -> None:
    inquiry = inquire(home(("a.a", "0", 1), ("a.a", "1", 11), ("a.a", "2", 21)))
    inquiry.fill(gap(T, T + 30, T + 10))
    assert [(event.state, event.previous) for event in inquiry.events] == [("1", "0"), ("2", "1")]
    assert inquiry.gap.note == ""


def test_several_gaps_are_filled_on_one_connection() -> None:
    inquiry = inquire(home(("a.a", "0", 1), ("a.a", "1", 11), ("a.a", "2", 21)))
    inquiry.fill(gap(T, T + 5))
    inquiry.fill(gap(T + 20, T + 30))
    assert [event.state for event in inquiry.events] == ["0", "2"]


def test_many_entities_and_much_time_are_asked_for_piece_by_piece() -> None:
    recorder = home(*[(f"a.a{number}", "x", number) for number in range(7)])
    inquiry = inquire(recorder, entities=3, window=10)
    inquiry.fill(gap(T, T + 25))
    assert max(len(question["entity_ids"]) for question in inquiry.questions) == 3
    assert [event.entity_id for event in inquiry.events] == [f"a.a{number}" for number in range(1, 7)]


@settings(max_examples=200)
@given(st.data())
def test_all_that_happened_in_a_gap_is_told_once_whatever_the_windows(data: st.DataObject) -> None:
    """Against a naive model: the changes in the gap, each with the state before."""
    recorder = home()
    time, latest, expected = T - 20, dict[str, str | None](), list[tuple[str, int, str | None, str]]()
    wanted = gap(T, T + data.draw(st.integers(1, 400)))
    ids = [f"a.a{number}" for number in range(4)]
    for count, (entity_id, pause) in enumerate(
        data.draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from([1e-6, 0.3, 7, 60])), max_size=30))
    ):
        time = round(time + pause, 6)
        state = None if latest.get(entity_id) and count % 5 == 0 else str(count)
        recorder.add(entity_id, state, time)
        if wanted.start < micros(time) <= wanted.end:
            expected.append((entity_id, micros(time), state, latest.get(entity_id) or ""))
        latest[entity_id] = state
    options = {"window": data.draw(st.integers(1, 50)), "entities": data.draw(st.integers(1, 5))}
    inquiry = inquire(recorder, rows=data.draw(st.integers(1, 5)), **options)
    filled = inquiry.fill(wanted, ids)
    got = [(*event[:3], event[4] or "") for event in told(inquiry)]
    assert sorted(got, key=repr) == sorted(expected, key=repr)
    assert (filled.note, filled.filled) == ("", filled.end)


# What history cannot give


def test_a_gap_that_begins_before_history_is_filled_as_far_as_it_goes_and_says_from_when() -> None:
    recorder = home(("a.a", "0", 1), ("a.a", "1", 50), ("a.a", "2", 60))
    recorder.horizon = T + 40
    inquiry = inquire(recorder, window=20)
    filled = inquiry.fill(gap(T, T + 100))
    assert [(event.state, event.previous) for event in inquiry.events] == [("1", None), ("2", "1")]
    assert filled.note == "history begins at 2023-11-14T22:14:10+00:00"
    assert filled.filled == filled.end


def test_history_may_begin_within_the_first_stretch() -> None:
    recorder = home(("a.a", "0", 1), ("a.a", "1", 50))
    recorder.horizon = T + 40
    assert inquire(recorder).fill(gap(T, T + 100)).note == "history begins at 2023-11-14T22:14:10+00:00"


def test_a_gap_of_which_history_has_nothing_says_so() -> None:
    recorder = home(("a.a", "0", 1), ("a.a", "1", 200))
    recorder.horizon = T + 150
    assert inquire(recorder).fill(gap(T, T + 100)).note == "history has nothing of this time"


def test_a_gap_in_which_nothing_happened_is_whole() -> None:
    assert inquire(home()).fill(gap(T, T + 100)).note == ""


def test_an_entity_that_the_recorder_leaves_out_is_named() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.left_out_states = [("b.in_the_gap", T + 3), ("b.after_it", T + 50), ("b.long_before", T - 50)]
    assert inquiry.fill(gap(T, T + 5)).note == "the recorder leaves out b.after_it, b.in_the_gap"


def test_many_entities_that_the_recorder_leaves_out_are_counted() -> None:
    inquiry = inquire(home(), entities=2)
    inquiry.left_out_states = [(f"b.b{number}", T + 3) for number in range(7)]
    filled = inquiry.fill(gap(T, T + 5))
    assert filled.note == "the recorder leaves out 7 entities (b.b0, b.b1, b.b2 and 4 more)"


def test_an_entity_that_came_after_the_gap_is_not_taken_for_left_out() -> None:
    assert inquire(home(("a.new", "1", 50))).fill(gap(T, T + 5)).note == ""


def test_what_cannot_be_found_out_is_not_said() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.left_out_states = [("b.b", T + 3)]
    inquiry.protocol.fill(gap(T, T + 5), ())
    while not inquiry.events:
        inquiry.go_on(1)
    inquiry.errors[HISTORY] = ("unknown_error", "Unknown error")
    inquiry.go_on()
    assert (inquiry.gap.closed, inquiry.gap.note) == (True, "")


def test_other_events_are_known_to_be_missing_where_they_are_listened_to() -> None:
    assert inquire(home(), other_events=True).fill(gap(T, T + 5)).note == "only states, no other events"


def test_a_note_of_an_earlier_attempt_is_kept_and_not_repeated() -> None:
    inquiry = inquire(home(), other_events=True)
    note = "only states, no other events; history begins at some time"
    assert inquiry.fill(gap(T, T + 5, T + 2, note=note)).note == note


def test_without_a_recorder_a_gap_becomes_known() -> None:
    inquiry = inquire(home())
    inquiry.errors[HISTORY] = ("unknown_command", "Unknown command.")
    filled = inquiry.fill(gap(T, T + 5))
    assert filled.note == "Home Assistant has no history, its integration or the recorder is off: nothing"
    assert filled.filled == filled.start


def test_where_history_ends_in_the_middle_the_note_says_up_to_when_it_went() -> None:
    inquiry = inquire(home(("a.a", "1", 2)), window=10)
    inquiry.protocol.fill(gap(T, T + 100), ())
    while inquiry.gap.filled == inquiry.gap.start:
        inquiry.go_on(1)
    inquiry.errors[HISTORY] = ("unknown_command", "Unknown command.")
    inquiry.go_on()
    assert inquiry.gap.note.endswith("is off: nothing after 2023-11-14T22:13:30+00:00")


# What the recorder has not committed


def test_it_waits_until_the_recorder_has_committed_the_end_of_the_gap() -> None:
    recorder = home(("a.a", "1", 2), ("b.b", "2", 5))
    recorder.committed = T + 4
    inquiry = inquire(recorder, delay=10)
    inquiry.protocol.fill(gap(T, T + 5), ())
    inquiry.go_on(40)
    assert inquiry.events == []
    assert len(inquiry.questions) > 1
    recorder.committed = T + 100
    inquiry.go_on()
    assert [event.state for event in inquiry.events] == ["1", "2"]


def test_it_does_not_wait_for_ever_for_what_the_recorder_leaves_out() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.left_out_states = [("b.b", T + 5)]
    began = inquiry.now
    assert inquiry.fill(gap(T, T + 5)).note == "the recorder leaves out b.b"
    assert inquiry.now - began < 200
    assert [event.state for event in inquiry.events] == ["1"]


def test_an_old_gap_is_committed() -> None:
    inquiry = inquire(home(("a.a", "1", 2), ("a.a", "2", 1000)))
    inquiry.fill(gap(T, T + 5))
    assert not any(question["no_attributes"] for question in inquiry.questions)


def test_a_home_of_which_nothing_is_newer_than_the_gap_is_not_waited_for() -> None:
    inquiry = inquire(home(("a.a", "1", 2), ("a.a", None, 5)))
    inquiry.fill(gap(T, T + 5), ["a.a"])
    assert [event.state for event in inquiry.events] == ["1", None]


# Which entities


def test_entities_of_the_registry_and_those_known_before_are_asked_for_too() -> None:
    inquiry = inquire(home(("a.gone", "1", 2), ("b.registered", "1", 3), ("c.disabled", "1", 4)))
    for entity_id in ("a.gone", "b.registered", "c.disabled"):
        inquiry.recorder.add(entity_id, None, T + 4.5)
    inquiry.registry = [
        {"entity_id": "b.registered", "disabled_by": None},
        {"entity_id": "c.disabled", "disabled_by": "user"},
        {"entity": "?"},
    ]
    inquiry.fill(gap(T, T + 5), ["a.gone", "Not.Valid", "no__domain.x"])
    assert {event.entity_id for event in inquiry.events} == {"a.gone", "b.registered"}
    assert all("Not.Valid" not in question["entity_ids"] for question in inquiry.questions)
    assert len(inquiry.problems) == 1


def test_a_user_who_may_not_see_the_registry_gets_what_home_assistant_has() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.errors["config/entity_registry/list"] = ("unauthorized", "Unauthorized")
    inquiry.fill(gap(T, T + 5))
    assert [event.state for event in inquiry.events] == ["1"]
    assert inquiry.problems == []


def test_a_registry_that_is_no_list_is_a_problem_and_no_more() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.registry = {"entities": 7}  # type: ignore[assignment]
    inquiry.fill(gap(T, T + 5))
    assert len(inquiry.events) == len(inquiry.problems) == 1


def test_without_its_states_it_starts_over() -> None:
    inquiry = inquire(home())
    inquiry.errors["get_states"] = ("unknown_error", "Unknown error")
    with pytest.raises(Lost, match="Unknown error"):
        inquiry.fill(gap(T, T + 5))


# Home Assistant as it may be


def test_nothing_is_asked_before_it_is_let_in_nor_before_it_is_allowed_to() -> None:
    inquiry = Inquiry(home())
    inquiry.protocol.fill(gap(T, T + 5), ())
    assert not inquiry.protocol.ready(inquiry.now)
    inquiry.let_in()
    assert [each["type"] for each in inquiry.asked] == ["auth"]
    inquiry.ask()
    assert inquiry.protocol.busy
    assert not inquiry.protocol.ready(inquiry.now)


def test_with_no_gap_to_fill_there_is_nothing_to_ask() -> None:
    inquiry = inquire(home())
    inquiry.ask()
    inquiry.hear({"id": 1, "type": "result", "success": True, "result": None})
    assert inquiry.asked[1:] == []
    assert not inquiry.protocol.ready(inquiry.now)


def test_a_home_that_is_starting_is_waited_for() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.config = {"state": "NOT_RUNNING"}
    inquiry.protocol.fill(gap(T, T + 5), ())
    inquiry.go_on(3)
    assert inquiry.protocol.note == "Home Assistant is still starting"
    began = inquiry.now
    inquiry.config = {"state": "RUNNING"}
    inquiry.go_on()
    assert inquiry.protocol.note == ""
    assert inquiry.now - began >= READY_SECONDS - 2
    assert len(inquiry.events) == 1


def test_a_database_that_is_migrated_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    answer = inquiry.reply
    migrating = iter([True, False])

    def reply(command: dict[str, Any]) -> object:
        if command["type"] != "recorder/info":
            return answer(command)
        result = {"migration_in_progress": next(migrating)}
        return {"id": command["id"], "type": "result", "success": True, "result": result}

    monkeypatch.setattr(inquiry, "reply", reply)
    inquiry.protocol.fill(gap(T, T + 5), ())
    inquiry.go_on(2)
    assert "migrating" in inquiry.protocol.note
    inquiry.go_on()
    assert len(inquiry.events) == 1


@pytest.mark.parametrize("kind", ["get_config", "recorder/info"])
def test_what_it_does_not_say_of_itself_is_taken_for_well(kind: str) -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.errors[kind] = ("unknown_command", "Unknown command.")
    inquiry.fill(gap(T, T + 5))
    assert len(inquiry.events) == 1


def test_a_wrong_token_is_refused() -> None:
    inquiry = Inquiry(home())
    with pytest.raises(Refused, match=r"home_assistant\.token"):
        inquiry.hear({"type": "auth_required"}, {"type": "auth_invalid", "message": "Invalid"})


def test_the_token_is_not_in_what_the_options_print() -> None:
    assert TOKEN not in repr(HistoryOptions(TOKEN))


def test_a_peer_that_does_not_let_us_in_is_lost() -> None:
    inquiry = Inquiry(home(), timeout=30)
    inquiry.wait(0)
    inquiry.wait(30)
    with pytest.raises(Lost, match="30 s"):
        inquiry.wait(1)


def test_an_answer_may_take_long_but_not_for_ever() -> None:
    inquiry = inquire(home(), ping_interval=10)
    inquiry.protocol.fill(gap(T, T + 5), ())
    inquiry.ask()
    for _ in range(int(ANSWER_SECONDS / 10)):
        inquiry.wait(10)
    with pytest.raises(Lost, match="get_config"):
        inquiry.wait(1)


def test_a_peer_that_answers_no_ping_is_lost() -> None:
    inquiry = inquire(home())
    inquiry.protocol.tick(inquiry.now + 31)
    with pytest.raises(Lost, match="no pong"):
        inquiry.protocol.tick(inquiry.now + 60)


# Answers as they may be


def error(code: str = "unknown_error", message: str = "Unknown error") -> bytes:
    return b'{"id":$ID,"type":"result","success":false,"error":{"code":"%b","message":"%b"}}' % (
        code.encode(),
        message.encode(),
    )


def result(text: bytes) -> bytes:
    return b'{"id":$ID,"type":"result","success":true,"result":%b}' % text


BROKEN = [
    b'{"id":$ID,"type":"resu',
    result(b"[1,2]"),
    result(b'{"a.a":'),
    error(),
    error("", ""),
    b"\xff\xfe",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_an_answer_that_is_none_is_asked_for_again(broken: bytes) -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.replies += [broken] * 2
    assert inquiry.fill(gap(T, T + 5)).note == ""
    assert [event.state for event in inquiry.events] == ["1"]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_stretch_without_an_answer_is_skipped_with_a_note(broken: bytes) -> None:
    recorder = home(("a.a", "1", 2), ("a.a", "2", 32), ("z.z", "3", 5))
    inquiry = inquire(recorder, window=10, entities=2)
    inquiry.protocol.fill(gap(T, T + 700), ())
    inquiry.go_on(4)
    inquiry.replies += [broken] * 3
    inquiry.go_on()
    assert {event.state for event in inquiry.events} in ({"2", "3"}, {"1", "2"})
    assert "entities (" not in inquiry.gap.note
    assert "nothing of a.a, sun.sun from 2023-11-14T22:13:20+00:00 to 2023-11-14T22:13:30" in inquiry.gap.note
    assert TOKEN not in inquiry.gap.note


def test_a_recorder_that_only_fails_is_given_up_on() -> None:
    inquiry = inquire(home(("a.a", "1", 2)), window=10)
    inquiry.errors[HISTORY] = ("unknown_error", f"Error with {TOKEN}")
    filled = inquiry.fill(gap(T, T + 10_000), most=400)
    assert filled.note.endswith("Home Assistant says Error with ***: nothing after 2023-11-14T22:13:50+00:00")
    assert len(inquiry.questions) < 50


def test_rows_that_cannot_be_read_are_left_out_alone() -> None:
    inquiry = inquire(home(("a.a", "9", 1000)))
    rows = b'{"a.a":[{"s":"1","a":{},"lu":%d},{"s":7,"a":{},"lu":1},{"s":"2","a":null,"lu":%d}],"b.b":3}' % (
        T + 1,
        T + 2,
    )
    inquiry.replies.append(result(rows))
    inquiry.fill(gap(T, T + 5))
    assert [(event.state, event.attributes) for event in inquiry.events] == [("1", {}), ("2", {})]
    assert [text.split(" in ")[0].split(" (")[0] for text in inquiry.problems] == [
        "cannot read a row of a.a",
        "cannot read Home Assistant's history of b.b",
    ]


def test_answers_that_nobody_asked_for_are_no_answers() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.protocol.fill(gap(T, T + 5), ())
    inquiry.ask()
    inquiry.hear({"id": 77, "type": "result", "success": True, "result": {}}, [])
    assert inquiry.protocol.busy
    inquiry.hear(b"?", inquiry.reply(inquiry.asked[-1]))
    assert len(inquiry.problems) == 1
    inquiry.go_on()
    assert len(inquiry.events) == 1


def test_a_stretch_that_nobody_survives_is_asked_for_in_smaller_pieces_and_at_last_skipped() -> None:
    recorder = home(("a.a", "1", 2), ("a.a", "poison", 5.2), ("a.a", "3", 8))
    pace = Inquiry(window=10).pace
    states: list[str | None] = []
    filled = gap(T, T + 700)
    for _ in range(30):
        inquiry = inquire(recorder, pace=pace)
        inquiry.protocol.fill(filled, ())
        while not inquiry.gap.closed and not poisoned(inquiry):
            pass
        states += [event.state for event in inquiry.events]
        filled = inquiry.gap
        if filled.closed:
            break
    assert [state for state in states if state != "poison"] == ["1", "3"]
    assert filled.note.startswith("nothing of a.a, sun.sun from 2023-11-14T22:13:24")
    assert filled.note.endswith("too much for one answer")


def poisoned(inquiry: Inquiry) -> bool:
    """Whether the next answer would be one too many."""
    if not inquiry.protocol.ready(inquiry.now):
        inquiry.wait(1)
        return False
    inquiry.ask()
    answer = inquiry.reply(inquiry.asked[-1])
    if "poison" in str(answer):
        return True
    inquiry.hear(answer)
    return False


def test_after_an_answer_that_took_long_home_assistant_is_left_alone_for_as_long() -> None:
    inquiry = inquire(home(("a.a", "1", 2)))
    inquiry.protocol.fill(gap(T, T + 5), ())
    for took, rest in ((QUICK_SECONDS / 2, 0.0), (0.5, 0.5), (60.0, REST_SECONDS)):
        inquiry.ask()
        inquiry.now += took
        inquiry.hear(inquiry.reply(inquiry.asked[-1]))
        assert inquiry.protocol.ready(inquiry.now + rest)
        assert not rest or not inquiry.protocol.ready(inquiry.now + rest - 0.1)
        inquiry.now += rest
