from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.batcher import Batcher
from ha_bridge.domain.circuit import Circuit, CircuitState
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.records import Kept
from ha_bridge.domain.routing import Points
from ha_bridge.domain.writer import Answer, Writer
from tests.making import ManualClock, point
from tests.sinks import MemorySink


class Rig:
    """A writer with its sink and its clock."""

    def __init__(self, sink: MemorySink, size: int = 100) -> None:
        self.sink = sink
        self.clock = ManualClock()
        circuit = Circuit(Backoff(initial=1, factor=2, maximum=60, jitter=0))
        self.writer = Writer("main", sink, Batcher(size, 0), circuit, self.clock, lambda: 0.0)

    def add(self, times: Iterable[int], *, resent: bool = False) -> None:
        times = list(times)
        self.writer.add(Points("ws", times, [point(time) for time in times], resent=resent))

    def work(self) -> list[Answer]:
        answers = []
        while self.writer.has_work():
            answers += self.writer.step()
        return answers


def seqs(answers: list[Answer], disposition: Disposition) -> list[int]:
    return [seq for each in answers if each.disposition is disposition for seq in each.seqs.get("ws", ())]


def test_points_are_written_and_answered_for() -> None:
    rig = Rig(MemorySink())
    rig.add([1, 2, 3])
    answers = rig.work()
    assert rig.sink.stored == [1, 2, 3]
    assert seqs(answers, Disposition.WRITTEN) == [1, 2, 3]
    assert (rig.writer.tally.points_written, rig.writer.backlog) == (3, 0)


def test_a_sink_that_is_away_gets_the_same_bytes_later() -> None:
    rig = Rig(MemorySink())
    rig.sink.failures.append(Unavailable("connection refused"))
    rig.add([1, 2])
    assert not rig.work()
    assert (rig.writer.trouble, rig.writer.backlog) == ("connection refused", 2)
    rig.add([3])
    rig.clock.now += 1
    assert seqs(rig.work(), Disposition.WRITTEN) == [1, 2, 3]
    assert rig.sink.delivered[0] == rig.sink.delivered[1]
    assert rig.writer.trouble == ""


def test_the_servers_wait_is_kept() -> None:
    rig = Rig(MemorySink())
    rig.sink.failures.append(Unavailable("429", retry_after=30))
    rig.add([1])
    rig.work()
    rig.clock.now += 29
    assert not rig.writer.has_work()
    rig.clock.now += 1
    assert seqs(rig.work(), Disposition.WRITTEN) == [1]


def test_a_refusal_keeps_everything_and_is_tried_again_after_the_longest_wait() -> None:
    rig = Rig(MemorySink())
    rig.sink.failures.append(Refused("401: set sinks.main.token"))
    rig.add([1])
    rig.work()
    assert rig.writer.trouble == "401: set sinks.main.token"
    assert rig.writer.circuit is CircuitState.OPEN
    rig.clock.now += 60
    assert seqs(rig.work(), Disposition.WRITTEN) == [1]


def test_a_fault_of_the_adapter_costs_no_data() -> None:
    rig = Rig(MemorySink())
    rig.sink.failures.append(ZeroDivisionError("oops"))
    rig.add([1])
    rig.work()
    assert "oops" in rig.writer.trouble
    rig.writer.hurry()
    assert seqs(rig.work(), Disposition.WRITTEN) == [1]


@given(st.integers(1, 200), st.sets(st.integers(0, 199)), st.integers(1, 200), st.booleans())
def test_bad_points_cost_only_themselves(count: int, bad: set[int], most: int, named: bool) -> None:
    rig = Rig(MemorySink(bad=lambda time: time in bad, most=most), size=50)
    rig.sink.names_bad_lines = named
    rig.add(range(count))
    answers = rig.work()
    assert sorted(seqs(answers, Disposition.DEAD_LETTERED)) == sorted(bad & set(range(count)))
    assert seqs(answers, Disposition.WRITTEN) == rig.sink.stored == [t for t in range(count) if t not in bad]
    assert sorted(int(letter.raw) for each in answers for letter in each.letters) == sorted(
        bad & set(range(count))
    )


def test_a_dead_letter_says_how_often_it_was_tried() -> None:
    rig = Rig(MemorySink(bad=lambda time: time == 3))
    rig.add([1, 2, 3, 4])
    rig.sink.failures.append(Unavailable("away"))
    rig.work()
    rig.clock.now += 60
    [letter] = [letter for answer in rig.work() for letter in answer.letters]
    # In vain with all four, then rejected with them, with one other and alone.
    assert letter.attempts == 4


