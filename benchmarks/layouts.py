"""What each layout costs a real InfluxDB: series, disk, the time of typical dashboards: `python -m benchmarks.layouts`.

The same month of the same home, six simulated ones in one with all their attributes and registries, is written in each
layout to an InfluxDB of its own, which then puts its files in order; takes about ten minutes. `--days` makes it shorter,
`--json` prints what was measured.
"""

import json
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from benchmarks.dashboards import DASHBOARDS, Dashboard
from benchmarks.household import END_NANOSECONDS, Household
from ha_bridge import keeping
from ha_bridge.adapters.influx.lines import encode
from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Layout
from ha_bridge.settings import InfluxdbSinkSettings, Settings
from ha_bridge.settings.retention import DownsampleSettings, RetentionSettings
from ha_bridge.settings.secret import Url
from ha_bridge.shapes import layout_for
from tests.system.servers import InfluxDB
from tests.waiting import wait_for

DATABASE = "home"
BATCH = 5_000
RUNS = 25
QUICK_TO_TIDY = """cache-snapshot-write-cold-duration = "1s"
  compact-full-write-cold-duration = "2s"
  query-log-enabled = false"""
ATTRIBUTES = (
    "brightness",
    "current_temperature",
    "temperature",
    "hvac_action",
    "current_position",
    "battery_level",
)

HOURLY = "the same and hourly means"
SUMMARIES = RetentionSettings(
    downsample=(
        DownsampleSettings(
            every=3600.0, keep=math.inf, fields=("value", "current_temperature", "temperature")
        ),
    )
)
# The layouts at their defaults; `bridge` with what is a field of its own in the other, with summaries, and with the least that
# it can do.
SINKS: Mapping[str, InfluxdbSinkSettings] = {
    "homeassistant": InfluxdbSinkSettings(kind="influxdb", layout="homeassistant"),
    "bridge": InfluxdbSinkSettings(kind="influxdb"),
    "bridge, 6 attributes": InfluxdbSinkSettings(kind="influxdb", attributes=ATTRIBUTES),
    HOURLY: InfluxdbSinkSettings(kind="influxdb", attributes=ATTRIBUTES),
    "bridge, lean": InfluxdbSinkSettings(kind="influxdb", precision="s", names=False, availability=False),
}


class Cost(msgspec.Struct):
    """Of one layout. `columns`: pairs of series and field, what an index holds; `bytes` on disk; `seconds` by dashboard."""

    events: int
    points: int
    series: int
    columns: int
    lines: int
    bytes: int
    seconds: dict[str, float]


class Tally:
    """Writes points, and counts what they are made of."""

    def __init__(self, server: InfluxDB) -> None:
        self._server = server
        self._waiting: list[Point] = []
        self._columns: set[tuple[str, str]] = set()
        self.events = self.points = self.lines = 0

    def add(self, points: Sequence[Point]) -> None:
        self.events += 1
        for point in points:
            self._waiting.append(point)
            self._columns.update((point.series.key, name) for name in point.fields)
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        payload = encode(self._waiting)
        self._server.write(payload.decode(), DATABASE)
        self.points += len(self._waiting)
        self.lines += len(payload)
        self._waiting.clear()

    @property
    def columns(self) -> int:
        return len(self._columns)


def filled(server: InfluxDB, name: str, days: float) -> Cost:
    """Write the month, and measure what it takes to keep it."""
    household = Household(days)
    server.create_database(DATABASE)
    tally = Tally(server)
    written(layout_for(SINKS[name], household.registry), household.events(), tally)
    columns = tally.columns + (summarised(server, SINKS[name]) if name == HOURLY else 0)
    size = tidied(server)
    series = len(server.query("SHOW SERIES", DATABASE))
    return Cost(tally.events, tally.points, series, columns, tally.lines, size, {})


def summarised(server: InfluxDB, sink: InfluxdbSinkSettings) -> int:
    """Do what `retention apply` does; returns how many pairs of series and field there are of it."""
    sinks = {"main": replace(sink, url=Url(server.url), api="v1", database=DATABASE)}
    plans = keeping.survey(Settings(sinks=sinks, retention=SUMMARIES), ["main"]).plans
    steps = list(keeping.carry_out(plans))
    assert steps, "there is nothing to summarise"
    counts = server.query('SELECT count(*) FROM "1h"./.*/ GROUP BY *', DATABASE)
    return sum(bool(count) for row in counts for name, count in row.items() if name.startswith("count_"))


