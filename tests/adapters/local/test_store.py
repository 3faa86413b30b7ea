"""The local store against the real SQLite: what is kept, what is said when it cannot be kept."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.adapters.local.reader import LocalReader, Sample, Totals
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.adapters.sqlite.trouble import trouble
from ha_bridge.domain.failures import Refused, Rejected, Unavailable
from ha_bridge.domain.points import FieldValue, Point, Series

KITCHEN = Series("sensor", {"entity_id": "kitchen", "unit": "°C"})
LAMP = Series("light", {"entity_id": "lamp"})
QUICK = 0.05


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "when needed" / "points.db"


@pytest.fixture
def store(path: Path) -> Iterator[LocalStore]:
    store = LocalStore(path, name="home", timeout=QUICK)
    yield store
    store.close()


@pytest.fixture
def reader(path: Path) -> LocalReader:
    return LocalReader(path, name="home")


def write(store: LocalStore, *points: Point) -> None:
    store.deliver(store.encode(points))


def kitchen(time: int, value: FieldValue = 21.5) -> Point:
    return Point(KITCHEN, {"value": value}, time)


def in_thread(call: Callable[[], object]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def values(reader: LocalReader, field: str = "value") -> list[tuple[int, FieldValue]]:
    [series] = reader.series()
    return [(sample.time, sample.value) for sample in reader.read(series.id, field)]


def test_what_is_written_is_read_back_with_its_series(store: LocalStore, reader: LocalReader) -> None:
    write(store, kitchen(2, 22.5), kitchen(1), Point(LAMP, {"state": "on", "value": 1.0}, 3))
    sensor, light = reader.series()
    assert (sensor.measurement, sensor.tags, sensor.fields) == ("sensor", KITCHEN.tags, ["value"])
    assert (light.measurement, light.tags, light.fields) == ("light", LAMP.tags, ["state", "value"])
    assert reader.read(sensor.id, "value") == [Sample(1, 21.5), Sample(2, 22.5)]
    assert reader.read(light.id, "state") == [Sample(3, "on")]


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        0.0,
        -0.0,
        21.5,
        -3.0,
        1e300,
        2.0**60,
        7,
        -(2**63),
        2**64 - 1,
        True,
        False,
        "",
        "21.5",
        "t",
        "naïve 🌡",
        "a\nb\0c",
    ],
)
def test_every_kind_of_value_comes_back_as_it_was(
    store: LocalStore, reader: LocalReader, value: FieldValue
) -> None:
    write(store, kitchen(1, value))
    [(_, found)] = values(reader)
    assert (type(found), repr(found)) == (type(value), repr(value))


def test_a_field_that_is_no_number_is_left_out(store: LocalStore, reader: LocalReader) -> None:
    write(store, Point(KITCHEN, {"value": float("nan"), "peak": float("inf"), "battery": 90.0}, 1))
    [series] = reader.series()
    assert series.fields == ["battery"]


def test_the_same_payload_twice_is_kept_once(store: LocalStore, reader: LocalReader) -> None:
    payload = store.encode([kitchen(1), kitchen(2), Point(LAMP, {"state": "on"}, 1)])
    store.deliver(payload)
    store.deliver(payload)
    assert reader.count().values == 3


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5), st.floats(allow_nan=False)), max_size=40),
    st.integers(1, 8),
)
@settings(max_examples=40, deadline=None)
def test_the_later_write_wins_before_and_after_it_moves(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, int, float]], merge_at: int
) -> None:
    path = tmp_path_factory.mktemp("store") / "points.db"
    store, reader = LocalStore(path, merge_at=merge_at), LocalReader(path)
    rooms = [Series("sensor", {"room": str(number)}) for number in range(4)]
    expected: dict[tuple[str, int], float] = {}
    for room, time, value in writes:
        write(store, Point(rooms[room], {"value": value}, time))
        if abs(value) != float("inf"):
            expected[str(room), time] = value
    found = {
        (series.tags["room"], sample.time): sample.value
        for series in reader.series()
        for sample in reader.read(series.id, "value")
    }
    newest = {latest.series.tags["room"]: (latest.time, latest.value) for latest in reader.latest()}
    assert found == expected
    assert reader.count().values == len(expected)
    assert newest == {room: (time, expected[room, time]) for room, time in sorted(expected)}
    store.close()


def test_a_range_is_half_open_and_a_limit_keeps_the_newest(path: Path, reader: LocalReader) -> None:
    store = LocalStore(path, merge_at=4)
    write(store, *(kitchen(time, float(time)) for time in range(5)))
    write(store, kitchen(5, 5.0), kitchen(3, 33.0))
    [series] = reader.series()

    def read(**bounds: int) -> list[tuple[int, FieldValue]]:
        return [(sample.time, sample.value) for sample in reader.read(series.id, "value", **bounds)]

    assert read(since=2, until=4) == [(2, 2.0), (3, 33.0)]
    assert read(limit=3) == [(3, 33.0), (4, 4.0), (5, 5.0)]
    assert read(limit=0) == []
    assert reader.read(series.id, "no such field") == []
    store.close()


def test_a_store_that_was_never_written_reads_as_empty(reader: LocalReader) -> None:
    assert (reader.series(), reader.latest(), reader.count()) == ([], [], Totals())


def test_a_payload_is_cut_between_two_points(store: LocalStore, reader: LocalReader) -> None:
    payload = store.encode([kitchen(1), Point(LAMP, {"value": 1.0}, 2), kitchen(3)])
    first, second = store.split(payload, 1)
    store.deliver(first)
    assert values(reader) == [(1, 21.5)]
    store.deliver(second)
    assert reader.count().values == 3


def test_another_thread_may_take_over_and_a_third_may_close(store: LocalStore, reader: LocalReader) -> None:
    in_thread(lambda: write(store, kitchen(1)))
    in_thread(lambda: write(store, kitchen(2)))
    in_thread(store.close)
    in_thread(lambda: write(store, kitchen(3)))
    assert reader.count().values == 3


def test_readers_see_every_point_while_points_are_written_and_moved(path: Path, reader: LocalReader) -> None:
    store = LocalStore(path, merge_at=7)
    written = threading.Event()

    def write_all() -> None:
        for time in range(200):
            write(store, kitchen(time))
        written.set()

    writer = threading.Thread(target=write_all)
    writer.start()
    counts = []
    while not written.is_set():
        counts.append(len(reader.read(1, "value")))
    writer.join()
    assert counts == sorted(counts)
    assert reader.count().values == 200
    store.close()


CRASHING = """
import itertools, sys
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.domain.points import Point, Series
store = LocalStore(sys.argv[1], merge_at=50)
for time in itertools.count():
    store.deliver(store.encode([Point(Series("sensor", {"entity_id": "kitchen"}), {"value": 1.0}, time)]))
    print(time, flush=True)
