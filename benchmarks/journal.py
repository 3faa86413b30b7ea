"""What the journal takes and gives: bytes and time for each point, by size of payload: `python -m benchmarks.journal`.

The lines are those of a home of 600 entities as layout "bridge" writes them with all its tags: 160 bytes each.
`python -m benchmarks.journal large` also fills a journal of 512 MB and opens, damages, salvages and drains it: a minute more.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.domain.line_protocol import encode
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.records import Kept

CAP = 512_000_000
OUTAGE_POINTS = 72 * 3600 * 50
KINDS = (
    ("temperature", "°C", 0.1, 21.0),
    ("humidity", "%", 0.5, 50.0),
    ("power", "W", 3.7, 230.0),
    ("energy", "kWh", 0.01, 1234.0),
)
ROOMS = ("kitchen", "living_room", "bedroom", "garage", "office", "bath", "garden", "cellar")

_chance = random.Random(1)  # noqa: S311 - made-up measurements


def points() -> Iterator[Point]:
    """Let 600 sensors move on, some much more often than others, 50 times a second at random moments."""
    sensors = [_sensor(number) for number in range(600)]
    weights = [1 / (1 + number / 20) for number in range(600)]
    now = 1.79e15
    while True:
        for sensor in _chance.choices(sensors, weights, k=1000):
            now += _chance.expovariate(50) * 1e6
            series, value, step = sensor
            sensor[1] = value + _chance.gauss(0, step)
            yield Point(series, {"value": round(sensor[1], 2 if step < 1 else 1)}, int(now))


def _sensor(number: int) -> list[Any]:
    kind, unit, step, value = KINDS[number % len(KINDS)]
    room = ROOMS[number % len(ROOMS)]
    tags = {"entity_id": f"{room}_sensor_{number}_{kind}", "device_class": kind, "unit": unit, "area": room}
    return [
        Series("sensor", tags | {"device": f"{room.title()} sensor {number // 4}", "integration": "mqtt"}),
        value,
        step,
    ]


def seconds(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def payloads(size: int, count: int) -> list[Kept]:
    made = points()
    return [Kept("main", encode(list(islice(made, size))), size) for _ in range(count)]


def by_size(folder: Path, size: int, together: int) -> None:
    """Keep payloads, so many in a commit, and drain them."""
    journal = SqliteJournal(folder / f"{size}-{together}.db", CAP, 1000)
    kept = payloads(size, max(100_000 // size, 2 * together))
    journal.contents()
    commits = [kept[at : at + together] for at in range(0, len(kept), together)]
    spent = seconds(lambda: keep(journal, commits))
    number = size * len(kept)
    journal.close()
    bytes_each = journal.contents().size / number
    drained = seconds(lambda: drain(journal))
    fits = "fits" if bytes_each * OUTAGE_POINTS < CAP * 15 / 16 else "does not fit"
    print(
        f"{size:5} points a payload, {together:2} payloads a commit: {bytes_each:5.1f} bytes a point ({fits}), "
        f"{len(commits) / spent:6.0f} commits/s, {number / spent:9,.0f} points/s; drained {number / drained:9,.0f} points/s"
    )
    journal.close()


def keep(journal: SqliteJournal, commits: Sequence[Sequence[Kept]]) -> None:
    for each in commits:
        journal.keep(each, [])


def drain(journal: SqliteJournal, most: int = 1_000_000) -> None:
    after = 0
    while found := journal.waiting("main", after, most):
        after = found[-1].number
        journal.forget([kept.number for kept in found])


def large(folder: Path) -> None:
    """Fill one to the cap, and see what everything costs then."""
    path = folder / "large.db"
    journal = SqliteJournal(path, CAP, 1000)
    some: Sequence[Kept] = payloads(500, 200)
    kept = 0
    while journal.contents().size < CAP * 0.9:
        journal.keep(some, [])
        kept += 500 * len(some)
    journal.close()
    print(f"{path.stat().st_size / 1e6:.0f} MB hold {kept:,} points")
    print(f"  opened, looked at and counted in {seconds(journal.contents):.3f} s")
    drop = seconds(lambda: journal.keep(some[:1], []))
    print(f"  a commit takes {drop * 1000:.1f} ms")
    journal.close()
    with path.open("r+b") as file:
        file.seek(len(path.name) * 4096)
        file.write(bytes(4096))
    print(f"  damaged and salvaged in {seconds(journal.contents):.1f} s: {journal.losses()}")
    print(
        f"  drained in {seconds(lambda: drain(journal)):.1f} s, then {journal.contents().size / 1e6:.1f} MB"
    )
    journal.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for size in (50, 250, 500, 5000):
            by_size(Path(folder), size, 1)
        for size in (50, 500):
            by_size(Path(folder), size, 20)
        if "large" in sys.argv[1:]:
            large(Path(folder))


if __name__ == "__main__":
    main()