def test_a_bad_line_that_the_sink_names_takes_few_requests() -> None:
    rig = Rig(MemorySink(bad=lambda time: time == 777), size=1000)
    rig.sink.names_bad_lines = True
    rig.add(range(1000))
    rig.work()
    assert len(rig.sink.stored) == 999
    assert len(rig.sink.delivered) <= 5


def test_a_payload_too_large_is_halved_and_later_ones_are_smaller() -> None:
    rig = Rig(MemorySink(most=10), size=40)
    rig.add(range(40))
    rig.work()
    before = len(rig.sink.delivered)
    rig.add(range(40, 80))
    rig.work()
    assert rig.sink.stored == list(range(80))
    assert len(rig.sink.delivered) - before == 4


def test_a_sink_that_takes_large_payloads_again_gets_them() -> None:
    rig = Rig(MemorySink(most=1), size=40)
    rig.add(range(40))
    rig.work()
    rig.sink._most = 1000
    for _ in range(6):
        rig.clock.now += 60
        rig.add([100])
        rig.work()
    before = len(rig.sink.delivered)
    rig.add(range(200, 240))
    rig.work()
    assert len(rig.sink.delivered) - before == 1


def test_a_point_that_cannot_be_encoded_costs_only_itself() -> None:
    rig = Rig(MemorySink())
    rig.sink.unencodable = {2}
    rig.add([1, 2, 3])
    answers = rig.work()
    assert seqs(answers, Disposition.DEAD_LETTERED) == [2]
    [letter] = [letter for each in answers for letter in each.letters]
    assert ("poison" in letter.reason, letter.attempts) == (True, 2)
    assert rig.sink.stored == [1, 3]


def test_a_load_of_nothing_but_poison_delivers_nothing() -> None:
    rig = Rig(MemorySink())
    rig.sink.unencodable = {1}
    rig.add([1])
    assert seqs(rig.work(), Disposition.DEAD_LETTERED) == [1]
    assert not rig.sink.delivered


def test_what_waits_is_not_taken_twice_when_it_is_sent_again() -> None:
    rig = Rig(MemorySink())
    rig.sink.failures.append(Unavailable("away"))
    rig.add([1, 2])
    rig.work()
    rig.add([3])
    rig.add([1, 2, 3, 4], resent=True)
    assert rig.writer.backlog == 4
    rig.add([1, 2, 3, 4], resent=True)
    assert rig.writer.backlog == 4


def test_lag_and_duration_are_measured() -> None:
    rig = Rig(MemorySink())
    rig.add([rig.clock.micros() - 3_000_000])
    rig.work()
    assert rig.writer.lag_seconds.buckets().total == 3
    assert sum(rig.writer.write_seconds.buckets().counts) == 1


def test_the_past_and_repeats_have_no_lag() -> None:
    rig = Rig(MemorySink())
    for source, seconds in (("history", 3600), ("home_assistant", 3), ("heartbeat", 5), ("mqtt", 1)):
        time = rig.clock.micros() - seconds * 1_000_000
        rig.writer.add(Points(source, [1], [point(time)]))
    rig.work()
    buckets = rig.writer.lag_seconds.buckets()
    assert (buckets.total, sum(buckets.counts)) == (4, 2)


def test_a_sink_that_does_not_keep_up_does_without_what_nobody_waits_for() -> None:
    rig = Rig(MemorySink(), size=2)
    rig.sink.failures.append(Unavailable("away"))
    spare = Points("heartbeat", [0], [point(9)], spare=True)
    rig.add([1, 2])
    rig.writer.add(spare)
    assert rig.writer.backlog == 3
    rig.writer.add(spare)
    assert rig.writer.backlog == 3
    rig.work()
    rig.clock.now += 1
    rig.work()
    assert rig.sink.stored == [1, 2, 9]


def test_closing_closes_the_sink() -> None:
    rig = Rig(MemorySink())
    rig.writer.close()
    assert rig.sink.closed


def spill(rig: Rig) -> list[int]:
    """Let it spill, durably; the points that went."""
    payloads, _ = rig.writer.spill()
    rig.writer.spilled([ticket for ticket, _ in payloads], "")
    return [int(line) for _, kept in payloads for line in kept.payload.split(b"\n")]


def away(rig: Rig, times: Iterable[int] = (1, 2)) -> None:
    """A sink that does not answer for a long time, with points waiting for it."""
    rig.sink.failures.extend(Unavailable("away") for _ in range(1000))
    rig.add(times)
    rig.work()


def test_a_short_outage_touches_no_disk() -> None:
    rig = Rig(MemorySink())
    away(rig)
    assert not spill(rig)
    rig.clock.now += 4.9
    assert not spill(rig)


