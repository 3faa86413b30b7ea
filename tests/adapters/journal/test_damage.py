"""A journal whose file was damaged: it opens all the same, what it still tells is there, and what that cost is said."""

import random
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from ha_bridge.adapters.journal import aside as journal_aside
from ha_bridge.adapters.journal import check as journal_check
from ha_bridge.adapters.journal.desk import JournalDesk
from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.adapters.journal.schema import PAGE_BYTES
from ha_bridge.adapters.journal.tally import noted
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.records import Kept
from tests.adapters.journal.world import drain, gap, kept, letter, open_journal

SINKS = ("main", "other")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def some(count: int, size: int = 3000, points: int = 10) -> list[Kept]:
    """Make payloads that do not compress."""
    return [kept(random.Random(nth).randbytes(size), points=points) for nth in range(count)]  # noqa: S311


def write(path: Path, *, payloads: int = 20, letters: int = 3) -> dict[int, Kept]:
    """Fill a journal and close it."""
    journal = open_journal(path)
    for each in some(payloads):
        journal.keep([each], [])
    journal.keep([], [letter(str(nth)) for nth in range(letters)])
    journal.add_gap(gap())
    journal.cover(42)
    found = drain(journal)
    journal.close()
    return found


def look(path: Path) -> list[str]:
    """Open a journal and close it; returns what it says of losses."""
    journal = open_journal(path)
    journal.contents()
    journal.close()
    return list(journal.losses())


