"""Old values go from the local store a little at a time; what is young, and the series, stay."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ha_bridge.adapters.local.keeper import LocalKeeper
from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.adapters.local.schema import FORMAT
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.adapters.sqlite.file import Format, open_writer
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.retention import OWN, Labels, Make, Sampling, Wanted

SECOND = 1_000_000
LIFE = 3600.0
NOW = 1_700_000_000 * SECOND
OLD = NOW - round(LIFE) * SECOND - 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "points.db"


def store(path: Path, *, life: float = LIFE, merge_at: int = 20, at_once: int = 30) -> LocalStore:
    return LocalStore(path, life=life, merge_at=merge_at, tidy_at_once=at_once)


def points(name: str, times: range) -> list[Point]:
    series = Series("sensor", {"entity_id": name})
    return [Point(series, {"value": 1.5, "state": "x"}, time) for time in times]


def write(sink: LocalStore, *batches: list[Point]) -> None:
    for batch in batches:
        sink.deliver(sink.encode(batch))


def tidied(sink: LocalStore, now: int = NOW) -> int:
    """Tidy up; returns in how many steps."""
    steps = 1
    while sink.tidy(now):
        steps += 1
    return steps


def times(path: Path, series: int = 1) -> list[int]:
    return [sample.time for sample in LocalReader(path).read(series, "value")]


def test_what_has_lived_long_enough_goes_and_the_rest_stays(path: Path) -> None:
    sink = store(path)
    write(
        sink,
        points("a", range(OLD - 99, OLD + 6)),
        points("b", range(NOW, NOW + 5)),
        points("a", range(OLD, OLD + 3)),
    )
    assert tidied(sink) > 5
    assert times(path) == list(range(OLD + 1, OLD + 6))
    assert times(path, 2) == list(range(NOW, NOW + 5))
    sink.close()


def test_a_step_deletes_no_more_than_it_may(path: Path) -> None:
    sink = store(path, at_once=30)
    write(sink, points("a", range(1, 101)))
    before = LocalReader(path).count().values
    assert sink.tidy(NOW)
    assert 0 < before - LocalReader(path).count().values <= 30
    sink.close()


def test_many_fields_with_nothing_old_are_looked_at_in_several_steps(path: Path) -> None:
    sink = store(path, at_once=30)
    for number in range(20):
        write(sink, points(f"e{number}", range(NOW, NOW + 1)))
    assert tidied(sink) > 5
    assert LocalReader(path).count().values == 40
    sink.close()


def test_what_comes_back_is_found_again(path: Path) -> None:
    sink = store(path)
    write(sink, points("a", range(1, 51)))
    tidied(sink)
    assert times(path) == []
    write(sink, points("a", range(NOW, NOW + 30)))
    assert times(path) == list(range(NOW, NOW + 30))
    sink.close()


def test_the_file_becomes_smaller(path: Path) -> None:
    sink = store(path, merge_at=1000, at_once=5000)
    write(sink, points("a", range(1, 60_001)), points("a", range(NOW, NOW + 1000)))
    with closing(sqlite3.connect(path)) as db:
        [before] = db.execute("PRAGMA page_count").fetchone()
        assert tidied(sink) < 40  # 5000 values and a megabyte at a time
        [after] = db.execute("PRAGMA page_count").fetchone()
    assert after < before / 4
    sink.close()


def test_a_file_from_before_keeps_its_size_and_comes_to_an_end(path: Path) -> None:
    former = Format(FORMAT.application_id, FORMAT.version, FORMAT.tables)
    open_writer(path, "", 1.0, former).close()
    sink = store(path, merge_at=1000, at_once=5000)
    write(sink, points("a", range(1, 10_001)))
    tidied(sink)
    assert times(path) == []
    sink.close()


@pytest.mark.parametrize("life", [0.0, float("inf")])
def test_without_a_declared_life_nothing_ever_goes(path: Path, life: float) -> None:
    sink = store(path, life=life)
    write(sink, points("a", range(1, 51)))
    assert not sink.tidy(NOW)
    assert len(times(path)) == 50
    sink.close()


def test_a_disk_that_will_not_is_said(path: Path) -> None:
    sink = LocalStore(path, life=LIFE, timeout=0.05)
    write(sink, points("a", range(1, 51)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked by another program"):
            sink.tidy(NOW)
    assert not sink.tidy(NOW)
    assert times(path) == []
    sink.close()


# From outside


def keeper(path: Path) -> LocalKeeper:
    return LocalKeeper("main", {OWN: str(path)})


def test_the_plan_counts_what_the_bridge_will_delete(path: Path) -> None:
    recent = round(time.time()) * SECOND
    sink = store(path)
    write(sink, points("a", range(1, 31)), points("b", range(recent, recent + 5)))
    [note] = keeper(path).notes(Wanted({OWN: 3600}))
    assert note == f"{path}: the running bridge deletes what is older; 60 values are"
    assert keeper(path).notes(Wanted({OWN: 0})) == []
    assert keeper(path).found() is None
    sink.close()


def test_what_the_bridge_does_by_itself_is_said(path: Path) -> None:
    hourly = Sampling(name="x", source=OWN, target="1h", every=3600, fields=("value",))
    both = LocalKeeper("main", {OWN: "points.db", "1h": "points-1h.db"})
    assert both.notes(Wanted({"1h": 0}, (hourly,))) == [
        "points-1h.db: the running bridge summarises points.db there, every 3600 s: value"
    ]
    with pytest.raises(Refused, match="the bridge itself"):
        keeper(path).carry_out(Make(OWN, 3600))


def test_an_entity_is_forgotten_while_the_bridge_goes_on_writing(path: Path) -> None:
    sink = store(path)
    write(
        sink,
        points("old", range(1, 20_001)),
        points("other", range(1, 8)),
        points("old", range(20_001, 20_003)),
    )
    old = Labels("sensor", {"entity_id": "old"})
    assert [trace.endswith("sensor {'entity_id': 'old'}") for trace in keeper(path).traces(old)] == [True]
    assert keeper(path).traces(Labels("light", {"entity_id": "old"})) == []
    keeper(path).forget(old)
    assert (times(path, 1), times(path, 2)) == ([], list(range(1, 8)))
    write(sink, points("old", range(NOW, NOW + 2)))
    assert times(path, 1) == [NOW, NOW + 1]
    sink.close()


def test_a_file_that_is_damaged_is_said(path: Path) -> None:
    path.write_bytes(b"this is no database at all, not in the least" * 100)
    with pytest.raises(Refused, match=r"damaged.*sinks\.main\.path"):
        keeper(path).notes(Wanted({OWN: 3600}))