def test_a_longer_outage_spills_what_waits_and_settles_it_as_journaled() -> None:
    rig = Rig(MemorySink())
    away(rig)
    rig.writer.spill()
    rig.add([3])
    rig.clock.now += 5
    payloads, answers = rig.writer.spill()
    assert not answers
    assert sum(kept.points for _, kept in payloads) == 3
    assert seqs(rig.writer.spilled([ticket for ticket, _ in payloads], ""), Disposition.JOURNALED) == [
        1,
        2,
        3,
    ]
    assert rig.writer.backlog == 0


def test_a_pressed_source_spills_at_once() -> None:
    rig = Rig(MemorySink())
    away(rig)
    rig.writer.add(Points("ws", [3], [point(3)], urgent=True))
    assert spill(rig) == [1, 2, 3]


def test_a_sink_too_slow_for_its_load_spills_too() -> None:
    rig = Rig(MemorySink(), size=10)
    rig.add(range(1000))
    rig.writer.spill()
    rig.clock.now += 5
    assert spill(rig) == list(range(1000))


def test_what_the_journal_cannot_take_stays_in_memory_and_is_offered_again() -> None:
    rig = Rig(MemorySink())
    away(rig)
    rig.writer.spill()
    rig.clock.now += 5
    payloads, _ = rig.writer.spill()
    assert not rig.writer.spill()[0]
    assert not rig.writer.spilled([ticket for ticket, _ in payloads], "full")
    assert rig.writer.backlog == 2
    rig.writer.add(Points("ws", [3], [point(3)], urgent=True))
    assert not spill(rig)
    rig.clock.now += 5
    assert spill(rig) == [1, 2, 3]


def test_an_answer_lost_with_the_journal_is_not_waited_for_for_ever() -> None:
    rig = Rig(MemorySink())
    away(rig)
    rig.writer.spill()
    rig.clock.now += 5
    lost, _ = rig.writer.spill()
    rig.add([1, 2], resent=True)
    assert rig.writer.backlog == 2
    rig.clock.now += 15
    assert spill(rig) == [1, 2]
    assert not rig.writer.spilled([ticket for ticket, _ in lost], "")


def test_a_stopping_bridge_spills_at_once() -> None:
    rig = Rig(MemorySink())
    away(rig)
    rig.writer.hurry()
    rig.work()
    assert spill(rig) == [1, 2]


def test_poison_found_while_spilling_costs_only_itself() -> None:
    rig = Rig(MemorySink())
    rig.sink.unencodable = {2}
    away(rig, [1])
    rig.writer.add(Points("ws", [2, 3], [point(2), point(3)], urgent=True))
    payloads, answers = rig.writer.spill()
    assert seqs(answers, Disposition.DEAD_LETTERED) == [2]
    assert [kept.payload for _, kept in payloads] == [b"1", b"3"]


def kept(number: int, *times: int) -> Kept:
    return Kept("main", "\n".join(map(str, times)).encode(), len(times), number)


def wants_backlog(rig: Rig) -> bool:
    return rig.writer.wants_backlog


def test_the_backlog_drains_behind_fresh_points() -> None:
    rig = Rig(MemorySink())
    assert wants_backlog(rig)
    rig.writer.drain.asked()
    assert not wants_backlog(rig)
    rig.writer.drain.fetched([kept(7, 1, 2), kept(8, 3)])
    rig.add([99])
    answers = rig.work()
    assert rig.sink.stored == [99, 1, 2, 3]
    assert [number for each in answers for number in each.forget] == [7, 8]
    assert rig.writer.drain.after == 8
    rig.writer.drain.fetched([])
    assert not wants_backlog(rig)
    rig.writer.drain.waiting()
    assert wants_backlog(rig)
    assert rig.writer.drain.after == 0


def test_a_bad_point_of_the_backlog_costs_only_itself_and_its_payload_is_forgotten_last() -> None:
    rig = Rig(MemorySink(bad=lambda time: time == 3))
    rig.writer.drain.fetched([kept(7, 1, 2, 3, 4)])
    answers = rig.work()
    assert rig.sink.stored == [1, 2, 4]
    assert [letter.raw for each in answers for letter in each.letters] == [b"3"]
    assert [each.forget for each in answers if each.forget] == [(7,)]
    assert answers[-1].forget == (7,)


def test_a_payload_is_not_fetched_twice() -> None:
    rig = Rig(MemorySink())
    rig.writer.drain.fetched([kept(7, 1)])
    rig.writer.drain.waiting()
    rig.writer.drain.fetched([kept(7, 1), kept(8, 2)])
    rig.work()
    assert rig.sink.stored == [1, 2]


def test_the_backlog_is_not_asked_for_while_the_sink_is_away() -> None:
    rig = Rig(MemorySink())
    away(rig)
    assert not wants_backlog(rig)
    rig.clock.now += 1
    assert wants_backlog(rig)