def damage(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def copies(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if ".damaged-" in file.name)


def counts(journal: SqliteJournal) -> tuple[int, int, int, int]:
    """Count payloads, letters and gaps, and read the checkpoint."""
    contents = journal.contents()
    return len(drain(journal)), contents.dead_letters, contents.gaps, journal.checkpoint()


FATAL: Mapping[str, Callable[[bytes], bytes]] = {
    "no database": lambda data: b"This is a text." + data[15:],
    "its first page is gone": lambda data: bytes(PAGE_BYTES) + data[PAGE_BYTES:],
    "another page size": lambda data: data[:16] + b"\x20\x00" + data[18:],
    "read-only": lambda data: data[:18] + b"\xff" + data[19:],
    "a mark of another version": lambda data: data[:60] + b"\0\0\0\7" + data[64:],
    "a mark of another program": lambda data: data[:68] + b"else" + data[72:],
    "another table": lambda data: data.replace(b"CREATE TABLE gaps", b"CREATE TABLE gups"),
    "no characters": lambda data: data.replace(b"CREATE TABLE gaps", b"CREATE TABLE g\xffps"),
    "the list of payloads": lambda data: data.replace(b"TABLE payloads", b"TABLE peyloads"),
}


@pytest.mark.parametrize("what", FATAL)
def test_what_keeps_sqlite_from_reading_it_costs_nothing(path: Path, what: str) -> None:
    expected = write(path)
    path.write_bytes(FATAL[what](path.read_bytes()))
    journal = open_journal(path)
    assert counts(journal) == (20, 3, 1, 42)
    assert drain(journal) == expected
    [said] = journal.losses()
    assert re.search(r"journal\.db was damaged \(.+\): .*nothing was lost, 20 payloads with 200 points", said)
    assert said.endswith(f"kept as {copies(path)[0]}")
    journal.close()


@pytest.mark.parametrize("data", [b"", bytes(100_000), b"\x01junk" * 30_000, b"x"])
def test_what_tells_nothing_any_more_is_counted_to_the_point(path: Path, data: bytes) -> None:
    write(path)
    path.write_bytes(data)
    journal = open_journal(path)
    assert counts(journal) == (0, 0, 0, 42)
    [said] = journal.losses()
    assert (
        "20 of 20 payloads with 200 points for sink main, 3 of 3 dead letters, 1 of 1 gap could not be read"
        in said
    )
    assert path.with_name(copies(path)[0]).read_bytes() == data
    journal.close()


def test_a_file_that_vanished_is_told(path: Path) -> None:
    write(path, letters=0)
    path.unlink()
    journal = open_journal(path)
    assert journal.contents().points == []
    assert journal.losses() == [
        "journal.db was damaged (it is gone): 20 of 20 payloads with 200 points for sink main, 1 of 1 gap could not be read"
    ]
    journal.close()


@pytest.mark.parametrize("log", [True, False])
def test_a_file_that_vanishes_under_way_is_told_and_begun_anew(path: Path, log: bool) -> None:
    journal = open_journal(path)
    journal.keep(some(2), [])
    path.unlink()
    if not log:
        Path(f"{path}-wal").unlink()
    journal.keep(some(1), [])
    assert list(drain(journal)) == ([1, 2, 3] if log else [3])
    assert (
        "2 of 2 payloads with 20 points for sink main could not be read" in journal.losses()[0]
    ) is not log
    journal.close()


def test_a_loss_is_said_once(path: Path) -> None:
    write(path)
    path.write_bytes(b"x")
    journal = open_journal(path)
    journal.contents()
    assert (len(journal.losses()), len(journal.losses())) == (1, 0)
    journal.close()
    assert look(path) == []


def test_without_the_note_it_is_said_that_nothing_tells_how_much_there_was(path: Path) -> None:
    write(path)
    Path(f"{path}.tally").unlink()
    path.write_bytes(bytes(PAGE_BYTES) + path.read_bytes()[PAGE_BYTES:])
    journal = open_journal(path)
    assert counts(journal)[:3] == (20, 3, 1)
    [said] = journal.losses()
    assert (
        "20 payloads with 200 points, 3 dead letters and 1 gap could be read, nothing tells how much there was"
        in said
    )
    journal.close()


def test_a_torn_note_is_as_good_as_none(path: Path) -> None:
    write(path)
    note = Path(f"{path}.tally")
    note.write_bytes(note.read_bytes()[:40])
    assert noted(path) is None
    journal = open_journal(path)
    assert counts(journal) == (20, 3, 1, 42)
    assert journal.losses() == []
    journal.close()


def test_a_payload_that_was_damaged_is_lost_and_never_delivered(path: Path) -> None:
    expected = write(path, payloads=5)
    inside = path.read_bytes().find(expected[3].payload[1000:1500])
    assert inside > 0
    damage(path, inside, b"damaged")
    journal = open_journal(path)
    found = drain(journal)
    assert found == {number: each for number, each in expected.items() if number != 3}
    [said] = journal.losses()
    assert said.startswith(
        "journal.db was damaged (payload 3 does not match its checksum): "
        "1 of 5 payloads with 10 points for sink main could not be read; kept as journal.db.damaged-"
    )
    journal.close()


def test_a_letter_and_a_gap_that_were_damaged_are_lost(path: Path) -> None:
    write(path, letters=0)
    journal = open_journal(path)
    journal.keep([], [letter("zigbee2mqtt/lamp"), letter("zigbee2mqtt/plug")])
    journal.close()
    data = path.read_bytes()
    path.write_bytes(
        data.replace(b"zigbee2mqtt/lamp", b"zigbee2mqtt/LAMP").replace(b"the bridge was", b"the fridge was")
    )
    JournalDesk(path).replay()
    journal = open_journal(path)
    assert [each.about for each in journal.to_replay()] == ["zigbee2mqtt/plug"]
    [said] = journal.losses()
    assert "1 of 2 dead letters, 1 of 1 gap could not be read" in said
    journal.close()


def test_damage_that_shows_while_it_runs_is_dealt_with_in_that_call(path: Path) -> None:
    write(path)
    journal = open_journal(path)
    assert journal.contents().dead_letters == 3
    db = journal._file.connection()
    db.execute("UPDATE payloads SET body = x'00' WHERE number = 7")
    db.execute("UPDATE letters SET raw = x'00', replay = 1 WHERE number = 2")
    assert len(drain(journal)) == 19
    assert journal.to_replay() == []
    assert "payload 7" in journal.losses()[0]
    journal.close()


def test_a_number_is_not_given_twice_after_damage(path: Path) -> None:
    write(path)
    path.write_bytes(b"x")
    journal = open_journal(path)
    journal.keep([kept()], [letter()])
    journal.add_gap(gap())
    assert list(drain(journal)) == [21]
    assert JournalDesk(path).letters()[0].letter.number == 4
    assert journal.open_gaps()[0].number == 2
    journal.close()


def test_what_was_delivered_does_not_come_back(path: Path) -> None:
    write(path)
    journal = open_journal(path)
    journal.forget(range(1, 11))
    journal.close()
    path.write_bytes(FATAL["its first page is gone"](path.read_bytes()))
    journal = open_journal(path)
    assert list(drain(journal)) == list(range(11, 21))
    journal.close()


def test_a_letter_marked_for_a_replay_stays_marked(path: Path) -> None:
    write(path)
    JournalDesk(path).replay([2])
    path.write_bytes(FATAL["no database"](path.read_bytes()))
    journal = open_journal(path)
    assert [each.number for each in journal.to_replay()] == [2]
    journal.close()


def test_only_the_newest_damaged_files_are_kept(path: Path) -> None:
    for _ in range(4):
        write(path, payloads=1, letters=0)
        path.write_bytes(b"x" * 5000)
        look(path)
    assert len(copies(path)) == journal_aside.COPIES


def test_two_damages_in_one_second_are_kept_apart(path: Path) -> None:
    for data in (b"first", b"second"):
        path.write_bytes(data)
        look(path)
    assert [path.with_name(name).read_bytes() for name in copies(path)] == [b"first", b"second"]


def test_a_disk_too_full_to_salvage_keeps_everything_until_there_is_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)
    path.write_bytes(FATAL["no database"](path.read_bytes()))
    usage = shutil.disk_usage(path.parent)
    journal = open_journal(path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000))
        with pytest.raises(
            Unavailable, match=r"salvaging it takes 0\.1 MB: free some on .*or set journal\.path"
        ):
            journal.contents()
    assert counts(journal) == (20, 3, 1, 42)
    journal.close()


