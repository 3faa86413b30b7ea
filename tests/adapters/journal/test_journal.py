"""The journal on a good disk, on none, and at its cap: what is kept, what is given back, what is said."""

import itertools
import os
import random
import resource
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs

from ha_bridge.adapters.journal import tables as journal_tables
from ha_bridge.adapters.journal.desk import JournalDesk
from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.adapters.journal.schema import FORMAT
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.ports import Journal
from ha_bridge.domain.records import Contents, Stage
from tests.adapters.journal.world import drain, gap, kept, letter, open_journal
from tests.waiting import wait_for

MB = 1_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "when needed" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    journal = open_journal(path)
    yield journal
    journal.close()


def noise(size: int) -> bytes:
    """Bytes that do not compress."""
    return random.Random(size).randbytes(size)  # noqa: S311 - any bytes will do


def size_of(path: Path) -> int:
    return sum(file.stat().st_size for end in ("", "-wal") if (file := Path(f"{path}{end}")).exists())


def in_thread(call: Callable[[], object]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_it_is_what_the_actors_are_promised(journal: SqliteJournal) -> None:
    promised: Journal = journal
    assert promised.waiting("main", 0, 1) == []


def test_payloads_come_back_byte_for_byte_in_their_order_numbered_from_one(journal: SqliteJournal) -> None:
    payloads = [b"m value=1 1", b"", b"\x00\xff" * 5000, "m,room=café value=2 2".encode()]
    journal.keep([kept(payload, points=nth) for nth, payload in enumerate(payloads)], [])
    found = journal.waiting("main", 0, MB)
    assert [(each.payload, each.points, each.number) for each in found] == [
        (payload, nth, nth + 1) for nth, payload in enumerate(payloads)
    ]


def test_each_sink_waits_for_its_own(journal: SqliteJournal) -> None:
    journal.keep([kept(sink="a"), kept(sink="b"), kept(sink="a")], [])
    assert [each.number for each in journal.waiting("a", 0, MB)] == [1, 3]
    assert [each.number for each in journal.waiting("b", 0, MB)] == [2]
    assert journal.waiting("c", 0, MB) == []


def test_as_many_are_given_as_fit_but_one_at_least(journal: SqliteJournal) -> None:
    journal.keep([kept(b"x" * 100) for _ in range(5)], [])
    assert [each.number for each in journal.waiting("main", 0, 250)] == [1, 2]
    assert [each.number for each in journal.waiting("main", 2, 300)] == [3, 4, 5]
    assert [each.number for each in journal.waiting("main", 4, 1)] == [5]
    assert journal.waiting("main", 5, 1) == []


def test_what_is_delivered_is_forgotten_and_its_number_not_given_again(
    path: Path, journal: SqliteJournal
) -> None:
    journal.keep([kept(), kept()], [])
    journal.forget([1, 2, 99])
    journal.close()
    journal = open_journal(path)
    journal.keep([kept()], [])
    assert list(drain(journal)) == [3]
    journal.close()


def test_it_is_all_there_after_a_restart(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept(), kept(sink="other", points=7)], [letter()])
    journal.add_gap(gap())
    journal.cover(42)
    before = journal.contents()
    journal.close()
    again = open_journal(path)
    assert structs.replace(again.contents(), size=0) == structs.replace(before, size=0)
    assert (again.checkpoint(), again.losses()) == (42, [])
    assert again.waiting("other", 0, MB)[0].points == 7
    again.close()


def test_the_contents_are_counted(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept(points=3), kept(points=4), kept(sink="b", points=5)], [letter(), letter()])
    journal.add_gap(gap(0, 1_500_000))
    journal.add_gap(gap(0, 1_000_000))
    journal.forget([3])
    assert journal.contents() == Contents(
        size=size_of(path), points=[("main", 7)], dead_letters=2, gaps=2, seconds=2.5
    )


