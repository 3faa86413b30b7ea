"""Reading a file's pages without SQLite gives what SQLite gives."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.adapters.journal.pages import Pages, Values
from ha_bridge.adapters.journal.schema import PAGE_BYTES

WHOLE = st.one_of(
    st.sampled_from([0, 1, -1, 2**15, -(2**23), 2**31, 2**47, -(2**63), 2**63 - 1]),
    st.integers(-(2**63), 2**63 - 1),
)
NUMBER = st.sampled_from([1, 127, 128, 2**62, 2**63 - 1]) | st.integers(1, 2**63 - 1)
ROW = st.tuples(
    NUMBER, st.text(max_size=50), st.binary(max_size=50), st.integers(0, 20_000), st.none() | WHOLE
)


def make(path: Path, rows: Sequence[Values]) -> sqlite3.Connection:
    """Write rows, in part to the log; the last but one column is as many bytes as its number says."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(f"PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
    db.execute("CREATE TABLE things (number INTEGER PRIMARY KEY, a, b, c, d)")
    for nth, (number, text, data, length, more) in enumerate(rows):
        db.execute(
            "INSERT OR IGNORE INTO things VALUES (?, ?, ?, ?, ?)",
            (number, text, data + b"x" * length, length, more),
        )
        if nth == len(rows) // 2:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return db


def things(path: Path, *, log: bool) -> list[Values]:
    with closing(Pages(path, log=log)) as pages:
        return sorted(row for row in pages.rows() if row[1] != "things")


@given(st.lists(ROW, max_size=30))
@settings(max_examples=60)
def test_it_gives_the_rows_that_sqlite_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Values]
) -> None:
    folder = tmp_path_factory.mktemp("pages")
    with closing(make(folder / "some.db", rows)) as db:
        expected = db.execute("SELECT * FROM things ORDER BY number").fetchall()
        assert things(folder / "some.db", log=True) == expected
    assert things(folder / "some.db", log=False) == expected
    shutil.rmtree(folder)


def test_a_file_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    assert things(tmp_path / "none.db", log=True) == []


def test_a_kind_of_value_that_the_journal_never_writes_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(make(path, [])) as db:
        db.execute("INSERT INTO things VALUES (1, 0.5, 2, 3, 4), (2, 'a', 2, 3, 4)")
    assert things(path, log=False) == [(2, "a", 2, 3, 4)]


def test_a_record_that_breaks_off_or_turns_in_a_circle_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    make(path, [(1, "a", b"", 20_000, 4), (2, "b", b"", 0, 4)]).close()
    data = bytearray(path.read_bytes())
    first = data.index(b"x" * 4092) - 4
    page = first // PAGE_BYTES + 1
    for following in (0, page, 10**6):
        data[first : first + 4] = following.to_bytes(4)
        path.write_bytes(data)
        assert [row[0] for row in things(path, log=False)] == [2]


def test_what_the_disk_cannot_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some.db"
    make(path, [(1, "a", b"", 0, 4)]).close()
    pages = Pages(path, log=False)
    assert pages._file

    class Dying:
        def seek(self, place: int) -> None:
            raise OSError(5, "Input/output error")

        def close(self) -> None:
            pass

    pages._file.close()
    monkeypatch.setattr(pages, "_file", Dying())
    assert list(pages.rows()) == []


def test_a_page_that_is_cut_off_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    make(path, [(1, "a", b"", 0, 4)]).close()
    path.write_bytes(path.read_bytes()[:-100])
    assert things(path, log=False) == []
