"""Carrying over what can be read of a damaged journal into a fresh file.

SQLite is asked first, row by row, for it knows what is current; what it does not find is looked for page by page. A row counts
only with its checksum. Pages still tell of rows that were deleted, and what nothing speaks against is taken: to deliver twice
changes nothing. `unsure` names the tables where that may have happened, so that a count of them tells the least.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from ha_bridge.adapters.journal import tables
from ha_bridge.adapters.journal.pages import Pages
from ha_bridge.adapters.journal.rows import DamagedRow, Row, gap_of, letter_of, payload_of
from ha_bridge.adapters.journal.tally import Tally, Waiting
from ha_bridge.adapters.sqlite.file import open_as_it_is

_DAMAGE = (sqlite3.Error, UnicodeDecodeError)

_LISTS = {
    "payloads": ("payloads INDEXED BY directory", "payloads NOT INDEXED"),
    "letters": ("letters NOT INDEXED",),
    "gaps": ("gaps",),
}


class _Table:
    """What of a table has been carried over: `sure` is current, `unsure` may have been deleted since."""

    def __init__(self, name: str, columns: int, read: Callable[[Row], object]) -> None:
        self.name = name
        self.columns = columns
        self.read = read
        self.sure: set[int] = set()
        self.unsure: set[int] = set()
        self.listed: set[int] | None = None

    def is_new(self, row: Row) -> bool:
        """Tell whether it is a row of this table that is not here yet, and may be current."""
        number = row[0]
        return (
            len(row) == self.columns
            and number not in self.sure
            and number not in self.unsure
            and (self.listed is None or number in self.listed)
        )

    def is_sound(self, row: Row) -> bool:
        try:
            self.read(row)
        except DamagedRow:
            return False
        return True


class Rescue:
    """`noted` is what the journal held when it was last well, None when nothing tells."""

    def __init__(self, damaged: Path, fresh: sqlite3.Connection, noted: Tally | None) -> None:
        self._damaged = damaged
        self._fresh = fresh
        self._noted = noted
        self._own: Tally | None = None
        self._tables = (
            _Table("payloads", 5, payload_of),
            _Table("letters", 14, letter_of),
            _Table("gaps", 8, gap_of),
        )

    def run(self) -> Tally | None:
        """Fill the fresh file, within a transaction; returns what the damaged one had, None when nothing tells."""
        # SQLite would remove the log of an empty file.
        if self._damaged.exists() and self._damaged.stat().st_size:
            with closing(open_as_it_is(self._damaged)) as db:
                self._by_sqlite(db)
        for log in (True, False):
            if not self._is_whole():
                self._page_by_page(log=log)
        self._count()
        return self._had

    @property
    def unsure(self) -> list[str]:
        """The tables into which something may have come back."""
        names = [table.name for table in self._tables if table.unsure]
        # Older ones than those waiting were left out.
        if self._had is not None and self._had.lacks_none and "payloads" in names:
            names.remove("payloads")
        return names

    @property
    def _is_current(self) -> bool:
        """Tell whether SQLite sees the latest state of the file."""
        if self._own is None or self._noted is None:
            return self._own is not None
        return self._own.commits >= self._noted.commits

    @property
    def _had(self) -> Tally | None:
        """The later account; of two that are as late the note, which has a checksum."""
        if self._own and (self._noted is None or self._own.commits > self._noted.commits):
            return self._own
        return self._noted

    def _by_sqlite(self, db: sqlite3.Connection) -> None:
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        with suppress(*_DAMAGE):
            db.execute("PRAGMA writable_schema = ON")  # opens a file that was cut off, too
        with suppress(*_DAMAGE):
            self._own = tables.tally(db)
        for table in self._tables:
            numbers = self._list(db, table)
            for row in _rows(db, table.name, numbers):
                if table.is_sound(row):
                    self._take(table, row, table.sure if self._is_current else table.unsure)

    def _list(self, db: sqlite3.Connection, table: _Table) -> list[int]:
        """List the numbers of a table, and remember them where that is all there is to know."""
        numbers: set[int] = set()
        whole = self._is_current
        for source in _LISTS[table.name]:
            try:
                for (number,) in db.execute(f"SELECT number FROM {source}"):  # noqa: S608
                    numbers.add(number)
            except _DAMAGE:
                whole = False
        if whole and self._had and len(numbers) == _rows_of(self._had, table.name):
            table.listed = numbers
        return sorted(numbers)

    def _page_by_page(self, *, log: bool) -> None:
        with closing(Pages(self._damaged, log=log)) as pages:
            for row in pages.rows():
                for table in self._tables:
                    if table.is_new(row) and table.is_sound(row):
                        self._take(table, row, table.unsure if table.listed is None else table.sure)

    def _is_delivered(self, table: _Table, row: Row) -> bool:
        """Tell whether a payload is older than all that were waiting for its sink."""
        if table.name != "payloads" or self._had is None:
            return False
        waiting = self._had.waiting.get(row[1], Waiting(0, 0))
        return not waiting.payloads or row[0] < waiting.oldest

    def _take(self, table: _Table, row: Row, numbers: set[int]) -> None:
        if numbers is table.unsure and self._is_delivered(table, row):
            return
        if table.name == "letters":
            row = (row[0], int(row[1] == 1), *row[2:])  # the mark for a replay has no checksum
        tables.insert(self._fresh, table.name, [row])
        numbers.add(row[0])

    def _is_whole(self) -> bool:
        had = self._had
        return had is not None and all(
            _rows_of(had, table.name) <= len(table.sure) + len(table.unsure) for table in self._tables
        )

    def _count(self) -> None:
        """Go on where the damaged file was: a number is never given twice."""
        known = [tally for tally in (self._own, self._noted) if tally]
        tables.count(self._fresh, "commits", 1 + max((tally.commits for tally in known), default=0))
        tables.cover(self._fresh, max((tally.checkpoint for tally in known), default=0))
        for place, table in enumerate(self._tables):
            highest = max((tally.last[place] for tally in known), default=0)
            tables.raise_last(self._fresh, table.name, highest)


def _rows(db: sqlite3.Connection, table: str, numbers: list[int]) -> Iterator[Row]:
    for number in numbers:
        with suppress(*_DAMAGE):
            yield from db.execute(f"SELECT * FROM {table} WHERE number = ?", (number,)).fetchall()  # noqa: S608


def _rows_of(tally: Tally, table: str) -> int:
    match table:
        case "payloads":
            return sum(waiting.payloads for waiting in tally.waiting.values())
        case "letters":
            return tally.letters
        case _:
            return tally.gaps