def test_nothing_to_keep_does_not_touch_the_disk(path: Path, journal: SqliteJournal) -> None:
    journal.keep([], [])
    assert not path.exists()


# Dead letters


def test_letters_are_replayed_when_somebody_asked(path: Path, journal: SqliteJournal) -> None:
    first, second = letter("a"), letter("b", b"\x00raw" * 1000, Stage.READ, "")
    journal.keep([], [first, second])
    assert journal.to_replay() == []
    assert JournalDesk(path).replay([2]) == 1
    assert journal.to_replay() == [structs.replace(second, number=2)]
    journal.forget_letters([2])
    assert (journal.to_replay(), journal.contents().dead_letters) == ([], 1)


def test_so_many_letters_are_replayed_at_once_as_are_no_burden(path: Path, journal: SqliteJournal) -> None:
    journal.keep([], [letter(raw=b"x" * 5 * MB) for _ in range(2)])
    JournalDesk(path).replay()
    [found] = journal.to_replay()
    journal.forget_letters([found.number])
    assert [each.number for each in journal.to_replay()] == [2]


def test_a_letter_of_a_sink_waits_for_it_again(journal: SqliteJournal) -> None:
    lines, packed = b"m value=1 1\nm value=2 2", b"\x92\xc4no text"
    journal.keep([kept()], [letter(raw=lines), letter(raw=packed, sink="local"), letter(stage=Stage.READ)])
    journal.requeue([1, 2, 3, 99])
    assert [(each.payload, each.points, each.number) for each in journal.waiting("main", 1, MB)] == [
        (lines, 2, 2)
    ]
    assert [(each.payload, each.points) for each in journal.waiting("local", 0, MB)] == [(packed, 1)]
    assert journal.contents().dead_letters == 1


def test_the_oldest_letters_make_room_for_others(path: Path) -> None:
    journal = open_journal(path, letters=3)
    journal.keep([], [letter(str(nth)) for nth in range(2)])
    journal.keep([], [letter(str(nth)) for nth in range(2, 7)])
    desk = JournalDesk(path)
    assert [listed.letter.about for listed in desk.letters()] == ["4", "5", "6"]
    assert (journal.contents().dead_letters, desk.pushed_out()) == (3, 4)
    journal.close()


def test_large_letters_push_out_others_before_they_fill_the_disk(path: Path) -> None:
    journal = open_journal(path, cap=16 * MB)
    for _ in range(100):
        journal.keep([], [letter(raw=noise(100_000))])
    assert journal.contents().dead_letters == 4
    assert size_of(path) < 2 * MB
    journal.close()


def test_of_a_huge_letter_the_beginning_is_kept_and_that_is_said(path: Path) -> None:
    journal = open_journal(path, cap=16 * MB)
    journal.keep([], [letter(raw=noise(3 * MB))])
    found = JournalDesk(path).letter(1)
    assert found
    assert found.raw == noise(3 * MB)[:62_500]
    assert found.reason.endswith("(of its 3000000 bytes the first 62500 are kept)")
    journal.close()


def test_words_without_end_and_broken_characters_are_mended(path: Path, journal: SqliteJournal) -> None:
    journal.keep([], [structs.replace(letter("a\ud800\x00b"), reason="no " * 10_000)])
    found = JournalDesk(path).letter(1)
    assert found
    assert (found.about, len(found.reason)) == ("a?\x00b", 4000)


# Gaps


def test_gaps_are_open_until_they_are_closed_oldest_first(journal: SqliteJournal) -> None:
    journal.add_gap(gap(5, 9))
    journal.add_gap(gap(1, 4))
    late, early = structs.replace(gap(5, 9), number=1), structs.replace(gap(1, 4), number=2)
    assert journal.open_gaps() == [early, late]
    journal.update_gap(structs.replace(early, filled=3))
    assert journal.open_gaps()[0].filled == 3
    journal.update_gap(structs.replace(early, closed=True, note="the recorder lacks sensor.a"))
    assert journal.open_gaps() == [late]


