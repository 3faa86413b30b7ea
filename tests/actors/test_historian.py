"""Gaps from end to end with a simulated Home Assistant: missed, put on record, filled, closed."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors.messages import GapFilled, Missed
from ha_bridge.demo import hass_commands
from ha_bridge.demo.hass import Hass
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.history import History
from ha_bridge.domain.coverage import NOT_CONNECTED, NOT_RUNNING, SHED
from ha_bridge.domain.records import Gap
from ha_bridge.domain.supervision import ChildState
from ha_bridge.domain.times import micros_of_float
from tests.memory_journal import MemoryJournal
from tests.roads import Roads, Told
from tests.waiting import wait_for

Open = Callable[..., Roads]
HISTORY = "history/history_during_period"


@pytest.fixture(autouse=True)
def _quick_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.journal.COVER_EVERY", 0.1)


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def hass(history: History) -> Iterator[HassServer]:
    server = HassServer(Hass(history=history))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_roads(hass: HassServer) -> Iterator[Open]:
    opened: list[Roads] = []

    def roads(record: MemoryJournal | None = None, **options: Any) -> Roads:
        opened.append(Roads(hass.url, hass.token, record, **options))
        return opened[-1]

    yield roads
    for each in opened:
        if not each.closed:
            each.close()


def set_states(hass: HassServer, *states: str, entity_id: str = "sensor.a") -> list[Told]:
    """Returns what should be told of it."""
    told: list[Told] = []
    for value in states:
        hass.set_state(entity_id, value, {"unit_of_measurement": "W"})
        state = hass.hass.states.get(entity_id)
        assert state is not None
        told.append((entity_id, micros_of_float(state.last_updated), value))
    return told


def numbers(count: int, first: int = 0) -> list[str]:
    return [str(number) for number in range(first, first + count)]


def lose(hass: HassServer, roads: Roads, *states: str) -> list[Told]:
    """Let the connection be lost while these states come and go; returns when it is back."""
    child = roads.child("home_assistant")
    assert child is not None
    hass.stop()
    roads.wait_child("home_assistant", ChildState.DOWN)
    told = set_states(hass, *states)
    hass.start()
    roads.wait_up(child.restarts + 1)
    return told


@pytest.mark.parametrize("subscription", ["entities", "events"])
def test_what_was_missed_is_filled_in_from_history(
    hass: HassServer, open_roads: Open, subscription: str
) -> None:
    roads = open_roads(subscription=subscription)
    roads.wait_child("home_assistant", ChildState.UP)
    before = set_states(hass, *numbers(5))
    roads.wait_heard(*before)
    roads.wait_up()
    missed = lose(hass, roads, *numbers(50, 5))
    after = set_states(hass, *numbers(5, 55))
    (gap,) = roads.wait_closed()
    assert roads.store.everything() == [*before, *missed, *after]
    assert set(missed[:-1]) <= set(roads.store.told("history"))
    assert (gap.cause, gap.note, gap.filled) == (NOT_CONNECTED, "", gap.end)
    assert gap.start == before[-1][1]
    assert missed[-1][1] <= gap.end <= after[-1][1]
    wait_for(lambda: hass.connections == 1, what="the historian to hang up")
    wait_for(lambda: reason(roads) == "", what="nothing to do")
    roads.wait_child("history", ChildState.UP)


def test_a_loss_in_which_nothing_happened_is_no_gap(hass: HassServer, open_roads: Open) -> None:
    before = set_states(hass, *numbers(3))
    roads = open_roads()
    roads.wait_up()
    lose(hass, roads)
    set_states(hass, "x")
    wait_for(lambda: len(roads.store.told("ws")) == 3, what="one, again, and x")
    assert roads.record.gaps == {}
    assert hass.accepted == 2
    assert roads.store.everything()[0] == before[-1]


def test_a_restart_of_the_bridge_is_filled_in(hass: HassServer, open_roads: Open) -> None:
    first = open_roads()
    first.wait_child("home_assistant", ChildState.UP)
    before = set_states(hass, *numbers(3))
    first.wait_heard(*before)
    first.close()
    assert first.record.until == before[-1][1]
    missed = set_states(hass, *numbers(20, 3))
    second = open_roads(first.record)
    (gap,) = second.wait_closed()
    assert second.store.told("history") == missed
    assert (gap.start, gap.end, gap.cause) == (before[-1][1], missed[-1][1], NOT_RUNNING)


def test_what_was_only_in_memory_when_the_bridge_died_is_filled_in(
    hass: HassServer, open_roads: Open
) -> None:
    first = open_roads()
    first.wait_child("home_assistant", ChildState.UP)
    before = set_states(hass, *numbers(3))
    first.wait_heard(*before)
    first.wait_up()
    first.store.holding = True
    lost = set_states(hass, *numbers(3, 3))
    wait_for(lambda: len(first.intakes["ws"].waiting) == 3, what="three in memory")
    first.close(seconds=0)
    second = open_roads(first.record)
    second.wait_closed()
    assert set(lost) <= set(second.store.told("history"))


def test_what_was_shed_is_one_gap_and_filled_in(
    hass: HassServer, open_roads: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ha_bridge.domain.shedding.SAY_EVERY", 0.1)
    monkeypatch.setattr("ha_bridge.domain.shedding.CALM", 3)
    (first,) = set_states(hass, "x")
    roads = open_roads(max_unsettled=10)
    roads.wait_up()
    roads.store.holding = True
    told = [first, *set_states(hass, *numbers(30))]
    wait_for(lambda: roads.record.gaps, what="a gap on record")
    told += set_states(hass, *numbers(5, 30))
    wait_for(lambda: roads.record.gaps[1].end == told[-1][1], what="the gap to grow")
    roads.store.holding = False
    roads.wait_closed()
    assert {gap.cause for gap in roads.record.gaps.values()} == {SHED}
    assert roads.store.everything() == told
    wait_for(lambda: roads.record.until == told[-1][1], what="the checkpoint")


def test_an_entity_removed_meanwhile_is_filled_in_up_to_its_end(hass: HassServer, open_roads: Open) -> None:
    roads = open_roads()
    roads.wait_child("home_assistant", ChildState.UP)
    set_states(hass, "1")
    roads.wait_heard(*set_states(hass, "1", entity_id="sensor.b"))
    roads.wait_up()
    hass.stop()
    missed = set_states(hass, "2", "3", entity_id="sensor.b")
    hass.remove("sensor.b")
    hass.start()
    roads.wait_up(restarts=1)
    set_states(hass, "4")
    wait_for(lambda: len(roads.store.told("history", "sensor.b")) == 3, 20, "what became of b")
    roads.wait_closed()
    *states, gone = roads.store.told("history", "sensor.b")
    assert states == missed
    assert gone[2] is None
    assert gone[1] > missed[-1][1]


def test_history_that_is_not_committed_is_waited_for(
    hass: HassServer, history: History, open_roads: Open
) -> None:
    history.commit_interval = 1.5
    roads = open_roads()
    roads.wait_child("home_assistant", ChildState.UP)
    roads.wait_heard(*set_states(hass, "0"))
    roads.wait_up()
    missed = lose(hass, roads, *numbers(5, 1))
    roads.wait_closed()
    assert roads.store.told("history") == missed


def test_who_waits_before_it_says_that_the_recorder_leaves_something_out_does_not_count_as_hung(
    hass: HassServer, history: History, open_roads: Open
) -> None:
    history.excluded = {"sensor.secret"}
    set_states(hass, "0")
    roads = open_roads(delay=3, hang_after=2)
    roads.wait_up()
    hass.stop()
    set_states(hass, "1", "2", entity_id="sensor.secret")
    set_states(hass, "1")
    hass.start()
    roads.wait_closed()
    child = roads.child("history")
    assert child is not None
    assert child.restarts == 0


def test_what_the_recorder_leaves_out_is_noted(hass: HassServer, history: History, open_roads: Open) -> None:
    history.excluded = {"sensor.secret"}
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    hass.stop()
    set_states(hass, "1", "2", entity_id="sensor.secret")
    set_states(hass, "1")
    hass.start()
    (gap,) = roads.wait_closed()
    assert gap.note == "the recorder leaves out sensor.secret"
    assert gap.filled == gap.end


def test_a_gap_that_begins_before_history_is_filled_as_far_as_it_goes(
    hass: HassServer, history: History, open_roads: Open
) -> None:
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    hass.stop()
    set_states(hass, *numbers(5, 1))
    horizon = time.time()
    kept = set_states(hass, *numbers(5, 6))
    history.purge(horizon)
    hass.start()
    (gap,) = roads.wait_closed()
    assert gap.note.startswith("history begins at ")
    assert roads.store.told("history") == kept


def test_a_home_without_history_leaves_a_known_gap(
    hass: HassServer, open_roads: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(hass_commands.COMMANDS, HISTORY)
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    lose(hass, roads, "1")
    (gap,) = roads.wait_closed()
    assert "no history" in gap.note
    assert gap.filled == gap.start


def test_a_home_that_starts_slowly_is_asked_when_it_has_started(hass: HassServer, open_roads: Open) -> None:
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    hass.stop()
    missed = set_states(hass, *numbers(3, 1))
    hass.starting()
    hass.start()
    wait_for(lambda: "still starting" in reason(roads), 20, "the historian to wait")
    assert roads.store.told("history") == []
    hass.started()
    roads.wait_closed()
    assert roads.store.told("history") == missed


def reason(roads: Roads) -> str:
    child = roads.child("history")
    return child.reason if child else ""


def test_no_more_is_on_its_way_than_the_limit_and_nothing_new_before_it_is_settled(
    hass: HassServer, open_roads: Open
) -> None:
    set_states(hass, "0")
    roads = open_roads(most=100)
    roads.wait_up()
    hass.stop()
    missed = set_states(hass, *numbers(450, 1))
    roads.store.holding = True
    hass.start()
    wait_for(lambda: len(roads.intakes["history"].waiting), 20, "some of history")
    assert len(roads.intakes["history"].waiting) == 100
    assert all(gap.filled == gap.start for gap in roads.record.open_gaps())
    roads.store.holding = False
    roads.wait_closed()
    assert roads.store.told("history") == missed
    assert roads.store.largest["history"] == 100


@pytest.mark.parametrize("victim", ["history", "journal", "end", "home_assistant"])
def test_a_crash_of_any_part_while_a_gap_is_filled_costs_nothing(
    hass: HassServer, open_roads: Open, victim: str
) -> None:
    set_states(hass, "0")
    roads = open_roads(most=100)
    roads.wait_up()
    hass.stop()
    missed = set_states(hass, *numbers(450, 1))
    hass.start()
    wait_for(lambda: len(roads.store.told("history")) >= 100, 20, "some of history")
    roads.end_child(victim)
    roads.wait_child(victim, ChildState.UP, restarts=1)
    roads.wait_closed()
    assert set(roads.store.told("history")) == set(missed)


def test_a_gap_is_put_on_record_although_the_journal_did_not_hear_of_it_at_first(
    hass: HassServer, open_roads: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    before = wait_for(lambda: roads.record.until, what="a checkpoint")
    monkeypatch.setattr("tests.roads.Deaf.deaf", True)
    missed = lose(hass, roads, *numbers(3, 1))
    roads.wait_heard(missed[-1], *set_states(hass, "9"))
    assert (roads.record.until, roads.record.gaps) == (before, {})
    monkeypatch.setattr("tests.roads.Deaf.deaf", False)
    roads.wait_closed()
    assert roads.store.told("history") == missed


def test_a_historian_that_finds_no_journal_asks_until_it_is_answered(
    hass: HassServer, open_roads: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.historian.ASK_AGAIN", 0.2)
    monkeypatch.setattr("tests.roads.Deaf.deaf", True)
    (told,) = set_states(hass, "0")
    missed = set_states(hass, "1", "2")
    record = MemoryJournal()
    record.until = told[1]
    record.add_gap(Gap(told[1], missed[-1][1], NOT_RUNNING, filled=told[1]))
    roads = open_roads(record)
    roads.wait_child("history", ChildState.UP)
    monkeypatch.setattr("tests.roads.Deaf.deaf", False)
    roads.wait_closed()
    assert roads.store.told("history") == missed


def test_an_answer_that_cannot_be_read_is_a_dead_letter_and_asked_for_again(
    hass: HassServer, open_roads: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, fields = hass_commands.COMMANDS[HISTORY]
    broken = iter([True])

    def sometimes(*arguments: Any) -> list[bytes]:
        return [b'{"id":'] if next(broken, False) else handler(*arguments)

    monkeypatch.setitem(hass_commands.COMMANDS, HISTORY, hass_commands.Command(sometimes, fields))
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    missed = lose(hass, roads, "1", "2")
    roads.wait_closed()
    assert roads.store.told("history") == missed
    ledger = roads.intakes["history"].ledger()
    assert ledger.received == len(missed) + 1


def test_a_bridge_that_stops_while_it_fills_a_gap_goes_on_the_next_time(
    hass: HassServer, open_roads: Open
) -> None:
    set_states(hass, "0")
    first = open_roads(most=100)
    first.wait_up()
    hass.stop()
    missed = set_states(hass, *numbers(450, 1))
    first.store.holding = True
    hass.start()
    wait_for(lambda: len(first.intakes["history"].waiting), 20, "some of history")
    first.close(seconds=0.5)
    assert first.record.open_gaps()
    second = open_roads(first.record, most=100)
    second.wait_closed()
    assert second.store.everything() == missed


def test_word_of_a_gap_as_it_was_does_not_close_what_it_has_become(
    hass: HassServer, open_roads: Open
) -> None:
    (told,) = set_states(hass, "0")
    record = MemoryJournal()
    record.until = told[1]
    record.add_gap(Gap(told[1], told[1] + 10, NOT_CONNECTED, filled=told[1]))
    roads = open_roads(record, delay=60)
    roads.wait_up()
    longer = Gap(told[1] + 5, told[1] + 20, NOT_CONNECTED, filled=told[1] + 5)
    roads.addresses["journal"].tell(Missed(longer))
    closed = Gap(told[1], told[1] + 10, NOT_CONNECTED, told[1] + 10, "some", closed=True, number=1)
    roads.addresses["journal"].tell(GapFilled(closed))
    wait_for(lambda: record.gaps[1].note, what="the note")
    assert record.gaps == {1: Gap(told[1], told[1] + 20, NOT_CONNECTED, told[1] + 10, "some", number=1)}


def test_a_filled_gap_is_told_of_until_the_journal_has_heard_it(
    hass: HassServer, open_roads: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.historian.ASK_AGAIN", 0.2)
    set_states(hass, "0")
    roads = open_roads()
    roads.wait_up()
    roads.store.holding = True
    missed = lose(hass, roads, "1", "2")
    wait_for(lambda: len(roads.intakes["history"].waiting) == 2, 20, "both on their way")
    monkeypatch.setattr("tests.roads.Deaf.deaf", True)
    roads.store.holding = False
    wait_for(lambda: reason(roads) == "", 20, "nothing left to do")
    assert len(roads.record.open_gaps()) == 1
    monkeypatch.setattr("tests.roads.Deaf.deaf", False)
    roads.wait_closed()
    assert roads.store.told("history") == missed


def test_one_connection_is_enough_for_several_gaps(hass: HassServer, open_roads: Open) -> None:
    (told, *first) = set_states(hass, *numbers(4))
    between = set_states(hass, *numbers(4, 4))
    second = set_states(hass, *numbers(4, 8))
    record = MemoryJournal()
    record.until = second[-1][1]
    record.add_gap(Gap(told[1], first[-1][1], NOT_RUNNING, filled=told[1]))
    record.add_gap(Gap(between[-1][1], second[-1][1], NOT_CONNECTED, filled=between[-1][1]))
    roads = open_roads(record)
    roads.wait_closed(2)
    assert roads.store.told("history") == [*first, *second]
    assert hass.accepted == 2
