"""Source, deduplicator, filter and writer as real actors under a real supervisor, with a source and a sink of our own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pykka
import pytest

from actors.address import Address
from actors.batch_writer import BatchWriter
from actors.deduplicator import DeduplicatorActor
from actors.filter import Filter
from actors.journal import JournalActor
from actors.messages import Message, Reconfigure, Shutdown, Tick
from actors.metrics import Metrics
from actors.source import Source
from actors.supervisor import ChildSpec, Outcome, Plan, Supervisor, builder
from ha_bridge.clock import SystemClock
from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.batcher import Batcher
from ha_bridge.domain.board import Board
from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.circuit import Circuit
from ha_bridge.domain.debts import Debts
from ha_bridge.domain.dedup import Deduplicator
from ha_bridge.domain.events import Disposition, Event, StateEvent, Unreadable
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.intake import Intake, Ledger
from ha_bridge.domain.metrics import DEAD_LETTERS, EVENTS_IN_FLIGHT, EVENTS_RECEIVED, POINTS_WRITTEN
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.routing import Outlet, Router, Routing
from ha_bridge.domain.rules import Rule, Rules
from ha_bridge.domain.supervision import Intensity, Policy
from ha_bridge.domain.suspects import Suspects
from ha_bridge.domain.upkeep import Upkeep
from ha_bridge.domain.writer import Writer
from tests.making import SECOND, state
from tests.memory_journal import MemoryJournal
from tests.sinks import MemorySink
from tests.waiting import wait_for

POLICY = Policy(Backoff(initial=0.01, factor=2, maximum=0.1, jitter=0), hang_after=3)
POISON = "poison"


class Listed(Source[Event]):
    """A source that takes events from whoever has its handle."""

    def __init__(
        self, post: Any, intake: Intake, downstream: Address, journal: Address, handle: dict[str, "Listed"]
    ) -> None:
        super().__init__(post, intake, downstream, journal)
        handle[intake.source] = self

    def setup(self) -> None:
        self.resend()

    def size(self, raw: Event) -> int:
        return 1

    def take(self, raw: Sequence[Event]) -> None:
        self.send(raw)


class Wanting:
    """Wants what the test lets through; a poisonous event makes it raise."""

    def __init__(self, test: Callable[[Event], bool]) -> None:
        self._test = test

    def wants(self, event: Event) -> bool:
        if isinstance(event, StateEvent) and event.state == POISON:
            raise ValueError("poison")
        return self._test(event)


class OnePoint:
    """A layout of a point an event."""

    def points(self, event: Event) -> Sequence[Point]:
        return [Point(Series("m", {}), {"value": 1.0}, event.time)]


class PointOfAttributes:
    """A layout whose points have a field for each attribute."""

    def points(self, event: Event) -> Sequence[Point]:
        attributes = event.attributes if isinstance(event, StateEvent) else None
        return [Point(Series("m", {}), {"value": 1.0, **(attributes or {})}, event.time)]


class Ear(pykka.ThreadingActor):
    """Takes down what it is told."""

    use_daemon_thread = True

    def __init__(self, told: list[Any]) -> None:
        super().__init__()
        self._told = told

    def on_receive(self, message: Any) -> None:
        self._told.append(message)


class Die(Message, frozen=True):
    """Not a message anybody knows; sent to actors whose `handle` is made to raise on it."""


class Line:
    """The whole pipeline over two sources and a memory sink."""

    def __init__(self) -> None:
        self.most_series = 1
        self.tidied = 0
        self.untidy = ""
        self.sink = MemorySink(bad=lambda time: time == 13)
        clock = SystemClock()
        self.clock = clock
        self.board = Board("test", clock.micros())
        self.journal = MemoryJournal()
        names = ("metrics", "journal", "writer.main", "filter", "deduplicator", "ws", "mqtt")
        self.inspector = Address("inspector")
        self.addresses = {name: Address(name) for name in names}
        self.intakes = {name: Intake(name, 100_000) for name in ("ws", "mqtt")}
        self.said = dict.fromkeys(self.intakes, 0)
        self.handle: dict[str, Listed] = {}
        sources = {name: self.addresses[name] for name in self.intakes}
        self.router = Router(Routing(Wanting(lambda event: event.time != 7), self.outlets()))
        circuit = Circuit(Backoff(initial=0.02, factor=2, maximum=0.1, jitter=0))
        writer = Writer("main", self.sink, Batcher(100, 0.05), circuit, clock, lambda: 0.0)
        self.dedup = dedup = Deduplicator(window=5, settle=0.2, size=100_000, twins=True)
        writers, journal = {"main": self.addresses["writer.main"]}, self.addresses["journal"]
        builds = {
            "metrics": builder(Metrics, self.board),
            "journal": builder(
                JournalActor, self.journal, sources, writers, self.addresses["ws"], Address("history")
            ),
            "writer.main": builder(
                BatchWriter, "main", 1, self.addresses["filter"], journal, writer, Upkeep(self._tidy)
            ),
            "filter": builder(
                Filter, sources, writers, journal, Suspects(), self.router, Debts(), self.inspector
            ),
            "deduplicator": builder(
                DeduplicatorActor, sources, self.addresses["filter"], journal, Suspects(), dedup
            ),
            **{
                name: builder(Listed, intake, self.addresses["deduplicator"], journal, self.handle)
                for name, intake in self.intakes.items()
            },
        }
        specs = [ChildSpec(self.addresses[name], build, POLICY) for name, build in builds.items()]
        specs[5:] = [
            msgspec.structs.replace(
                spec, at_rest=self._rest(spec.address.name), road=spec.address.name == "ws"
            )
            for spec in specs[5:]
        ]
        self.outcome = Outcome()
        self.address = Address("supervisor")
        plan = Plan(
            specs,
            self.addresses["metrics"],
            self.addresses["deduplicator"],
            Intensity(1000, 60),
            clock,
            lambda: 0.0,
        )
        Supervisor.start(self.address, plan, self.outcome)
        self._over = threading.Event()
        self._ticking = threading.Thread(target=self._tick)
        self._ticking.start()
        wait_for(lambda: self.board.snapshot(clock.micros()).ready, what="all parts up")

    def _tidy(self, micros: int) -> bool:
        self.tidied += 1
        if self.untidy:
            raise Unavailable(self.untidy)
        return True

    def outlets(self) -> list[Outlet]:
        return [Outlet("main", 1, Wanting(lambda event: True), GuardedLayout(OnePoint(), self.most_series))]

    def reroute(self, routing: Routing) -> None:
        self.router.ask_for(routing)
        self.addresses["filter"].tell(Reconfigure())

    def say(self, source: str, events: Sequence[Event]) -> None:
        self.said[source] += len(events)
        for event in events:
            self.handle[source].arrived(event)

    def kill(self, name: str) -> None:
        """Make the actor meet a bug."""
        ref = self.addresses[name]._ref
        assert ref is not None
        before = self.restarts(name)
        actor = ref._actor_weakref()
        assert actor is not None

        handle = actor.handle

        def bug(message: object) -> None:
            if isinstance(message, Die):
                raise RuntimeError("bug")  # noqa: TRY004 - not about types
            handle(message)

        actor.handle = bug
        self.addresses[name].tell(Die())
        wait_for(lambda: self.restarts(name) > before, what=f"{name} restarted")

    def restarts(self, name: str) -> int:
        children = self.board.snapshot(self.clock.micros()).children
        return next((child.restarts for child in children if child.child == name), 0)

    def ledger(self, source: str) -> Ledger:
        return self.intakes[source].ledger()

    def wait_for_rest(self, timeout: float = 10) -> None:
        def at_rest() -> bool:
            ledgers = {name: intake.ledger() for name, intake in self.intakes.items()}
            return all(
                each.received == self.said[name] and not each.in_flight for name, each in ledgers.items()
            )

        wait_for(at_rest, timeout, what="rest")

    def close(self) -> None:
        self._over.set()
        self._ticking.join()
        pykka.ActorRegistry.stop_all(timeout=5)

    def _rest(self, name: str) -> Callable[[], bool]:
        return lambda: self.intakes[name].at_rest

    def _tick(self) -> None:
        while not self._over.wait(0.01):
            self.address.tell(Tick(self.clock.monotonic()))


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


def rules(*given: Rule) -> Rules:
    return Rules(given, Registry(), None, lambda unit, wanted: None)


def timed(*times: int) -> list[Event]:
    return [state(f"sensor.s{time}", "1", time) for time in times]


def test_every_event_ends_in_its_disposition(line: Line) -> None:
    line.say("ws", [*timed(1, 2, 7, 13, 1), state("sensor.p", POISON, 99)])
    line.wait_for_rest()
    assert sorted(line.sink.stored) == [1, 2]
    settled = line.ledger("ws").settled
    assert settled[Disposition.WRITTEN] == 2
    assert settled[Disposition.FILTERED] == 1
    assert settled[Disposition.DUPLICATE] == 1
    assert settled[Disposition.DEAD_LETTERED] == 2


def test_both_roads_saying_the_same_is_stored_once(line: Line) -> None:
    line.say("ws", timed(*range(100, 600)))
    line.say("mqtt", timed(*range(100, 600)))
    line.wait_for_rest()
    assert sorted(line.sink.stored) == list(range(100, 600))
    written = sum(line.ledger(name).settled[Disposition.WRITTEN] for name in line.intakes)
    assert written == 500


def test_messages_without_time_wait_for_their_twin_and_then_go_on_alone(line: Line) -> None:
    now = line.clock.micros()
    line.say("mqtt", [state("sensor.a", "1", now, timed=False), state("sensor.b", "1", now + 1, timed=False)])
    line.say("ws", [state("sensor.a", "1", now + 2)])
    line.wait_for_rest()
    assert sorted(line.sink.stored) == [now + 1, now + 2]


@pytest.mark.parametrize(
    "victim", ["metrics", "journal", "writer.main", "filter", "deduplicator", "ws", "mqtt"]
)
def test_an_actor_that_dies_under_load_loses_and_doubles_nothing(line: Line, victim: str) -> None:
    line.sink.failures.extend(Unavailable("away") for _ in range(3))
    for start in range(1000, 4000, 500):
        line.say("ws", timed(*range(start, start + 500)))
        line.say("mqtt", timed(*range(start + 250, start + 500)))
        if start == 2000:
            line.kill(victim)
    line.wait_for_rest()
    wait_for(lambda: set(line.sink.stored) == set(range(1000, 4000)), what="everything in the sink")
    for name in line.intakes:
        ledger = line.ledger(name)
        assert ledger.received == sum(ledger.settled.values())


@pytest.mark.parametrize("victim", ["filter", "deduplicator"])
def test_an_event_that_hangs_a_stage_twice_is_given_up_and_the_others_go_on(line: Line, victim: str) -> None:
    hung = threading.Event()
    stuck = HangsOn("sensor.hang", hung)
    if victim == "filter":
        line.reroute(Routing(stuck, line.outlets()))
    else:
        vars(line.dedup)["_first"] = stuck.around(line.dedup._first)
    line.say("ws", [*timed(1, 2), state("sensor.hang", "1", 50), *timed(3, 4)])
    line.wait_for_rest(40)
    hung.set()
    assert sorted(set(line.sink.stored)) == [1, 2, 3, 4]
    (letter,) = line.journal.letters.values()
    assert (letter.about, letter.error, letter.attempts) == ("sensor.hang", "Hang", 2)
    assert line.restarts(victim) == 2


def test_an_outage_of_the_sink_is_a_state_and_costs_nothing(line: Line) -> None:
    line.sink.failures.extend(Unavailable("connection refused") for _ in range(4))
    line.say("ws", timed(1, 2, 3))

    def trouble() -> bool:
        children = line.board.snapshot(line.clock.micros()).children
        return any("connection refused" in child.reason for child in children)

    wait_for(trouble, what="the trouble on the board")
    line.wait_for_rest()
    assert line.sink.stored == [1, 2, 3]
    assert line.restarts("writer.main") == 0


def test_the_filter_can_be_changed_while_it_runs(line: Line) -> None:
    line.reroute(Routing(Wanting(lambda event: event.time == 7), line.outlets()))
    line.say("ws", timed(1, 7))
    line.wait_for_rest()
    assert line.sink.stored == [7]


def test_a_routing_that_a_dying_filter_was_asked_for_is_taken_over_by_its_successor(line: Line) -> None:
    line.router.ask_for(Routing(Wanting(lambda event: event.time == 7), line.outlets()))
    line.kill("filter")
    line.say("ws", timed(1, 7))
    line.wait_for_rest()
    assert line.sink.stored == [7]


@pytest.mark.parametrize("victim", ["filter", "writer.main", "deduplicator"])
def test_what_a_rule_lets_pass_is_stored_and_what_it_holds_back_is_not_whoever_dies(
    line: Line, victim: str
) -> None:
    limit = rules(Rule(rate_limit=10.0))
    line.reroute(Routing(Wanting(lambda event: True), line.outlets(), limit))
    times = [second * SECOND for second in range(1, 42)]
    line.sink.failures.extend([Unavailable("away")] * 3)
    for start, end in ((0, 15), (15, 30), (30, 41)):
        line.say("ws", [state("sensor.a", str(time), time) for time in times[start:end]])
        line.kill(victim)
    line.wait_for_rest()
    assert set(line.sink.stored) == {second * SECOND for second in (1, 11, 21, 31, 41)}
    assert line.ledger("ws").settled[Disposition.FILTERED] == 36


def test_an_event_that_makes_the_filter_raise_costs_its_neighbours_nothing(line: Line) -> None:
    limit = rules(Rule(rate_limit=10.0))
    line.reroute(Routing(Wanting(lambda event: True), line.outlets(), limit))
    poisoned = state("sensor.a", POISON, 3 * SECOND)
    line.say("ws", [state("sensor.a", "1", SECOND), state("sensor.a", "2", 2 * SECOND), poisoned])
    line.wait_for_rest()
    assert line.sink.stored == [SECOND]
    assert line.ledger("ws").settled[Disposition.DEAD_LETTERED] == 1


def test_an_unchanged_value_is_repeated_and_nobody_is_owed_an_answer_for_it(line: Line) -> None:
    line.reroute(Routing(Wanting(lambda event: True), line.outlets(), rules(Rule(heartbeat=1.0))))
    now = line.clock.micros()
    line.say("ws", [state("sensor.a", "1", now)])
    line.wait_for_rest()
    wait_for(lambda: len(line.sink.stored) >= 3, what="two repeats")
    first, *repeats = line.sink.stored
    assert first == now
    assert all(time % SECOND == 0 and time > now for time in repeats)
    assert len(set(repeats)) == len(repeats)
    ledger = line.ledger("ws")
    assert (ledger.received, ledger.settled[Disposition.WRITTEN]) == (1, 1)


def test_a_sink_full_of_series_is_a_state_with_its_mend(line: Line) -> None:
    line.most_series = 0
    line.reroute(Routing(Wanting(lambda event: True), line.outlets()))
    line.say("ws", timed(1))
    line.wait_for_rest()
    assert line.ledger("ws").settled[Disposition.FILTERED] == 1

    def reason() -> str:
        children = line.board.snapshot(line.clock.micros()).children
        return next(child.reason for child in children if child.child == "filter")

    assert "sinks.main.max_series" in wait_for(reason, what="the reason")


def test_the_inspector_is_told_of_a_field_that_comes_later_on_a_known_series(line: Line) -> None:
    told: list[Any] = []
    line.inspector.point_to(Ear.start(told))
    layout = GuardedLayout(PointOfAttributes(), 10)
    everything = Wanting(lambda event: True)
    line.reroute(Routing(everything, [Outlet("main", 1, everything, layout)]))
    line.say("ws", timed(1))
    wait_for(lambda: told, what="the first fields")
    line.say("ws", [state("sensor.s1", time=2, attributes={"battery": "low"})])
    wait_for(lambda: told[-1].fields == {"m": {"value": "float", "battery": "string"}}, what="the later one")


def test_a_stopping_bridge_writes_what_it_has_taken_in(line: Line) -> None:
    line.say("ws", timed(*range(1000, 2000)))
    line.say("mqtt", [state("sensor.a", "1", 5000, timed=False)])
    line.address.tell(Shutdown(line.clock.monotonic() + 5))
    assert line.outcome.finished.wait(6)
    assert set(line.sink.stored) == {*range(1000, 2000), 5000}
    assert line.sink.closed


def test_what_is_measured_reaches_the_board(line: Line) -> None:
    line.say("ws", [*timed(1, 2), state("sensor.p", POISON, 99)])
    line.wait_for_rest()

    def at(metric: Any, *labels: str) -> Any:
        return line.board.samples(line.clock.micros()).get(metric, {}).get(labels)

    wait_for(lambda: at(EVENTS_RECEIVED, "ws") == 3 and at(EVENTS_IN_FLIGHT, "ws") == 0, what="the ledger")
    wait_for(lambda: at(POINTS_WRITTEN, "main") == 2, what="the points")
    wait_for(lambda: at(DEAD_LETTERS) == 1, what="the dead letter")


def test_a_long_outage_spills_into_the_journal_and_drains_when_it_is_over(line: Line) -> None:
    line.sink.failures.extend(Unavailable("away") for _ in range(1000))
    line.intakes["mqtt"].limit = 8
    line.say("mqtt", timed(1, 2, 3, 4, 5))
    wait_for(lambda: line.ledger("mqtt").settled[Disposition.JOURNALED] == 5, what="journaled")
    assert sum(kept.points for kept in line.journal.payloads.values()) == 5
    line.sink.failures.clear()
    line.say("ws", timed(99))
    wait_for(lambda: sorted(line.sink.stored) == [1, 2, 3, 4, 5, 99], what="the drain")
    wait_for(lambda: not line.journal.payloads, what="the journal empty again")


def test_a_journal_that_is_full_stops_the_acknowledging_and_loses_nothing(line: Line) -> None:
    line.journal.trouble = "journal.max_bytes reached"
    line.sink.failures.extend(Unavailable("away") for _ in range(1000))
    line.intakes["mqtt"].limit = 4
    line.say("mqtt", timed(1, 2, 3, 4))

    def full() -> bool:
        children = line.board.snapshot(line.clock.micros()).children
        return any(child.child == "journal" and "max_bytes" in child.reason for child in children)

    wait_for(full, what="the alarm")
    assert line.ledger("mqtt").in_flight == 4
    line.journal.trouble = ""
    line.sink.failures.clear()
    line.wait_for_rest()
    assert sorted(line.sink.stored) == [1, 2, 3, 4]


def test_a_healthy_pipeline_never_writes_to_the_journal(line: Line) -> None:
    line.say("ws", timed(*range(1000, 2000)))
    line.wait_for_rest()
    assert line.journal.commits == 0


def test_a_sink_is_tidied_a_little_at_a_time_and_goes_on_where_that_fails(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    wait_for(lambda: line.tidied == 2, what="a second little piece")
    line.untidy = "the disk is busy"
    wait_for(lambda: line.tidied == 3, what="trouble")
    line.say("ws", timed(1, 2))
    line.wait_for_rest()
    assert line.ledger("ws").settled[Disposition.WRITTEN] == 2
    assert line.restarts("writer.main") == 0
    assert "sink not tidied" in caplog.text


def test_a_dead_letter_is_settled_only_when_it_is_durable(line: Line) -> None:
    line.journal.trouble = "no space"
    line.say("ws", [state("sensor.p", POISON, 99)])
    wait_for(lambda: line.ledger("ws").in_flight == 1, what="the event")
    wait_for(lambda: line.restarts("journal") == 0 and line.ledger("ws").in_flight == 1, what="waiting")
    line.journal.trouble = ""
    line.wait_for_rest()
    (letter,) = line.journal.letters.values()
    assert (letter.about, letter.source, letter.error, letter.reason) == (
        "sensor.p",
        "ws",
        "ValueError",
        "poison",
    )


def test_a_rejected_point_is_kept_with_the_servers_words(line: Line) -> None:
    line.say("ws", timed(12, 13, 14))
    line.wait_for_rest()
    (letter,) = line.journal.letters.values()
    assert (letter.stage, letter.raw, letter.sink, letter.reason) == ("write", b"13", "main", "bad line")


def test_a_dead_letter_of_a_sink_goes_to_that_sink_again(line: Line) -> None:
    line.say("ws", timed(13))
    line.wait_for_rest()
    line.sink.accept_everything()
    line.journal.asked.update(line.journal.letters)
    wait_for(lambda: line.sink.stored == [13], what="the replay")
    wait_for(lambda: not line.journal.letters and not line.journal.payloads, what="nothing left")


def test_a_dead_letter_of_a_stage_goes_down_the_line_again(line: Line) -> None:
    line.say("ws", [state("sensor.p", POISON, 99)])
    line.wait_for_rest()
    line.reroute(Routing(Only(), [Outlet("main", 1, Only(), GuardedLayout(OnePoint(), 1))]))
    line.journal.asked.update(line.journal.letters)
    wait_for(lambda: line.sink.stored == [99], what="the replay")
    wait_for(lambda: not line.journal.letters, what="nothing left")


def test_what_cannot_be_read_is_a_dead_letter(line: Line) -> None:
    line.say("mqtt", [Unreadable(5, "a/topic", b"{broken", "no JSON")])
    line.wait_for_rest()
    assert line.ledger("mqtt").settled[Disposition.DEAD_LETTERED] == 1
    (letter,) = line.journal.letters.values()
    assert (letter.stage, letter.about, letter.raw, letter.reason) == (
        "read",
        "a/topic",
        b"{broken",
        "no JSON",
    )


def test_a_damaged_journal_is_said(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.journal.lost.append("12 payloads")
    wait_for(lambda: any(record.msg == "journal damaged" for record in caplog.records), what="the loss")


class HangsOn:
    """Never comes back from one entity."""

    def __init__(self, entity_id: str, until: threading.Event) -> None:
        self._entity_id = entity_id
        self._until = until

    def wants(self, event: Event) -> bool:
        if isinstance(event, StateEvent) and event.entity_id == self._entity_id:
            self._until.wait()
        return True

    def around(self, judge: Callable[..., Any]) -> Any:
        def hanging(carrier: Any, event: Event, *more: Any) -> Any:
            self.wants(event)
            return judge(carrier, event, *more)

        return hanging


class Only:
    """Wants everything, poison too."""

    def wants(self, event: Event) -> bool:
        return True