def test_a_gap_that_got_lost_comes_back_with_its_next_word(journal: SqliteJournal) -> None:
    journal.update_gap(structs.replace(gap(), number=7))
    assert [each.number for each in journal.open_gaps()] == [7]
    journal.add_gap(gap())
    assert [each.number for each in journal.open_gaps()] == [7, 8]


def test_whole_gaps_are_forgotten_before_known_ones_when_there_are_too_many(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_tables, "CLOSED_GAPS", 2)
    for number, note in enumerate(("lacking", "", "", "lacking"), 1):
        journal.add_gap(gap())
        journal.update_gap(structs.replace(gap(), number=number, note=note, closed=True))
    journal.add_gap(gap())
    assert [each.number for each in JournalDesk(path).gaps()] == [1, 4, 5]


def test_the_checkpoint_is_where_it_was_moved_to(journal: SqliteJournal) -> None:
    assert journal.checkpoint() == 0
    journal.cover(17)
    assert journal.checkpoint() == 17


# The cap


def fill(journal: SqliteJournal, size: int = 20_000, together: int = 1) -> int:
    """Keep payloads until no more go in; returns how many."""
    for count in itertools.count(0, together):
        try:
            journal.keep([kept(noise(size)) for _ in range(together)], [])
        except Unavailable:
            return count
    raise AssertionError


@pytest.mark.parametrize(("size", "together"), [(2_000, 10), (20_000, 1), (20_000, 20), (900_000, 1)])
def test_payloads_end_at_the_cap_and_what_is_in_it_stays(path: Path, size: int, together: int) -> None:
    journal = open_journal(path, cap=4 * MB)
    count = fill(journal, size, together)
    assert size_of(path) <= 4 * MB
    assert count * size > MB / 3
    assert len(drain(journal)) == count
    journal.close()


def test_letters_gaps_and_the_checkpoint_fit_in_when_payloads_no_longer_do(path: Path) -> None:
    journal = open_journal(path, cap=4 * MB)
    fill(journal)
    for nth in range(100):
        journal.keep([], [letter(raw=noise(10_000 + nth))])
        journal.add_gap(gap())
        journal.cover(nth)
    assert size_of(path) <= 4 * MB
    assert (journal.contents().gaps, journal.checkpoint()) == (100, 99)
    journal.close()


def test_what_does_not_fit_leaves_everything_as_it_was(path: Path) -> None:
    journal = open_journal(path, cap=4 * MB)
    count = fill(journal)
    with pytest.raises(
        Unavailable, match=r"the journal is full, 4 MB: mend the sink, or set journal\.max_bytes"
    ):
        journal.keep([kept(noise(20_000))], [letter()])
    assert (len(drain(journal)), journal.contents().dead_letters) == (count, 0)
    journal.close()


def test_a_letter_that_would_go_beyond_the_cap_stays_a_letter(path: Path) -> None:
    journal = open_journal(path, cap=4 * MB)
    journal.keep([], [letter(raw=noise(30_000))])
    fill(journal)
    with pytest.raises(Unavailable, match="the journal is full"):
        journal.requeue([1])
    assert journal.contents().dead_letters == 1
    journal.close()


def test_at_the_cap_it_takes_more_as_soon_as_some_is_delivered(path: Path) -> None:
    journal = open_journal(path, cap=4 * MB)
    count = fill(journal)
    journal.forget(range(1, 11))
    assert 3 <= fill(journal) <= 10
    assert len(drain(journal)) >= count - 7
    journal.close()


def test_space_is_returned_when_all_is_delivered(path: Path, journal: SqliteJournal) -> None:
    for _ in range(20):
        journal.keep([kept(noise(50_000)) for _ in range(10)], [])
    journal.keep([], [letter()])
    assert size_of(path) > 10 * MB
    while some := journal.waiting("main", 0, MB):
        journal.forget([each.number for each in some])
    journal.close()
    assert path.stat().st_size < MB / 5
    assert JournalDesk(path).letter(1)


