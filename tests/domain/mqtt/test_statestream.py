import pytest

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.assembly import MOST_OPEN
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.statestream import PATIENCE
from tests.domain.mqtt.messages import RECEIVED, STAMP, STAMP_MICROS
from tests.domain.mqtt.stream import QUIET, Stream, events

LATER = "2024-03-04T05:06:08+00:00"
LATER_MICROS = 1_709_528_768_000_000


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_a_change_is_told_after_a_quiet_time_with_all_its_messages(stream: Stream) -> None:
    assert stream.change("21.5", unit='"C"', level="[1, 2]") == []
    event = StateEvent(STAMP_MICROS, "sensor.a", "21.5", {"unit": "C", "level": [1, 2]})
    assert stream.wait() == [Observed((1, 2, 3, 4, 5), event)]


def test_nothing_is_due_before(stream: Stream) -> None:
    assert stream.reader.next_due() is None
    stream.change("1")
    assert stream.reader.next_due() == 100.0 + QUIET
    assert stream.reader.due(100.0 + QUIET - 0.001) == []
    assert len(stream.wait()) == 1
    assert stream.reader.next_due() is None


def test_the_silence_of_one_entity_says_nothing_while_others_are_told_of(stream: Stream) -> None:
    stream.send("state", "1")
    for _ in range(3):
        stream.now += 0.2
        stream.send("state", "1", "sensor/b")
        assert stream.reader.due(stream.now) == []
    stream.send("last_updated", STAMP)
    assert [(each.entity_id, each.timed) for each in events(stream.wait())] == [
        ("sensor.a", True),
        ("sensor.b", False),
        ("sensor.b", False),
        ("sensor.b", False),
    ]


def test_no_change_waits_for_ever_while_others_are_told_of(stream: Stream) -> None:
    stream.send("state", "1")
    while not (observed := stream.reader.due(stream.now)):
        stream.now += QUIET / 2
        stream.send("icon", '"x"', "sensor/b")
    assert [each.entity_id for each in events(observed)] == ["sensor.a"]
    assert stream.now == 100.0 + (PATIENCE + 0.5) * QUIET


def test_a_change_that_a_lost_connection_interrupts_goes_on_with_the_next_one(stream: Stream) -> None:
    stream.send("state", "1")
    assert stream.reader.half_told() == {1}
    stream.now += 100 * QUIET
    stream.reader.resume(stream.now)
    assert stream.reader.due(stream.now + QUIET / 2) == []
    stream.send("last_updated", STAMP)
    [observed] = stream.wait()
    assert (observed.tokens, observed.event) == ((1, 2), StateEvent(STAMP_MICROS, "sensor.a", "1"))
    assert stream.reader.half_told() == set()


def test_a_change_without_a_time_has_that_of_the_receipt_of_its_state(stream: Stream) -> None:
    stream.send("state", "1")
    assert stream.wait() == [Observed((1,), StateEvent(RECEIVED + 1, "sensor.a", "1", timed=False))]


def test_a_change_knows_the_state_before(stream: Stream) -> None:
    stream.learn()
    (event,) = events(stream.change("3"))
    assert (event.previous, event.state) == ("2", "3")


def test_once_two_changes_agree_the_next_is_whole_with_its_last_piece(stream: Stream) -> None:
    stream.learn(unit='"C"')
    (observed,) = stream.change("3", unit='"C"')
    assert stream.reader.next_due() is None
    assert observed.event == StateEvent(STAMP_MICROS, "sensor.a", "3", {"unit": "C"}, "2")
    assert len(observed.tokens) == 4


def test_what_the_broker_had_kept_tells_which_pieces_there_are(stream: Stream) -> None:
    for key, payload in (("last_updated", STAMP), ("state", "0"), ("last_changed", STAMP)):
        stream.send(key, payload, retain=True)
    assert len(stream.change("1")) == 1


def test_a_statestream_of_states_alone_is_told_at_once_when_that_is_known(stream: Stream) -> None:
    stream.send("state", "0", retain=True)
    assert [event.state for event in events(stream.send("state", "1"))] == ["1"]


def test_what_the_broker_keeps_for_ever_is_waited_for_twice_only(stream: Stream) -> None:
    def replay() -> None:
        for key, payload in (("state", "0"), ("last_updated", STAMP), ("last_changed", STAMP), ("gone", "1")):
            stream.send(key, payload, retain=True)

    replay()
    for state in "12":
        assert stream.change(state) == []
        assert len(stream.wait()) == 1
    replay()
    assert len(stream.change("3")) == 1