def test_what_an_interrupted_salvage_left_behind_is_cleared_away(path: Path) -> None:
    expected = write(path)
    path.write_bytes(FATAL["no database"](path.read_bytes()))
    Path(f"{path}.salvage").write_bytes(b"half")
    journal = open_journal(path)
    assert drain(journal) == expected
    assert not Path(f"{path}.salvage").exists()
    journal.close()


def test_a_change_over_that_was_interrupted_is_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = write(path)
    path.write_bytes(FATAL["no database"](path.read_bytes()))
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if self.name == "journal.db.salvaged":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", interrupted)
        with pytest.raises(Unavailable):
            open_journal(path).contents()
    assert not path.exists()
    journal = open_journal(path)
    assert drain(journal) == expected
    assert "salvaged before the last stop" in journal.losses()[0]
    journal.close()


def test_a_file_that_is_damaged_anew_at_once_is_a_state(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path)
    journal = open_journal(path)

    def bad(db: sqlite3.Connection) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    with pytest.raises(Unavailable, match="is damaged"):
        journal._do(bad)
    assert counts(journal) == (20, 3, 1, 42)
    journal.close()


def test_a_large_file_is_not_read_as_a_whole_but_its_payloads_are_checked_as_they_are_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_check, "THOROUGH_BYTES", 1000)
    expected = write(path)
    damage(path, path.read_bytes().find(expected[9].payload[1000:1500]), b"damaged")
    journal = open_journal(path)
    assert journal.contents().points == [("main", 200)]
    assert len(drain(journal)) == 19
    journal.close()


@pytest.mark.parametrize(
    ("table", "trigger"), [("payloads", "payload_goes"), ("letters", "letter_goes"), ("gaps", "gap_goes")]
)
def test_rows_that_are_not_there_any_more_are_missed(path: Path, table: str, trigger: str) -> None:
    write(path)
    with sqlite3.connect(path) as db:
        [made] = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (trigger,)).fetchone()
        db.executescript(f"DROP TRIGGER {trigger}; DELETE FROM {table} WHERE number = 1; {made}")  # noqa: S608
    db.close()
    said = look(path)[0]
    assert said.startswith(f"journal.db was damaged ({table} are missing): 1 of ")


def test_a_file_that_lost_its_tables_is_told(path: Path) -> None:
    write(path)
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    assert "(it has no tables): 20 of 20 payloads with 200 points" in look(path)[0]