def test_space_is_returned_step_by_step_while_much_is_still_kept(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept(noise(5 * MB), "slow")], [])
    for _ in range(4):
        journal.keep([kept(noise(6 * MB))], [])
    journal.keep([kept(noise(MB), "slow")], [])
    journal.forget([2, 3, 4, 5])
    before = path.stat().st_size
    steps = []
    for nth in range(5):
        start = time.perf_counter()
        journal.cover(nth)
        steps.append(time.perf_counter() - start)
    journal.close()
    assert before - path.stat().st_size > 5 * 100 * 4096
    assert max(steps) < 1
    assert [len(each.payload) for each in drain(open_journal(path), "slow").values()] == [5 * MB, MB]


def test_the_write_ahead_log_stays_bounded(path: Path) -> None:
    journal = open_journal(path, cap=16 * MB)
    for _ in range(300):
        journal.keep([kept(noise(10_000))], [])
    assert Path(f"{path}-wal").stat().st_size < 1.2 * MB
    journal.close()


def test_a_vacuum_that_another_program_prevents_costs_nothing(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept(noise(3 * MB)), kept()], [])
    other = sqlite3.connect(path, isolation_level=None)
    journal._file.connection().execute("PRAGMA wal_checkpoint")
    journal._commit(lambda db: journal_tables.forget(db, "payloads", [1]))
    other.execute("BEGIN IMMEDIATE")
    journal._do(journal._room.give_back)
    other.close()
    assert list(drain(journal)) == [2]


# Threads, other programs, and disks that are not there


def test_another_thread_may_take_over_and_a_third_may_close(journal: SqliteJournal) -> None:
    in_thread(lambda: journal.keep([kept()], []))
    in_thread(lambda: journal.keep([kept()], []))
    in_thread(journal.close)
    in_thread(lambda: journal.keep([kept()], []))
    assert len(drain(journal)) == 3


def test_a_call_that_hangs_keeps_the_next_one_waiting_only_so_long(journal: SqliteJournal) -> None:
    journal.keep([kept()], [])
    with journal._file.alone(), pytest.raises(Unavailable, match="busy with an earlier write"):
        journal.keep([kept()], [])
    journal.keep([kept()], [])


def test_a_lock_of_another_program_is_named_and_passes(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept()], [])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked by another program"):
        journal.keep([kept()], [])
    other.close()
    journal.keep([kept()], [])
    assert len(drain(journal)) == 2


def test_a_folder_that_cannot_be_made_is_named_and_passes(tmp_path: Path) -> None:
    (tmp_path / "disk").touch()
    journal = open_journal(tmp_path / "disk" / "journal.db")
    with pytest.raises(Unavailable, match=r"cannot use .*journal\.db.*set journal\.path"):
        journal.contents()
    (tmp_path / "disk").unlink()
    journal.keep([kept()], [])
    assert len(drain(journal)) == 1
    journal.close()


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"journal\.path"):
        open_journal(tmp_path).contents()


def test_the_file_of_another_program_is_left_alone(path: Path, journal: SqliteJournal) -> None:
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE precious (thing)")
    with pytest.raises(Unavailable, match=r"belongs to another program: set journal\.path"):
        journal.keep([kept()], [])
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    other.close()


def test_a_file_of_a_newer_version_is_left_alone(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept()], [])
    journal.close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {FORMAT.version + 1}")
        newer.execute("UPDATE counters SET value = ? WHERE name = 'version'", (FORMAT.version + 1,))
    newer.close()
    with pytest.raises(Unavailable, match="newer ha-bridge"):
        journal.keep([kept()], [])


def test_a_file_that_is_not_furnished_yet_is_furnished(path: Path, journal: SqliteJournal) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    journal.keep([kept()], [])
    assert (list(drain(journal)), journal.losses()) == ([1], [])


