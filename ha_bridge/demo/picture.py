"""Shows a board as it changes: on a terminal in place, elsewhere a line at a time."""

from typing import Self

from rich.console import Console
from rich.live import Live

from ha_bridge.demo.rates import Rates
from ha_bridge.demo.view import averages, line, tables
from ha_bridge.domain.board import Board
from ha_bridge.domain.ports import Clock

TERMINAL_SECONDS, LINE_SECONDS = 0.5, 1.0


class Picture:
    """A context manager; within it call `show` as often as you like: it draws when it is time."""

    def __init__(self, console: Console, board: Board, clock: Clock) -> None:
        self._console = console
        self._board = board
        self._clock = clock
        in_place = console.is_terminal and not console.is_dumb_terminal
        self._live = Live(console=console, auto_refresh=False) if in_place else None
        self._every = TERMINAL_SECONDS if in_place else LINE_SECONDS
        now = clock.monotonic()
        self._due = now + self._every
        self._rates = Rates()
        self._rates.note({}, now)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self) -> None:
        now, micros = self._clock.monotonic(), self._clock.micros()
        if now < self._due:
            return
        self._due = now + self._every
        samples, snapshot = self._board.samples(micros), self._board.snapshot(micros)
        self._rates.note(samples, now)
        if self._live:
            self._live.update(tables(samples, snapshot, self._rates.per_second), refresh=True)
        else:
            text = line(samples, snapshot, self._rates.per_second)
            self._console.print(text, soft_wrap=True, markup=False, highlight=False)

    def finish(self) -> None:
        """Leave the last numbers standing on a terminal, with the rates over the whole time."""
        if self._live:
            micros = self._clock.micros()
            samples, snapshot = self._board.samples(micros), self._board.snapshot(micros)
            rate = averages(samples, snapshot.uptime)
            self._live.update(tables(samples, snapshot, rate, "avg/s"), refresh=True)
