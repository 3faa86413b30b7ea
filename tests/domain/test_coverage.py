"""What the WebSocket road knows of what it has not seen."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.coverage import NOT_CONNECTED, NOT_RUNNING, SHED, Coverage
from ha_bridge.domain.events import BusEvent, Event
from ha_bridge.domain.gaps import absorbed
from ha_bridge.domain.records import Gap
from ha_bridge.domain.shedding import CALM
from tests.making import state


def states(*times: int) -> list[Event]:
    return [state(time=time) for time in times]


def covering(checkpoint: int = 0, *times: int) -> Coverage:
    """One that has begun, heard these and misses nothing."""
    coverage = Coverage()
    coverage.begin(checkpoint)
    coverage.connected()
    coverage.heard(states(*times))
    coverage.missed.clear()
    return coverage


def missed(coverage: Coverage) -> list[tuple[int, int, str]]:
    assert all(gap.filled == gap.start for gap in coverage.missed)
    return [(gap.start, gap.end, gap.cause) for gap in coverage.missed]


def test_the_first_start_ever_has_missed_nothing() -> None:
    coverage = Coverage()
    coverage.begin(0)
    coverage.connected()
    assert coverage.checkpoint(None) == 0
    coverage.heard(states(5, 90, 30), vanished=True)
    assert missed(coverage) == []
    assert coverage.checkpoint(None) == 90


def test_what_was_stored_before_coverage_began_does_not_hold_the_checkpoint() -> None:
    assert covering(0, 5, 90, 30).checkpoint(oldest_unsettled=5) == 90


def test_a_process_that_takes_over_has_missed_what_came_after_the_checkpoint() -> None:
    coverage = Coverage()
    coverage.connected()
    coverage.begin(100)
    assert coverage.checkpoint(None) == 100
    coverage.heard(states(50, 130))
    assert missed(coverage) == [(100, 130, NOT_RUNNING)]


def test_the_checkpoint_may_come_after_the_first_states() -> None:
    coverage = Coverage()
    coverage.connected()
    coverage.heard(states(50, 130))
    assert coverage.checkpoint(None) == 0
    assert missed(coverage) == []
    coverage.heard(states(140))
    coverage.begin(100)
    assert missed(coverage) == [(100, 140, NOT_RUNNING)]


def test_only_the_first_checkpoint_counts() -> None:
    coverage = covering(100, 130)
    coverage.begin(5)
    coverage.heard(states(140))
    assert missed(coverage) == []


def test_a_lost_connection_is_a_gap_up_to_the_newest_state_of_the_snapshot() -> None:
    coverage = covering(0, 100)
    coverage.heard(states(110, 120))
    coverage.connected()
    coverage.heard(states(115, 150, 20))
    assert missed(coverage) == [(120, 150, NOT_CONNECTED)]


def test_a_home_in_which_nothing_happened_has_no_gap() -> None:
    coverage = covering(0, 100)
    coverage.connected()
    coverage.heard(states(100, 20))
    assert missed(coverage) == []


def test_where_an_entity_has_vanished_the_next_change_ends_the_gap() -> None:
    coverage = covering(0, 100)
    coverage.connected()
    coverage.heard(states(90, 150), vanished=True)
    assert missed(coverage) == [(100, 150, NOT_CONNECTED)]
    assert coverage.checkpoint(None) == 100
    coverage.heard(states(170))
    assert missed(coverage)[1:] == [(150, 170, NOT_CONNECTED)]
    coverage.heard(states(180))
    assert len(coverage.missed) == 2


def test_what_vanished_before_coverage_began_is_of_no_matter_later() -> None:
    coverage = Coverage()
    coverage.begin(0)
    coverage.connected()
    coverage.heard(states(100), vanished=True)
    coverage.connected()
    coverage.heard(states(150))
    coverage.heard(states(170))
    assert missed(coverage) == [(100, 150, NOT_CONNECTED)]


def test_a_snapshot_asked_for_on_the_same_connection_ends_nothing() -> None:
    coverage = covering(0, 100)
    coverage.heard(states(150, 20), vanished=True)
    assert missed(coverage) == []


def test_several_attempts_to_connect_are_one_gap() -> None:
    coverage = covering(0, 100)
    coverage.connected()
    coverage.connected()
    coverage.heard([])
    coverage.connected()
    coverage.heard(states(130))
    assert missed(coverage) == [(100, 130, NOT_CONNECTED)]


def test_only_states_with_home_assistants_own_time_count() -> None:
    coverage = covering(0, 100)
    coverage.heard([BusEvent(500, "x", {}), state(time=600, timed=False)])
    assert coverage.checkpoint(None) == 100
    coverage.connected()
    coverage.heard([state(value=None, time=600, timed=False)])
    assert missed(coverage) == []
    coverage.heard(states(130))
    assert missed(coverage) == [(100, 130, NOT_CONNECTED)]


def test_the_checkpoint_stays_before_what_is_only_in_memory() -> None:
    coverage = covering(0, 100)
    coverage.heard(states(110, 120))
    assert coverage.checkpoint(oldest_unsettled=110) == 109
    assert coverage.checkpoint(oldest_unsettled=20) == 109
    assert coverage.checkpoint(None) == 120


def test_the_checkpoint_waits_until_a_gap_is_on_record() -> None:
    coverage = covering(0, 100)
    coverage.connected()
    coverage.heard(states(150))
    coverage.heard(states(160))
    assert coverage.checkpoint(None) == 100
    coverage.recorded(Gap(120, 150, NOT_CONNECTED, filled=120))
    assert coverage.checkpoint(None) == 100
    coverage.recorded(Gap(90, 150, NOT_CONNECTED, filled=90))
    assert coverage.missed == []
    assert coverage.checkpoint(None) == 160


def test_the_checkpoint_follows_a_clock_of_home_assistant_that_is_set_back() -> None:
    coverage = covering(0, 100)
    coverage.heard(states(900))
    assert coverage.checkpoint(None) == 900
    coverage.heard(states(110))
    assert coverage.checkpoint(None) == 110


def test_what_is_shed_is_a_gap_and_holds_the_checkpoint_until_it_is_said() -> None:
    coverage = covering(0, 100)
    coverage.heard(states(110, 120, 130))
    coverage.shed(states(120, 130), now=0)
    assert coverage.checkpoint(None) == 119
    coverage.tick(0)
    assert missed(coverage) == [(119, 130, SHED)]
    coverage.recorded(coverage.missed[0])
    coverage.heard(states(140))
    assert coverage.checkpoint(None) == 130
    coverage.tick(CALM)
    assert coverage.missed == []
    assert coverage.checkpoint(None) == 140


def test_states_of_a_snapshot_that_were_stored_before_are_no_loss_when_they_are_shed() -> None:
    coverage = covering(0, 100)
    coverage.checkpoint(None)
    coverage.connected()
    coverage.heard(states(20, 100))
    coverage.shed([*states(20, 100), BusEvent(500, "x", {})], now=0)
    coverage.tick(0)
    assert missed(coverage) == []


class World:
    """A Home Assistant, a journal, and bridges that come and go. `changes` are the times of all changes."""

    def __init__(self) -> None:
        self.time = 1000
        self.now = 0.0
        self.home: dict[str, int] = {"a": 1, "b": 2}
        self.changes: list[int] = []
        self.checkpoint = 0
        self.gaps: list[Gap] = []
        self.stored: set[int] = set()
        self.unheard: dict[str, set[int]] = {}
        self.start()

    def start(self) -> None:
        self.coverage = Coverage()
        self.connected = False
        self.unsettled: list[int] = []
        self.known: set[str] | None = None
        self.full = False

    def begin(self) -> None:
        self.coverage.begin(self.checkpoint)

    def change(self, entity_id: str) -> None:
        self.time += 3
        self.home[entity_id] = self.time
        if self.checkpoint:
            self.changes.append(self.time)
        if self.connected:
            self.hear([self.time])
        else:
            self.unheard.setdefault(entity_id, set()).add(self.time)

    def remove(self, entity_id: str) -> None:
        self.time += 3
        self.home.pop(entity_id, None)
        if not self.connected and self.known is not None and entity_id not in self.known:
            # It came and went while nobody listened: nobody could ask for it.
            gone = self.unheard.pop(entity_id, set())
            self.changes = [time for time in self.changes if time not in gone]

    def connect(self) -> None:
        self.unheard.clear()
        self.coverage.connected()
        self.connected = True
        vanished = self.known is None or not self.known <= self.home.keys()
        self.hear(list(self.home.values()), vanished=vanished)

    def lose(self) -> None:
        self.known = set(self.home) if self.connected else self.known
        self.connected = False

    def hear(self, times: list[int], *, vanished: bool = False) -> None:
        events = states(*times)
        self.coverage.heard(events, vanished=vanished)
        if self.full:
            self.coverage.shed(events, self.now)
        else:
            self.unsettled += times

    def settle(self) -> None:
        self.stored.update(self.unsettled[:2])
        del self.unsettled[:2]

    def say(self) -> None:
        self.now += 20
        self.coverage.tick(self.now)
        for gap in list(self.coverage.missed):
            kept = absorbed(self.gaps, gap)
            self.gaps = [each for each in self.gaps if (each.start, each.cause) != (kept.start, kept.cause)]
            self.gaps.append(kept)
            self.coverage.recorded(kept)
        oldest = self.unsettled[0] if self.unsettled else None
        self.checkpoint = self.coverage.checkpoint(oldest) or self.checkpoint

    def toggle_full(self) -> None:
        self.full = not self.full

    def finish(self) -> None:
        """Let everything come to rest."""
        self.full = False
        self.begin()
        self.connect()
        self.change("a")
        while self.unsettled:
            self.settle()
        for _ in range(5):
            self.say()

    def lost(self) -> list[int]:
        """Changes that are neither stored nor in a gap."""
        return [time for time in self.changes if time not in self.stored and not self.in_gap(time)]

    def in_gap(self, time: int) -> bool:
        return any(gap.start < time <= gap.end for gap in self.gaps)


ACTIONS = {
    "change a": lambda world: world.change("a"),
    "change b": lambda world: world.change("b"),
    "remove b": lambda world: world.remove("b"),
    "connect": World.connect,
    "lose": World.lose,
    "settle": World.settle,
    "say": World.say,
    "kill": World.start,
    "begin": World.begin,
    "full": World.toggle_full,
}


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=60))
def test_every_change_is_stored_or_in_a_gap_whatever_happens(actions: Sequence[str]) -> None:
    world = World()
    for action in ["begin", "connect", "change a", "settle", "settle", "settle", "say", *actions]:
        ACTIONS[action](world)
    world.finish()
    assert world.lost() == []
    assert world.checkpoint >= world.changes[-1]