def test_a_file_whose_making_was_interrupted_is_furnished(path: Path, journal: SqliteJournal) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as empty:
        empty.execute("PRAGMA journal_mode = WAL")
    empty.close()
    journal.keep([kept()], [])
    assert (list(drain(journal)), journal.losses()) == ([1], [])


def full(journal: SqliteJournal, pages: int) -> None:
    journal._file.connection().execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_says_where_to_free_space_and_passes_and_drains_meanwhile(
    path: Path, journal: SqliteJournal
) -> None:
    journal.keep([kept(), kept()], [])
    full(journal, 1)
    with pytest.raises(Unavailable, match=r"no space left on .*: free some or set journal\.path"):
        journal.keep([kept(noise(100_000))], [])
    journal.forget([1])
    assert list(drain(journal)) == [2]
    full(journal, 2**30)
    journal.keep([kept()], [])
    assert list(drain(journal)) == [2, 3]


def test_a_disk_that_fails_in_the_middle_of_a_commit_passes(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept()], [])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(Unavailable, match=r"the disk may be full or dying.*journal\.path"):
            journal.keep([kept(noise(50_000)) for _ in range(10)], [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(drain(journal)) == [1]
    journal.keep([kept(noise(50_000)) for _ in range(10)], [])
    assert len(drain(journal)) == 11
    assert journal.losses() == []


def test_an_error_of_the_disk_is_named_and_the_file_opened_anew(journal: SqliteJournal) -> None:
    journal.keep([kept()], [])

    def dying(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM payloads")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        raise error

    before = journal._file.connection()
    with pytest.raises(Unavailable, match=r"the disk may be full or dying.*journal\.path"):
        journal._commit(dying)
    assert journal._file.connection() is not before
    assert list(drain(journal)) == [1]


def test_the_last_of_a_disk_is_left_alone(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.keep([kept()], [])
    usage = shutil.disk_usage(path.parent)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5 * MB))
        with pytest.raises(Unavailable, match=r"no space left on .*: free some or set journal\.path"):
            journal.keep([kept()], [])
        journal.keep([], [letter()])
        journal.forget([1])
    journal.keep([kept()], [])
    assert list(drain(journal)) == [2]


def test_a_file_that_is_changed_for_another_at_the_last_moment_is_left_alone(
    path: Path, journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE precious (thing)")
    other.close()
    monkeypatch.setattr("ha_bridge.adapters.journal.journal.flaw", lambda *_: "")
    with pytest.raises(Unavailable, match="belongs to another program"):
        journal.contents()


def test_a_fault_of_ours_undoes_what_was_half_done(journal: SqliteJournal) -> None:
    journal.keep([kept()], [])

    def wrong(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM payloads")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        journal._commit(wrong)
    assert list(drain(journal)) == [1]


def test_a_note_that_cannot_be_written_does_no_harm(path: Path, journal: SqliteJournal) -> None:
    Path(f"{path}.tally").mkdir(parents=True)
    journal.keep([kept()], [])
    journal.close()
    assert list(drain(journal)) == [1]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_file_that_may_not_be_written_is_named(path: Path, journal: SqliteJournal) -> None:
    journal.keep([kept()], [])
    journal.close()
    path.chmod(0o444)
    with pytest.raises(Unavailable, match=r"read-only.*journal\.path"):
        journal.keep([kept()], [])


def test_readers_see_whole_commits_while_payloads_come_and_go(path: Path, journal: SqliteJournal) -> None:
    done = threading.Event()

    def work() -> None:
        for nth in range(100):
            journal.keep([kept()], [letter(), letter()])
            journal.forget([nth + 1])
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    wait_for(path.exists)
    desk = JournalDesk(path)
    while not done.is_set():
        assert len(desk.letters()) % 2 == 0
    worker.join()
    assert len(desk.letters()) == 100
