"""The bridge as a terminal shows it: rates and totals of every stage, and how its parts are."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ha_bridge.domain.board import Snapshot
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.histogram import Buckets
from ha_bridge.domain.metrics import (
    BACKLOG,
    EVENTS_IN_FLIGHT,
    EVENTS_RECEIVED,
    EVENTS_SETTLED,
    LAG_SECONDS,
    POINTS_WRITTEN,
    WRITE_SECONDS,
    Metric,
)
from ha_bridge.domain.supervision import ChildState

Samples = Mapping[Metric, Mapping[tuple[str, ...], float | Buckets]]

COLOURS = {ChildState.UP: "green", ChildState.DEGRADED: "yellow", ChildState.STARTING: "yellow"}
SHOWN = (
    Disposition.WRITTEN,
    Disposition.DUPLICATE,
    Disposition.FILTERED,
    Disposition.DEAD_LETTERED,
    Disposition.SHED,
)


class View:
    """Remembers the last samples, because a rate needs two moments."""

    def __init__(self) -> None:
        self._before: Samples = {}
        self._at = 0.0

    def render(self, samples: Samples, snapshot: Snapshot, now: float) -> RenderableType:
        """What to show; `now` in monotonic seconds."""
        seconds = max(now - self._at, 1e-9) if self._before else 0.0
        shown = Group(
            _headline(snapshot),
            self._sources(samples, seconds),
            self._sinks(samples, seconds),
            _parts(snapshot),
        )
        self._before, self._at = samples, now
        return shown

    def _sources(self, samples: Samples, seconds: float) -> Table:
        table = Table("source", title="Events in", title_justify="left", expand=True)
        for name in ("per second", "received", *(each.value for each in SHOWN), "in flight"):
            table.add_column(name.replace("_", " "), justify="right")
        for source in sorted(samples.get(EVENTS_RECEIVED, {})):
            settled = [number(samples, EVENTS_SETTLED, *source, each.value) for each in SHOWN]
            totals = [
                number(samples, EVENTS_RECEIVED, *source),
                *settled,
                number(samples, EVENTS_IN_FLIGHT, *source),
            ]
            rate = self._rate(samples, EVENTS_RECEIVED, source, seconds)
            table.add_row(source[0], rate, *(f"{total:,.0f}" for total in totals))
        return table

    def _sinks(self, samples: Samples, seconds: float) -> Table:
        table = Table("sink", title="Points out", title_justify="left", expand=True)
        for name in ("per second", "written", "waiting", "write takes", "event to disk"):
            table.add_column(name, justify="right")
        for sink in sorted(samples.get(POINTS_WRITTEN, {})):
            table.add_row(
                sink[0],
                self._rate(samples, POINTS_WRITTEN, sink, seconds),
                f"{number(samples, POINTS_WRITTEN, *sink):,.0f}",
                f"{number(samples, BACKLOG, *sink):,.0f}",
                _mean(samples.get(WRITE_SECONDS, {}).get(sink)),
                _mean(samples.get(LAG_SECONDS, {}).get(sink)),
            )
        return table

    def _rate(self, samples: Samples, metric: Metric, labels: tuple[str, ...], seconds: float) -> str:
        if not seconds:
            return "-"
        change = number(samples, metric, *labels) - number(self._before, metric, *labels)
        return f"{change / seconds:,.0f}"


def number(samples: Samples, metric: Metric, *labels: str) -> float:
    """A sample that is a number; 0 before it was first reported."""
    value = samples.get(metric, {}).get(labels, 0.0)
    return 0.0 if isinstance(value, Buckets) else value


def balance(samples: Samples) -> str:
    """The ledger of all sources in one line."""
    received = sum(number(samples, EVENTS_RECEIVED, *source) for source in samples.get(EVENTS_RECEIVED, {}))
    in_flight = sum(
        number(samples, EVENTS_IN_FLIGHT, *source) for source in samples.get(EVENTS_IN_FLIGHT, {})
    )
    parts = []
    for each in SHOWN:
        labels = [labels for labels in samples.get(EVENTS_SETTLED, {}) if labels[1] == each.value]
        count = sum(number(samples, EVENTS_SETTLED, *label) for label in labels)
        parts.append(f"{count:,.0f} {each.value.replace('_', '-')}")
    return f"{received:,.0f} received = {' + '.join(parts)} + {in_flight:,.0f} in flight"


def _headline(snapshot: Snapshot) -> Text:
    return Text(
        f"ha-bridge {snapshot.version}   {snapshot.status}   up {snapshot.uptime:.0f} s", style="bold"
    )


def _parts(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 2))
    for child in snapshot.children:
        state = Text(child.state.value, style=COLOURS.get(child.state, "red"))
        table.add_row(child.child, state, child.reason)
    return table


def _mean(buckets: float | Buckets | None) -> str:
    if not isinstance(buckets, Buckets) or not sum(buckets.counts):
        return "-"
    mean = buckets.total / sum(buckets.counts)
    return f"{mean * 1000:,.0f} ms" if mean < 10 else f"{mean:,.0f} s"
