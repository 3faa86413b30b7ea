"""The bridge in figures for a terminal of 80 columns: rates and totals of every stage, and how its parts are."""

from typing import Protocol

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ha_bridge.domain.board import Snapshot
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.figures import ledgers, mean, names, number
from ha_bridge.domain.intake import Ledger
from ha_bridge.domain.metrics import (
    BACKLOG,
    EVENTS_RECEIVED,
    EVENTS_SETTLED,
    LAG_SECONDS,
    POINTS_WRITTEN,
    WRITE_SECONDS,
    Metric,
    Samples,
)
from ha_bridge.domain.supervision import ChildState

COLOURS = {ChildState.UP: "green", ChildState.DEGRADED: "yellow", ChildState.STARTING: "yellow"}
COLUMNS = {
    Disposition.WRITTEN: "written",
    Disposition.DUPLICATE: "duplicate",
    Disposition.FILTERED: "filtered",
    Disposition.DEAD_LETTERED: "dead",
    Disposition.SHED: "shed",
}


class Rate(Protocol):
    """Gives the growth of a counter per second; None while that is not known."""

    def __call__(self, metric: Metric, /, *labels: str) -> float | None: ...


def tables(samples: Samples, snapshot: Snapshot, rate: Rate, rate_name: str = "per s") -> RenderableType:
    """Show what goes in, what comes out, and the parts."""
    sources, sinks = _sources(samples, rate, rate_name), _sinks(samples, rate, rate_name)
    return Group(_headline(snapshot), "", sources, "", sinks, "", _parts(snapshot))


def line(samples: Samples, snapshot: Snapshot, rate: Rate) -> str:
    """Say the same in a line for a log: rates per second of what goes in, falls out as double, and comes out."""
    sources = _each(names(samples, EVENTS_RECEIVED), EVENTS_RECEIVED, rate)
    duplicate = _speed(_sum(_duplicates(samples, rate)))
    sinks = _each(names(samples, POINTS_WRITTEN), POINTS_WRITTEN, rate)
    waiting = sum(number(samples, BACKLOG, sink) for sink in names(samples, BACKLOG))
    return (
        f"{snapshot.uptime:4.0f} s {snapshot.status}  in {sources}  duplicate {duplicate}"
        f"  out {sinks}  waiting {waiting:.0f}"
    )


def averages(samples: Samples, seconds: float) -> Rate:
    """Give the rates over the whole of a bridge's life: its counters start at nothing."""
    return lambda metric, *labels: number(samples, metric, *labels) / seconds if seconds > 0 else None


def per_second(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:,.1f}" if rate < 10 else short(rate)


def short(count: float) -> str:
    """Write a number in at most seven places: what is exact belongs into the summary."""
    return f"{count:,.0f}" if count < 1_000_000 else f"{count / 1_000_000:,.2f}M"


def _sources(samples: Samples, rate: Rate, rate_name: str) -> Table:
    table = _table("Events in", rate_name, "received", *COLUMNS.values(), "in flight")
    for source, ledger in ledgers(samples).items():
        speed = per_second(rate(EVENTS_RECEIVED, source))
        table.add_row(source, speed, *map(short, _row(ledger)))
    return table


def _row(ledger: Ledger) -> list[int]:
    return [ledger.received, *(ledger.settled[each] for each in COLUMNS), ledger.in_flight]


def _sinks(samples: Samples, rate: Rate, rate_name: str) -> Table:
    table = _table("Points out", rate_name, "written", "waiting", "a write takes", "event to disk")
    for sink in names(samples, POINTS_WRITTEN):
        table.add_row(
            sink,
            per_second(rate(POINTS_WRITTEN, sink)),
            short(number(samples, POINTS_WRITTEN, sink)),
            short(number(samples, BACKLOG, sink)),
            _time(mean(samples, WRITE_SECONDS, sink)),
            _time(mean(samples, LAG_SECONDS, sink)),
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title, box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.columns[0].min_width = 14
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _headline(snapshot: Snapshot) -> Text:
    return Text(
        f"ha-bridge {snapshot.version}   {snapshot.status}   up {snapshot.uptime:.0f} s", style="bold"
    )


def _parts(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for child in snapshot.children:
        table.add_row(
            child.child, Text(child.state, style=COLOURS.get(child.state, "red")), Text(child.reason)
        )
    return table


def _each(labels: list[str], metric: Metric, rate: Rate) -> str:
    return ", ".join(f"{label} {_speed(rate(metric, label))}" for label in labels) or "-"


def _speed(rate: float | None) -> str:
    return f"{per_second(rate)}/s"


def _duplicates(samples: Samples, rate: Rate) -> list[float | None]:
    sources = names(samples, EVENTS_RECEIVED)
    return [rate(EVENTS_SETTLED, source, Disposition.DUPLICATE.value) for source in sources]


def _sum(rates: list[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.0f} s"
