"""What a terminal of 80 columns shows."""

import io

import pytest
from rich.console import Console

from ha_bridge.demo.picture import Picture
from ha_bridge.demo.rates import Rates
from ha_bridge.demo.view import averages, line, per_second, short, tables
from ha_bridge.domain.board import Board
from ha_bridge.domain.histogram import Histogram
from ha_bridge.domain.metrics import (
    BACKLOG,
    EVENTS_IN_FLIGHT,
    EVENTS_RECEIVED,
    EVENTS_SETTLED,
    LAG_SECONDS,
    POINTS_WRITTEN,
    WRITE_SECONDS,
)
from ha_bridge.domain.supervision import ChildState, Health
from tests.making import SECOND, ManualClock

HEADERS = ("received", "written", "duplicate", "filtered", "dead", "shed", "in flight")


class Home:
    """A board with two roads and a sink, and a clock to move on."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.board = Board("1.2.3", self.clock.micros())
        states = {"mqtt": ChildState.UP, "home_assistant": ChildState.DOWN}
        children = [Health(name, state, "it [hangs] up", 0, 0) for name, state in states.items()]
        self.board.supervised(children, self.clock.micros())

    def carry(self, events: int, seconds: float) -> None:
        """Let both roads have carried so many events each, so many seconds later."""
        self.clock.now += seconds
        roads = ("home_assistant", "mqtt")
        took, late = Histogram((0.1, 1)), Histogram((0.1, 1))
        if events:
            took.observe([0.020])
            late.observe([12.0, 14.0])
        self.board.reported(
            "all",
            {
                EVENTS_RECEIVED: {(road,): events for road in roads},
                EVENTS_SETTLED: {("home_assistant", "written"): events, ("mqtt", "duplicate"): events - 1},
                EVENTS_IN_FLIGHT: {("home_assistant",): 0, ("mqtt",): 1},
                POINTS_WRITTEN: {("local",): events},
                BACKLOG: {("local",): 7},
                WRITE_SECONDS: {("local",): took.buckets()},
                LAG_SECONDS: {("local",): late.buckets()},
            },
        )

    def rows(self, text: str) -> dict[str, list[str]]:
        return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}


@pytest.fixture
def home() -> Home:
    return Home()


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=24, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def drawn(home: Home, rates: Rates) -> str:
    console = terminal()
    micros = home.clock.micros()
    console.print(tables(home.board.samples(micros), home.board.snapshot(micros), rates.per_second))
    return shown(console)


@pytest.mark.parametrize("events", [0, 999_999, 4_000_000_000])
def test_everything_fits_into_80_columns_whatever_the_numbers(home: Home, events: int) -> None:
    home.carry(events, 1)
    text = drawn(home, Rates())
    assert "…" not in text
    for header in HEADERS:
        assert header in text
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 24


def test_it_shows_what_came_in_what_came_out_and_how_the_parts_are(home: Home) -> None:
    rates = Rates()
    home.carry(1000, 1)
    rates.note(home.board.samples(home.clock.micros()), 1)
    home.carry(1400, 2)
    rates.note(home.board.samples(home.clock.micros()), 3)
    rows = home.rows(drawn(home, rates))
    assert rows["local"] == ["200", "1,400", "7", "20", "ms", "13", "s"]
    assert rows["home_assistant"] == ["down", "it", "[hangs]", "up"]
    assert "home_assistant   200    1,400   1,400         0        0    0    0         0" in drawn(
        home, rates
    )
    assert "mqtt             200    1,400       0     1,399        0    0    0         1" in drawn(
        home, rates
    )


def test_before_anything_is_reported_there_are_no_rows(home: Home) -> None:
    text = drawn(home, Rates())
    assert "ha-bridge 1.2.3   down   up 0 s" in text
    assert "local" not in text


def test_a_line_says_the_same_for_a_log(home: Home) -> None:
    rates = Rates()
    rates.note({}, 0)
    home.carry(1000, 10)
    micros = home.clock.micros()
    samples, snapshot = home.board.samples(micros), home.board.snapshot(micros)
    assert line(samples, snapshot, rates.per_second) == (
        "  10 s down  in home_assistant -/s, mqtt -/s  duplicate -/s  out local -/s  waiting 7"
    )
    rates.note(samples, 10)
    assert line(samples, snapshot, rates.per_second) == (
        "  10 s down  in home_assistant 100/s, mqtt 100/s  duplicate 100/s  out local 100/s  waiting 7"
    )
    assert line({}, snapshot, rates.per_second) == "  10 s down  in -  duplicate -/s  out -  waiting 0"


def test_averages_are_over_the_whole_time(home: Home) -> None:
    home.carry(500, 10)
    samples = home.board.samples(home.clock.micros())
    assert averages(samples, 10)(EVENTS_RECEIVED, "mqtt") == 50
    assert averages(samples, 0)(EVENTS_RECEIVED, "mqtt") is None


def test_numbers_are_short() -> None:
    assert [short(count) for count in (0, 999_999, 1_000_000, 4_567_890_123)] == [
        "0",
        "999,999",
        "1.00M",
        "4,567.89M",
    ]
    assert [per_second(rate) for rate in (None, 0, 0.25, 9.94, 1234.5)] == ["-", "0.0", "0.2", "9.9", "1,234"]


def test_a_terminal_shows_the_averages_last_and_not_the_rate_of_the_last_instant(home: Home) -> None:
    console = terminal()
    with Picture(console, home.board, home.clock) as picture:
        home.carry(1000, 10)
        picture.show()
        home.carry(1001, 0.001)
        picture.finish()
    last = shown(console).rpartition("ha-bridge 1.2.3")[2]
    assert "avg/s" in last
    assert home.rows(last)["local"][:2] == ["100", "1,001"]


def test_a_picture_is_drawn_when_it_is_time(home: Home) -> None:
    console = Console(file=io.StringIO(), width=80)
    with Picture(console, home.board, home.clock) as picture:
        for _ in range(30):
            home.carry(0, 0.1)
            picture.show()
        picture.finish()
    times = [row.split()[0] for row in shown(console).splitlines()]
    assert times == ["1", "2", "3"]
    assert home.clock.micros() == 1003 * SECOND


def test_a_dumb_terminal_gets_lines(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    console = terminal()
    with Picture(console, home.board, home.clock) as picture:
        home.carry(5, 1)
        picture.show()
    assert shown(console).startswith("   1 s down  in ")
