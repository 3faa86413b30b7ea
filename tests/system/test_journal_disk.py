"""The journal on a disk of its own that runs full: a small tmpfs, which takes root to mount."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import pytest

from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.adapters.journal.tally import noted
from ha_bridge.domain.failures import Unavailable
from tests.adapters.journal.world import drain, gap, kept, letter

pytestmark = pytest.mark.system

MB = 1_000_000
CAP = 16 * MB
FULL = r"no space left on .*: free some or set journal\.path|the disk may be full"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of ten megabytes."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "none", tmp_path], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a disk of its own takes root: {mounted.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@pytest.fixture
def journal(disk: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(disk / "journal.db", CAP, 100)
    yield journal
    journal.close()


def noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(20_000)  # noqa: S311 - any bytes will do


def fill(disk: Path) -> Path:
    """Let another program take all that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return ballast
    raise AssertionError


def keep_until_full(journal: SqliteJournal) -> int:
    for count in range(10_000):
        try:
            journal.keep([kept(noise(count))], [])
        except Unavailable:
            return count
    raise AssertionError


def test_what_was_kept_is_there_when_the_disk_is_full_and_more_goes_in_when_it_is_not(
    disk: Path, journal: SqliteJournal
) -> None:
    ballast = fill_half(disk)
    count = keep_until_full(journal)
    assert count > 50
    with pytest.raises(Unavailable, match=FULL):
        journal.keep([kept(noise(0))], [])
    assert [each.payload for each in drain(journal).values()] == [noise(nth) for nth in range(count)]
    ballast.unlink()
    assert keep_until_full(journal) > 50
    assert journal.losses() == []


def fill_half(disk: Path) -> Path:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(5 * MB))
    return ballast


def test_a_disk_that_the_journal_itself_has_filled_gets_better_as_it_drains(
    disk: Path, journal: SqliteJournal
) -> None:
    count = keep_until_full(journal)
    for number in range(1, count + 1):
        journal.forget([number])
    assert drain(journal) == {}
    journal.keep([kept()], [letter()])
    journal.add_gap(gap())
    journal.cover(1)
    assert list(drain(journal)) == [count + 1]
    assert keep_until_full(journal) > count - 10


def test_what_is_delivered_while_others_fill_the_disk_is_forgotten_when_there_is_room(
    disk: Path, journal: SqliteJournal
) -> None:
    for nth in range(20):
        journal.keep([kept(noise(nth))], [])
    ballast = fill(disk)
    waiting = set(range(1, 21))
    for number in range(1, 21):
        try:
            journal.forget([number])
            waiting.remove(number)
        except Unavailable:
            assert disk_usage(disk).free < 4096
        assert set(drain(journal)) == waiting
    ballast.unlink()
    journal.forget(sorted(waiting))
    assert (drain(journal), journal.losses()) == ({}, [])


def test_it_waits_for_a_disk_that_was_full_before_it_began(disk: Path, journal: SqliteJournal) -> None:
    ballast = fill(disk)
    for _ in range(3):
        with pytest.raises(Unavailable, match=FULL):
            journal.keep([kept()], [])
    ballast.unlink()
    journal.keep([kept()], [])
    assert (list(drain(journal)), journal.losses()) == ([1], [])


def test_a_journal_that_was_left_on_a_disk_that_is_full_now_is_whole_when_there_is_room(
    disk: Path, journal: SqliteJournal
) -> None:
    journal.keep([kept(), kept()], [letter()])
    journal.close()
    ballast = fill(disk)
    with pytest.raises(Unavailable, match=FULL):
        journal.keep([kept(noise(1)) for _ in range(100)], [])
    ballast.unlink()
    assert (list(drain(journal)), journal.losses()) == ([1, 2], [])


def test_damage_on_a_full_disk_costs_nothing_that_was_not_damaged(disk: Path, journal: SqliteJournal) -> None:
    for nth in range(50):
        journal.keep([kept(noise(nth))], [])
    journal.close()
    path = disk / "journal.db"
    path.write_bytes(b"no database" + path.read_bytes()[11:])
    ballast = fill(disk)
    with pytest.raises(Unavailable, match=r"salvaging it takes 1\.\d MB: free some"):
        journal.contents()
    ballast.unlink()
    assert len(drain(journal)) == 50
    assert "nothing was lost" in journal.losses()[0]
    tally = noted(path)
    assert tally
    assert tally.waiting["main"].payloads == 50
