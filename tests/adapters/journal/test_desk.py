"""Looking into a journal from outside, while the bridge runs and while it does not."""

import sqlite3
from pathlib import Path

import pytest

from ha_bridge.adapters.journal.desk import JournalDesk
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.records import Stage
from tests.adapters.journal.world import QUICK, gap, kept, letter, open_journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def desk(path: Path) -> JournalDesk:
    return JournalDesk(path, QUICK)


def test_a_journal_that_was_never_begun_is_empty(path: Path, desk: JournalDesk) -> None:
    assert not desk.exists
    assert (desk.letters(), desk.letter(1), desk.gaps(), desk.pushed_out()) == ([], None, [], 0)
    assert (desk.replay(), desk.purge()) == (0, 0)
    assert not path.exists()


def test_letters_are_listed_without_their_raw_input_and_shown_with_it(path: Path, desk: JournalDesk) -> None:
    journal = open_journal(path)
    journal.keep([], [letter("a", b"raw"), letter("b", stage=Stage.READ)])
    first, second = desk.letters()
    assert (first.letter.about, first.letter.raw, first.size, first.replay) == ("a", b"", 3, False)
    assert (second.letter.stage, second.letter.number) == (Stage.READ, 2)
    shown = desk.letter(1)
    assert shown
    assert (shown.raw, shown.status, shown.attempts, shown.sink) == (b"raw", 400, 3, "main")
    assert desk.letter(3) is None
    journal.close()


@pytest.mark.parametrize("running", [True, False])
def test_letters_are_marked_and_removed_whether_or_not_the_bridge_runs(
    path: Path, desk: JournalDesk, running: bool
) -> None:
    journal = open_journal(path)
    journal.keep([kept()], [letter() for _ in range(4)])
    if not running:
        journal.close()
    assert desk.replay([2, 3, 9]) == 2
    assert desk.purge([3, 4, 9]) == 2
    assert [(each.letter.number, each.replay) for each in desk.letters()] == [(1, False), (2, True)]
    assert [each.number for each in journal.to_replay()] == [2]
    assert (desk.replay(), len(journal.to_replay())) == (2, 2)
    assert (desk.purge(), journal.contents().dead_letters, journal.losses()) == (2, 0, [])
    journal.close()


def test_gaps_are_listed_the_closed_ones_too(path: Path, desk: JournalDesk) -> None:
    journal = open_journal(path)
    journal.add_gap(gap())
    [found] = desk.gaps()
    assert (found.cause, found.number) == ("the bridge was down", 1)
    journal.close()


def test_a_damaged_journal_is_left_for_the_bridge_to_salvage(path: Path, desk: JournalDesk) -> None:
    journal = open_journal(path)
    journal.keep([], [letter()])
    journal.close()
    data = b"no database" + path.read_bytes()[11:]
    path.write_bytes(data)
    for call in (desk.letters, desk.gaps, desk.replay, desk.purge):
        with pytest.raises(Unavailable, match="is damaged: the bridge salvages it"):
            call()
    assert path.read_bytes() == data


def test_the_file_of_another_program_is_left_alone(path: Path, desk: JournalDesk) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE letters (precious)")
    other.close()
    with pytest.raises(Unavailable, match="belongs to another program"):
        desk.purge()


def test_a_lock_is_waited_for_and_then_named(path: Path, desk: JournalDesk) -> None:
    journal = open_journal(path)
    journal.keep([], [letter()])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked by another program"):
        desk.purge()
    assert len(desk.letters()) == 1
    other.close()
    journal.close()


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"journal\.path"):
        JournalDesk(tmp_path).letters()