def test_a_salvage_that_the_disk_cannot_take_is_tried_again(path: Path) -> None:
    expected = write(path)
    path.write_bytes(FATAL["no database"](path.read_bytes()))
    journal = open_journal(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most in (1000, 40_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
        try:
            with pytest.raises(Unavailable, match="the disk may be full or dying"):
                journal.contents()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert drain(journal) == expected
    journal.close()


# The write-ahead log


def caught(path: Path, folder: Path) -> Path:
    """Copy a journal that is in use, as a power cut would leave it."""
    folder.mkdir(exist_ok=True)
    for end in ("", "-wal", ".tally"):
        shutil.copy(f"{path}{end}", folder)
    return folder / path.name


def test_what_the_log_lost_at_its_end_is_told(path: Path, tmp_path: Path) -> None:
    journal = open_journal(path)
    for each in some(10):
        journal.keep([each], [])
    copy = caught(path, tmp_path / "copy")
    journal.close()
    log = Path(f"{copy}-wal")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 20 * (PAGE_BYTES + 24))
    journal = open_journal(copy)
    found = len(drain(journal))
    assert 0 < found < 10
    [said] = journal.losses()
    assert f"(its latest writes are missing): {10 - found} of 10 payloads" in said
    journal.close()


@pytest.mark.parametrize("note", [True, False])
def test_what_follows_damage_in_the_log_is_found_all_the_same(path: Path, tmp_path: Path, note: bool) -> None:
    journal = open_journal(path)
    for each in some(10):
        journal.keep([each], [])
    expected = drain(journal)
    copy = caught(path, tmp_path / "copy")
    journal.close()
    damage(Path(f"{copy}-wal"), 8, b"\xff")
    if not note:
        Path(f"{copy}.tally").unlink()
    journal = open_journal(copy)
    assert drain(journal) == expected
    assert "its latest writes are missing" in journal.losses()[0]
    assert copies(copy)[1].endswith("-wal")
    journal.close()


def test_a_commit_that_a_power_cut_interrupted_is_no_damage(path: Path, tmp_path: Path) -> None:
    journal = open_journal(path)
    for each in some(3):
        journal.keep([each], [])
    copy = caught(path, tmp_path / "copy")
    journal.keep(some(1), [])
    shutil.copy(f"{path}-wal", f"{copy}-wal")
    journal.close()
    log = Path(f"{copy}-wal")
    damage(log, log.stat().st_size - 3000, b"torn")
    journal = open_journal(copy)
    assert (len(drain(journal)), journal.losses()) == (3, [])
    journal.close()


def test_the_log_of_a_file_that_vanished_still_tells(path: Path, tmp_path: Path) -> None:
    journal = open_journal(path)
    journal.keep(some(10), [])
    expected = drain(journal)
    copy = caught(path, tmp_path / "copy")
    journal.close()
    copy.unlink()
    journal = open_journal(copy)
    assert drain(journal) == expected
    assert "(it is gone): nothing was lost" in journal.losses()[0]
    journal.close()


# Any damage


class World(NamedTuple):
    """A journal, in a folder, with what it holds."""

    folder: Path
    kept: Mapping[str, Mapping[int, Kept]]
    letters: int


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[World]:
    """Journals at rest and in use, small and with a tree of some depth, with and without a past."""
    plans = [(3, False), (40, False), (40, True), (400, True)]
    return [_world(tmp_path_factory.mktemp("world"), *plan) for plan in plans]


def _world(folder: Path, payloads: int, in_use: bool) -> World:
    path, chance = folder / "journal.db", random.Random(payloads)  # noqa: S311
    journal = open_journal(path)
    for nth in range(0, payloads, 10):
        sizes = (chance.choice([10, 300, 3000, 20_000]) for _ in range(10))
        made = [kept(chance.randbytes(size), chance.choice(SINKS), chance.randint(1, 99)) for size in sizes]
        journal.keep(made, [letter(raw=chance.randbytes(chance.choice([10, 9000])))])
        oldest = [number for number in list(drain(journal, "main"))[:3] if nth % 20]
        journal.forget(oldest)
        journal.add_gap(gap(nth, nth + 1))
    journal.cover(42)
    held = {sink: drain(journal, sink) for sink in SINKS}
    letters = journal.contents().dead_letters
    if in_use:
        path = caught(path, folder / "caught")
    journal.close()
    return World(path.parent, held, letters)


def flip(data: bytearray, at: int, chance: random.Random) -> None:
    for place in (at, *(chance.randrange(len(data)) for _ in range(chance.choice([0, 0, 20])))):
        data[place] ^= 1 << chance.randrange(8)


def cut(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at:]


def overwrite(data: bytearray, at: int, chance: random.Random) -> None:
    some = data[at : at + chance.choice([4, 512])]
    data[at : at + len(some)] = chance.randbytes(len(some))


def zero_a_page(data: bytearray, at: int, chance: random.Random) -> None:
    start = at // PAGE_BYTES * PAGE_BYTES
    data[start : start + PAGE_BYTES] = bytes(len(data[start : start + PAGE_BYTES]))


def flip_in_the_header(data: bytearray, at: int, chance: random.Random) -> None:
    data[at % min(len(data), 112)] ^= 1 << chance.randrange(8)


@given(
    world=st.integers(0, 3),
    log=st.booleans(),
    harm=st.sampled_from([flip, cut, overwrite, zero_a_page, flip_in_the_header]),
    where=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=100)
def test_whatever_was_damaged_it_opens_and_salvaged_and_lost_make_what_was_kept(
    worlds: list[World],
    tmp_path_factory: pytest.TempPathFactory,
    *,
    world: int,
    log: bool,
    harm: Callable[[bytearray, int, random.Random], None],
    where: float,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(worlds[world].folder, folder, dirs_exist_ok=True)
    path = folder / "journal.db"
    file = Path(f"{path}-wal")
    if not (log and file.exists()):
        file = path
    data = bytearray(file.read_bytes())
    harm(data, int(where * len(data)), random.Random(seed))  # noqa: S311
    file.write_bytes(data)
    _judge(worlds[world], path)
    shutil.rmtree(folder)


def _judge(world: World, path: Path) -> None:
    journal = open_journal(path)
    found = {sink: drain(journal, sink) for sink in SINKS}
    journal.to_replay()
    letters = journal.contents().dead_letters
    said = " ".join(journal.losses())
    for sink in SINKS:
        held = world.kept[sink]
        lost = held.keys() - found[sink].keys()
        assert all(held[number] == each for number, each in found[sink].items())
        told = re.search(
            rf"(at least )?([\d,]+) of [\d,]+ payloads? with ([\d,]+) points? for sink {sink}", said
        )
        count, points = (int(told[nth].replace(",", "")) if told else 0 for nth in (2, 3))
        assert (count, points) == (len(lost), sum(held[number].points for number in lost))
    told = re.search(r"(\d+) of \d+ dead letter", said)
    assert letters + (int(told[1]) if told else 0) == world.letters
    assert bool(said) == bool(copies(path))
    journal.close()


def test_the_forms_of_damage_are_all_harmful(worlds: list[World]) -> None:
    for harm in (flip, cut, overwrite, zero_a_page, flip_in_the_header):
        data = bytearray((worlds[0].folder / "journal.db").read_bytes())
        before = bytes(data)
        harm(data, 100, random.Random(1))  # noqa: S311
        assert data != before


# Crashes

CRASHING = """
import random, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.adapters.journal.world import kept, letter, open_journal, gap
journal = open_journal(Path(sys.argv[1]))
chance = random.Random(int(sys.argv[3]))
number = journal.contents().dead_letters
while True:
    journal.keep([kept(b"%d " % number + chance.randbytes(5000)) for _ in range(3)], [letter(str(number))])
    number += 1
    if chance.random() < 0.1:
        some = journal.waiting("main", 0, 9000)
        journal.forget([each.number for each in some])
        print("forgot", *(each.number for each in some), flush=True)
    print("kept", number, flush=True)
"""


def test_what_was_kept_survives_a_killed_process_again_and_again(path: Path) -> None:
    chance = random.Random(7)  # noqa: S311
    forgotten: set[int] = set()
    for seed in range(3):
        commits = _run_and_kill(path, seed, chance.randint(20, 120), forgotten)
        journal = open_journal(path, letters=10_000)
        found = drain(journal)
        assert forgotten.isdisjoint(found)
        assert len(found) + len(forgotten) >= 3 * commits
        assert {int(each.payload.split()[0]) for each in found.values()} >= {
            (number - 1) // 3 for number in range(max(forgotten, default=0) + 1, 3 * commits + 1)
        }
        assert journal.losses() == []
        journal.close()


def _run_and_kill(path: Path, seed: int, lines: int, forgotten: set[int]) -> int:
    """Let a process keep and forget until it has said so many lines; returns how many commits it knows of."""
    root = str(Path(__file__).parents[3])
    commits = 0
    with subprocess.Popen(
        [sys.executable, "-c", CRASHING, path, root, str(seed)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for nth, line in enumerate(process.stdout):
            commits = _note(line, commits, forgotten)
            if nth == lines:
                process.kill()
                break
        for line in process.stdout.read().splitlines():
            commits = _note(line, commits, forgotten)
    return commits


def _note(line: str, commits: int, forgotten: set[int]) -> int:
    word, *numbers = line.split()
    if word == "forgot":
        forgotten.update(map(int, numbers))
        return commits
    return int(numbers[0])


def test_the_note_tells_what_the_file_holds(path: Path) -> None:
    write(path)
    tally = noted(path)
    assert tally
    assert structs.asdict(tally.waiting["main"]) == {"payloads": 20, "points": 200, "oldest": 1}
    assert (tally.letters, tally.gaps, tally.checkpoint, tally.last) == (3, 1, 42, (20, 3, 1))
