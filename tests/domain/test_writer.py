from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.batcher import Batcher
from ha_bridge.domain.circuit import Circuit, CircuitState
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.failures import Refused, Unavailable
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
        self.writer = Writer(sink, Batcher(size, 0), circuit, self.clock, lambda: 0.0)

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
    assert rig.writer.tally.dead_letters == len(bad & set(range(count)))


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


def test_a_point_that_cannot_be_encoded_costs_only_itself() -> None:
    rig = Rig(MemorySink())
    rig.sink.unencodable = {2}
    rig.add([1, 2, 3])
    answers = rig.work()
    assert seqs(answers, Disposition.DEAD_LETTERED) == [2]
    assert "poison" in next(each.reason for each in answers if each.reason)
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


def test_closing_closes_the_sink() -> None:
    rig = Rig(MemorySink())
    rig.writer.close()
    assert rig.sink.closed
