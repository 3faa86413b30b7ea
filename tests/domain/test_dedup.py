from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.dedup import LATE, Deduplicator, Duplicate, Sifted
from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent, Unreadable
from tests.making import SECOND, batch, state


def deduplicator(*, road_up: bool = True, size: int = 1000) -> Deduplicator:
    made = Deduplicator(window=5, settle=2, size=size, twins=True)
    made.road(up=road_up)
    return made


def sift(
    dedup: Deduplicator, events: Sequence[Event], source: str = "ws", first: int = 0, now: float = 0
) -> Sifted:
    return dedup.sift(batch(events, source, first), now)


def passed(sifted: Sifted) -> list[int]:
    return list(sifted.batch.seqs)


def untimed(value: str = "1", time: int = 0, entity_id: str = "sensor.a") -> StateEvent:
    return state(entity_id, value, time, timed=False)


def test_the_same_moment_from_another_carrier_is_a_duplicate_of_the_first() -> None:
    dedup = deduplicator()
    assert passed(sift(dedup, [state(time=7)], "ws", 0)) == [0]
    again = sift(dedup, [state(time=7)], "mqtt", 5)
    assert (passed(again), again.duplicates) == ([], [Duplicate(("mqtt", 5), ("ws", 0))])


def test_the_same_carrier_again_is_a_resend_and_passes() -> None:
    dedup = deduplicator()
    for _ in range(3):
        assert passed(sift(dedup, [state(time=7)], "ws", 0)) == [0]


def test_a_duplicate_stays_one_when_it_is_sent_again() -> None:
    dedup = deduplicator()
    sift(dedup, [state(time=7)], "ws", 0)
    for _ in range(2):
        assert sift(dedup, [state(time=7)], "mqtt", 5).duplicates == [Duplicate(("mqtt", 5), ("ws", 0))]


def test_without_untimed_roads_times_alone_decide() -> None:
    dedup = Deduplicator(window=5, settle=2, size=10, twins=False)
    assert passed(sift(dedup, [state(time=7), state(time=8), state(time=7)])) == [0, 1]


def test_a_retained_replay_is_no_news() -> None:
    reading = Reading(1, "mqtt", {}, {"value": 1.0}, retained=True)
    sifted = sift(deduplicator(), [state(retained=True), reading])
    assert (passed(sifted), sifted.stale) == ([], [0, 1])


def test_a_reading_has_no_twin_and_passes() -> None:
    assert passed(sift(deduplicator(), [Reading(1, "mqtt", {}, {"value": 1.0})] * 2)) == [0, 1]


def test_a_removal_without_time_does_not_wait() -> None:
    assert passed(sift(deduplicator(), [state(value=None, timed=False)])) == [0]


def test_bus_events_are_known_by_type_time_and_context() -> None:
    events = [
        BusEvent(1, "call_service", {}, "a"),
        BusEvent(1, "call_service", {}, "b"),
        BusEvent(1, "x", {}, "a"),
    ]
    dedup = deduplicator()
    assert passed(sift(dedup, events)) == [0, 1, 2]
    assert not passed(sift(dedup, events, first=3))


def test_an_untimed_bus_event_finds_its_twin_by_its_data() -> None:
    dedup = deduplicator()
    sift(dedup, [BusEvent(0, "x", {"b": 1, "a": 2}, "c")], "ws")
    late = sift(dedup, [BusEvent(SECOND, "x", {"a": 2, "b": 1}, timed=False)], "mqtt")
    assert late.duplicates == [Duplicate(("mqtt", 0), ("ws", 0))]


def test_a_late_twin_without_time_is_dropped() -> None:
    dedup = deduplicator()
    sift(dedup, [state(value="5", time=0)], "ws", 3)
    late = sift(dedup, [untimed("5", SECOND)], "mqtt", 9)
    assert late.duplicates == [Duplicate(("mqtt", 9), ("ws", 3))]


def test_an_untimed_message_waits_for_its_twin_and_is_dropped_when_it_comes() -> None:
    dedup = deduplicator()
    assert not passed(sift(dedup, [untimed("5", 0)], "mqtt", 9, now=10))
    assert dedup.held == 1
    twin = sift(dedup, [state(value="5", time=SECOND)], "ws", 3, now=11)
    assert (passed(twin), twin.duplicates) == ([3], [Duplicate(("mqtt", 9), ("ws", 3))])
    assert dedup.held == 0
    assert not dedup.due(now=100)


def test_an_untimed_message_without_twin_passes_after_the_settling_time() -> None:
    dedup = deduplicator()
    sift(dedup, [untimed()], "mqtt", 9, now=10)
    assert not dedup.due(now=11.9)
    (released,) = dedup.due(now=12.1)
    assert (released.source, list(released.seqs)) == ("mqtt", [9])


def test_nobody_waits_for_a_road_that_is_down() -> None:
    dedup = deduplicator(road_up=False)
    assert passed(sift(dedup, [untimed()], "mqtt")) == [0]


def test_the_loss_of_the_other_road_releases_what_is_held() -> None:
    dedup = deduplicator()
    sift(dedup, [untimed()], "mqtt", 9, now=10)
    dedup.road(up=False)
    assert [list(each.seqs) for each in dedup.due(now=10)] == [[9]]


def test_a_stopping_bridge_releases_what_is_held() -> None:
    dedup = deduplicator()
    sift(dedup, [untimed()], "mqtt", 9, now=10)
    assert [list(each.seqs) for each in dedup.release()] == [[9]]
    sift(dedup, [untimed(time=SECOND)], "mqtt", 10, now=10)
    assert dedup.held == 1