def test_a_new_attribute_is_waited_for_from_then_on(stream: Stream) -> None:
    stream.learn(unit='"C"')
    assert stream.change("3", unit='"C"', icon='"x"')[1:] == [Observed((13,), None)]
    assert stream.change("4", unit='"C"') == []
    assert events(stream.send("icon", '"y"'))[0].attributes == {"unit": "C", "icon": "y"}


def test_a_new_attribute_before_the_last_one_is_learnt_at_once(stream: Stream) -> None:
    stream.learn(unit='"C"')
    assert len(stream.change("3", icon='"x"', unit='"C"')) == 1
    assert stream.change("4", unit='"C"') == []
    assert len(stream.send("icon", '"y"')) == 1


def test_an_attribute_that_came_no_more_twice_is_waited_for_no_more(stream: Stream) -> None:
    stream.learn(unit='"C"', icon='"x"')
    for state in "34":
        assert stream.change(state, unit='"C"') == []
        assert len(stream.wait()) == 1
    assert len(stream.change("5", unit='"C"')) == 1


def test_of_changes_that_are_told_together_each_has_its_own_attributes(stream: Stream) -> None:
    for key, values in (("state", "123"), ("step", "456"), ("other", "777")):
        for value in values:
            stream.send(key, value)
    assert [(each.state, each.attributes) for each in events(stream.wait())] == [
        ("1", {"step": 4, "other": 7}),
        ("2", {"step": 5, "other": 7}),
        ("3", {"step": 6, "other": 7}),
    ]


def test_an_attribute_that_is_taken_back_is_in_none_of_the_changes(stream: Stream) -> None:
    stream.send("state", "1")
    stream.send("step", "1")
    stream.send("other", "5")
    stream.send("step", "")
    assert [each.attributes for each in events(stream.wait())] == [{"other": 5}]


def test_the_interleaved_pieces_of_two_changes_find_theirs(stream: Stream) -> None:
    stream.learn(level="0")
    pieces = [
        ("state", "a", "b"),
        ("last_updated", STAMP, LATER),
        ("last_changed", STAMP, STAMP),
        ("level", "1", "2"),
    ]
    observed = []
    for key, first, second in pieces:
        observed += stream.send(key, first)
        observed += stream.send(key, second)
    assert [(each.state, each.time, each.attributes) for each in events(observed)] == [
        ("a", STAMP_MICROS, {"level": 1}),
        ("b", LATER_MICROS, {"level": 2}),
    ]
    assert [each.tokens for each in observed] == [(9, 11, 13, 15), (10, 12, 14, 16)]


def test_a_burst_before_anything_is_learnt_keeps_the_times_apart(stream: Stream) -> None:
    stream.send("state", "a")
    stream.send("state", "b")
    stream.send("last_updated", STAMP)
    stream.send("last_updated", LATER)
    stream.send("last_updated", LATER)
    observed = stream.wait()
    assert [(each.state, each.time) for each in events(observed)] == [
        ("a", STAMP_MICROS),
        ("b", LATER_MICROS),
    ]
    assert [each.tokens for each in observed] == [(1, 3), (2, 4, 5)]


def test_no_entity_has_more_changes_open_than_a_bound(stream: Stream) -> None:
    observed = []
    for state in range(MOST_OPEN + 3):
        observed += stream.send("state", str(state))
    assert [event.state for event in events(observed)] == ["0", "1", "2"]


def test_no_change_waits_for_ever_on_a_busy_entity(stream: Stream) -> None:
    stream.send("state", "1")
    while not events(observed := stream.send("icon", '"x"')):
        stream.now += QUIET / 2
    assert [event.state for event in events(observed)] == ["1"]
    assert stream.now == 100.0 + (PATIENCE + 0.5) * QUIET


def test_a_crowd_of_changes_of_one_entity_is_kept_apart(stream: Stream) -> None:
    stream.learn()
    count = MOST_OPEN
    stamps = [f"2024-03-04T05:06:07.{number:06}+00:00" for number in range(count)]
    observed = []
    for number in range(count):
        observed += stream.send("state", str(number))
    for key in ("last_updated", "last_changed"):
        for stamp in stamps:
            observed += stream.send(key, stamp)
    told = [(event.state, event.time - STAMP_MICROS + 8) for event in events(observed)]
    assert told == [(str(number), number) for number in range(count)]