def written(layout: Layout, events: Iterator[StateEvent], tally: Tally) -> None:
    for event in events:
        tally.add(layout.points(event))
    tally.flush()


def tidied(server: InfluxDB) -> int:
    """Wait until the server has made one file of each week, and give its size on disk; it starts anew then."""
    sizes: list[int] = []

    def settled() -> bool:
        time.sleep(2)  # what is waited for is that nothing happens any more
        files = list(_files(server.directory))
        sizes.append(sum(path.stat().st_blocks * 512 for path in files))
        weeks = Counter(path.parent for path in files if path.suffix == ".tsm")
        return set(weeks.values()) == {1} and len(sizes) > 5 and len(set(sizes[-5:])) == 1

    wait_for(settled, 600, f"{server} to have tidied up")
    server.restart()
    return sizes[-1]


def _files(folder: Path) -> Iterator[Path]:
    for place in ("data", "wal"):
        yield from (path for path in (folder / place / DATABASE).rglob("*") if path.is_file())


def asked(servers: Mapping[str, InfluxDB], dashboard: Dashboard) -> dict[str, float]:
    """Give the quickest answer of each in seconds. They are asked in turn, so that a busy machine is fair to all."""
    quickest = dict.fromkeys(servers, math.inf)
    for _ in range(RUNS):
        for name, server in servers.items():
            query = dashboard.query(SINKS[name].layout, END_NANOSECONDS, hourly=name == HOURLY)
            before = time.perf_counter()
            rows = server.query(query, DATABASE)
            quickest[name] = min(quickest[name], time.perf_counter() - before)
            assert rows or not dashboard.always, f"{query} finds nothing"
            if not rows:
                quickest[name] = math.nan
    return quickest


def table(costs: Mapping[str, Cost]) -> Iterator[str]:
    """Write the costs as a table of Markdown, each with its share of the first layout's."""
    first = next(iter(costs.values()))
    yield f"| {first.events:,} events | {' | '.join(costs)} |"
    yield f"|---|{'---:|' * len(costs)}"
    figures = (
        ("series", "{:,.0f}", 1, [cost.series for cost in costs.values()]),
        ("series and field", "{:,.0f}", 1, [cost.columns for cost in costs.values()]),
        ("line protocol", "{:.0f} MB", 1e6, [cost.lines for cost in costs.values()]),
        ("disk", "{:.1f} MB", 1e6, [cost.bytes for cost in costs.values()]),
    )
    for name, form, unit, found in figures:
        yield row(name, [(each, form.format(each / unit)) for each in found])
    for dashboard in DASHBOARDS:
        times = [cost.seconds[dashboard.name] for cost in costs.values()]
        shown = [f"{each * 1000:.1f} ms" if math.isfinite(each) else "not there" for each in times]
        yield row(dashboard.name, list(zip(times, shown, strict=True)))


def row(name: str, figures: list[tuple[float, str]]) -> str:
    """Write a row; what is not there has no share."""
    base = figures[0][0]
    shares = ["", *(f" ({value / base:.0%})" if math.isfinite(value) else "" for value, _ in figures[1:])]
    cells = [text + share for (_, text), share in zip(figures, shares, strict=True)]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    days = float(sys.argv[sys.argv.index("--days") + 1]) if "--days" in sys.argv else 30.0
    with ExitStack() as stack:
        servers: dict[str, InfluxDB] = {}
        costs: dict[str, Cost] = {}
        for name in SINKS:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            servers[name] = stack.enter_context(InfluxDB(folder, data=QUICK_TO_TIDY))
            costs[name] = filled(servers[name], name, days)
            print(f"{name} written", file=sys.stderr, flush=True)
        for dashboard in DASHBOARDS:
            for name, seconds in asked(servers, dashboard).items():
                costs[name].seconds[dashboard.name] = seconds
    as_json: dict[str, Any] = {name: msgspec.to_builtins(cost) for name, cost in costs.items()}
    print(json.dumps(as_json, indent=2) if "--json" in sys.argv else "\n".join(table(costs)))


if __name__ == "__main__":
    main()