def test_a_twin_that_comes_after_the_release_is_the_duplicate() -> None:
    dedup = deduplicator(road_up=False)
    sift(dedup, [untimed("5", 0)], "mqtt", 9)
    dedup.road(up=True)
    late = sift(dedup, [state(value="5", time=4 * SECOND)], "ws", 3, now=60)
    assert late.duplicates == [Duplicate(("ws", 3), ("mqtt", 9))]


def test_an_event_whose_state_is_its_time_finds_its_twin_by_its_entity() -> None:
    dedup = deduplicator()
    heard, shown = "2026-01-10T18:00:00.123+00:00", "2026-01-10T18:00:00.125+00:00"
    assert not passed(sift(dedup, [untimed(heard, 0, "event.a")], "mqtt", 9))
    assert not passed(sift(dedup, [untimed("unavailable", 0, "event.a")], "mqtt", 10))
    twin = sift(dedup, [state("event.a", shown, SECOND)], "ws", 3)
    assert (passed(twin), twin.duplicates) == ([3], [Duplicate(("mqtt", 9), ("ws", 3))])
    assert dedup.held == 1


def test_outside_the_window_nothing_is_a_twin() -> None:
    dedup = deduplicator(road_up=False)
    sift(dedup, [untimed("5", 0)], "mqtt", 9)
    assert passed(sift(dedup, [state(value="5", time=6 * SECOND)], "ws", 3)) == [3]


def test_a_held_message_sent_again_goes_on_waiting() -> None:
    dedup = deduplicator()
    sift(dedup, [untimed()], "mqtt", 9)
    again = sift(dedup, [untimed()], "mqtt", 9)
    assert (passed(again), again.duplicates, dedup.held) == ([], [], 1)


def test_a_released_message_sent_again_passes_again() -> None:
    dedup = deduplicator(road_up=False)
    for _ in range(2):
        assert passed(sift(dedup, [untimed()], "mqtt", 9)) == [9]


def test_a_message_that_comes_late_finds_its_twin() -> None:
    dedup = deduplicator()
    sift(dedup, [state(value="5", time=0)], "ws", now=0)
    dedup.due(now=500)
    late = sift(dedup, [untimed("5", 590 * SECOND)], "mqtt", 9, now=590)
    assert late.duplicates == [Duplicate(("mqtt", 9), ("ws", 0))]


def test_a_message_that_was_received_in_time_and_came_late_finds_its_twin() -> None:
    dedup = deduplicator()
    sift(dedup, [state(value="5", time=0)], "ws", now=0)
    dedup.due(now=60)
    dedup.road(up=False)
    assert sift(dedup, [untimed("5", SECOND)], "mqtt", 9, now=60).duplicates


def test_while_the_road_with_times_is_down_a_message_is_no_late_twin() -> None:
    dedup = deduplicator()
    sift(dedup, [state(value="5", time=0)], "ws", now=0)
    dedup.road(up=False)
    assert passed(sift(dedup, [untimed("5", 6 * SECOND)], "mqtt", 9, now=6)) == [9]


def test_a_timed_event_waits_for_a_late_twin_no_longer_than_it_may_be_late() -> None:
    dedup = deduplicator()
    sift(dedup, [state(value="5", time=0)], "ws", now=0)
    dedup.due(now=LATE + 1)
    assert not sift(dedup, [untimed("5", 0)], "mqtt", now=LATE + 1).duplicates


def test_memory_is_bounded() -> None:
    dedup = deduplicator(size=10)
    sift(dedup, [state(time=time) for time in range(1000)])
    assert dedup.remembered <= 20


@given(st.lists(st.tuples(st.sampled_from("wm"), st.sampled_from("ab"), st.integers(0, 3)), max_size=30))
def test_every_message_of_either_road_is_stored_as_often_as_the_busier_road_says_it(
    arrivals: list[tuple[str, str, int]],
) -> None:
    """Within one window, n timed and m untimed copies of a value are max(n, m) events, in whatever order they come."""
    dedup = deduplicator()
    timed = {"a": 0, "b": 0}
    stored = {"a": 0, "b": 0}
    counts = {("w", "a"): 0, ("w", "b"): 0, ("m", "a"): 0, ("m", "b"): 0}
    for seq, (road, value, _) in enumerate(arrivals):
        counts[road, value] += 1
        if road == "w":
            timed[value] += 1
            event = state(value=value, time=timed[value] + (500 if value == "a" else 0))
            sifted = sift(dedup, [event], "ws", seq)
        else:
            sifted = sift(dedup, [untimed(value, 0)], "mqtt", seq)
        stored[value] += len(sifted.batch.events)
    for released in dedup.due(now=100):
        for each in released.events:
            assert isinstance(each, StateEvent)
            stored[str(each.state)] += 1
    for value in "ab":
        assert stored[value] == max(counts["w", value], counts["m", value])


def test_what_cannot_be_read_is_no_event() -> None:
    broken = Unreadable(1, "a/topic", b"{", "no JSON")
    sifted = sift(deduplicator(), [broken], "mqtt", 4)
    assert (passed(sifted), sifted.unreadable) == ([], [(4, broken)])


def test_a_dead_letter_tried_again_passes_whoever_brought_it_first() -> None:
    dedup = deduplicator()
    events = [state(time=7), untimed(), BusEvent(1, "x", {}, "c"), Reading(1, "mqtt", {}, {"value": 1.0})]
    sift(dedup, events, "ws", 0)
    again = msgspec.structs.replace(batch(events, "ws", 10), replayed=True)
    assert passed(dedup.sift(again, now=0)) == [10, 11, 12, 13]
    resent = batch(events[:3], "ws", 10)
    assert passed(dedup.sift(resent, now=0)) == [10, 11, 12]