"""


def test_what_was_delivered_survives_a_killed_process(path: Path, reader: LocalReader) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CRASHING, path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) == 120:
                process.send_signal(signal.SIGKILL)
                break
        delivered = max([120, *map(int, process.stdout.read().split())])
    times = [time for time, _ in values(reader)]
    assert times[: delivered + 1] == list(range(delivered + 1))


def test_the_values_of_a_lost_write_are_not_half_there(store: LocalStore, reader: LocalReader) -> None:
    write(store, kitchen(1))
    with pytest.raises(Rejected, match="out of range"):
        write(store, kitchen(2), Point(LAMP, {"value": 1.0}, 2**63))
    assert reader.count() == Totals(1, 1, reader.count().size)
    write(store, Point(LAMP, {"value": 1.0}, 3))
    assert reader.count().series == 2


def test_bytes_that_are_no_payload_are_rejected(store: LocalStore) -> None:
    with pytest.raises(Rejected, match="not a payload"):
        store.deliver(b"sensor value=1 1")


def test_a_full_disk_says_where_to_free_space_and_passes(store: LocalStore, reader: LocalReader) -> None:
    write(store, kitchen(1))
    store._file.connection().execute("PRAGMA max_page_count = 1")
    with pytest.raises(Unavailable, match=r"no space left on .*: free some or set sinks\.home\.path"):
        write(store, *(kitchen(time, "x" * 1000) for time in range(100)))
    write(store, kitchen(2))
    assert [time for time, _ in values(reader)] == [1, 2]


def test_a_lock_of_another_program_is_named_and_passes(store: LocalStore, path: Path) -> None:
    write(store, kitchen(1))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked by another program"):
        write(store, kitchen(2))
    other.close()
    write(store, kitchen(2))


def test_a_write_that_hangs_keeps_the_next_one_waiting_only_so_long(store: LocalStore) -> None:
    write(store, kitchen(1))
    with store._file.alone():
        with pytest.raises(Unavailable, match="busy with an earlier write"):
            write(store, kitchen(2))
        store.close()
    write(store, kitchen(2))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = LocalStore(tmp_path / "file" / "points.db", name="home")
    with pytest.raises(Unavailable, match=r"cannot use .*points\.db.*set sinks\.home\.path"):
        write(store, kitchen(1))


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot open"):
        write(LocalStore(tmp_path), kitchen(1))


def test_a_damaged_file_is_refused_until_it_is_moved_away(
    store: LocalStore, path: Path, reader: LocalReader
) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x00\x01 not a database" * 1000)
    with pytest.raises(Refused, match=r"is damaged.*move it away"):
        write(store, kitchen(1))
    with pytest.raises(Refused, match="is damaged"):
        reader.count()
    path.rename(path.with_suffix(".damaged"))
    write(store, kitchen(1))
    assert reader.count().values == 1


def test_the_file_of_another_program_is_left_alone(store: LocalStore, path: Path) -> None:
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE precious (thing)")
    with pytest.raises(Refused, match="belongs to another program"):
        write(store, kitchen(1))
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    other.close()


def test_a_file_of_a_newer_version_is_left_alone(store: LocalStore, path: Path) -> None:
    write(store, kitchen(1))
    store.close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()
    with pytest.raises(Refused, match="newer ha-bridge"):
        write(store, kitchen(2))


def test_a_file_that_is_taken_away_is_begun_anew(store: LocalStore, path: Path, reader: LocalReader) -> None:
    write(store, kitchen(1))
    path.rename(path.with_suffix(".kept"))
    write(store, kitchen(2))
    assert values(reader) == [(2, 21.5)]
    assert values(LocalReader(path.with_suffix(".kept"))) == [(1, 21.5)]


def test_a_file_that_is_not_furnished_yet_reads_as_empty(path: Path, reader: LocalReader) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    assert reader.count() == Totals()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_READONLY, "is read-only"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk may be full or dying"),
        (sqlite3.SQLITE_ERROR, "some words"),
    ],
)
def test_what_cannot_be_provoked_is_named_too(code: int, said: str, path: Path) -> None:
    error = sqlite3.OperationalError("some words")
    error.sqlite_errorcode = code
    assert said in str(trouble(error, path, "sinks.home.path"))


def test_a_late_old_point_does_not_pass_for_the_latest(path: Path, reader: LocalReader) -> None:
    store = LocalStore(path, merge_at=2)
    write(store, kitchen(5, 5.0), kitchen(6, 6.0))
    write(store, kitchen(1, 1.0))
    [latest] = reader.latest()
    assert (latest.series.measurement, latest.field, latest.time, latest.value) == ("sensor", "value", 6, 6.0)
    store.close()
