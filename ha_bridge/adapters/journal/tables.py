"""What is done with the tables of the journal: every statement stands here. All raise sqlite3.Error, and DamagedRow where they read."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ha_bridge.adapters.journal.rows import (
    DamagedRow,
    Packed,
    Row,
    gap_of,
    gap_row,
    letter_of,
    letter_row,
    letter_without_raw,
    payload_of,
    payload_row,
)
from ha_bridge.adapters.journal.tally import Tally, Waiting
from ha_bridge.domain.records import DeadLetter, Gap, Kept

CLOSED_GAPS = 10_000
"""Gaps that are closed and still listed; beyond that the oldest go, whole ones first."""

_WAITING = (
    "SELECT number, sink, points, crc, body FROM payloads WHERE sink = ? AND number > ? ORDER BY number"
)
_CLOSE_SURPLUS = """
DELETE FROM gaps WHERE number IN (SELECT number FROM gaps WHERE closed ORDER BY note > '', number LIMIT ?)
"""
_LETTER_LIST = """
SELECT number, time, stage, source, about, error, reason, sink, status, attempts, size, replay FROM letters ORDER BY number
"""
_OLDEST_LETTERS = "DELETE FROM letters WHERE number IN (SELECT number FROM letters ORDER BY number LIMIT ?)"


def add_payloads(db: sqlite3.Connection, payloads: Sequence[Packed]) -> None:
    rows = [payload_row(number, packed) for number, packed in enumerate(payloads, last(db, "payloads") + 1)]
    insert(db, "payloads", rows)


def waiting(db: sqlite3.Connection, sink: str, after: int, most: int) -> list[Kept]:
    """Read the oldest payloads numbered above `after`, up to `most` bytes but at least one if there is any."""
    found: list[Kept] = []
    room = most
    for row in db.execute(_WAITING, (sink, after)):
        kept = payload_of(row)
        room -= len(kept.payload)
        if found and room < 0:
            break
        found.append(kept)
    return found


def forget(db: sqlite3.Connection, table: str, numbers: Iterable[int]) -> None:
    db.executemany(f"DELETE FROM {table} WHERE number = ?", ((number,) for number in numbers))  # noqa: S608


def add_letters(db: sqlite3.Connection, letters: Sequence[DeadLetter], most: int, most_bytes: int) -> None:
    """Add them and let the oldest go: `most` letters stay, and `most_bytes` in all."""
    numbered = enumerate(letters, last(db, "letters") + 1)
    insert(db, "letters", [letter_row(number, letter, most_bytes // 4) for number, letter in numbered])
    _push_out(db, most, most_bytes)


def letters(db: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[DeadLetter]:
    """Give those that are there."""
    for number in numbers:
        for row in db.execute("SELECT * FROM letters WHERE number = ?", (number,)):
            yield letter_of(row)


def asked(db: sqlite3.Connection, most: int) -> list[DeadLetter]:
    """Give the oldest letters that are to be replayed, up to `most` bytes but at least one if there is any."""
    found: list[DeadLetter] = []
    for row in db.execute("SELECT * FROM letters WHERE replay ORDER BY number"):
        most -= row[-2]
        if found and most < 0:
            break
        found.append(letter_of(row))
    return found


def letter_list(db: sqlite3.Connection) -> Iterator[tuple[DeadLetter, int, bool]]:
    """Give each letter without its raw input, the size of that, and whether it is to be replayed."""
    for *columns, size, replay in db.execute(_LETTER_LIST):
        yield letter_without_raw(columns), size, bool(replay)


def ask(db: sqlite3.Connection, numbers: Sequence[int] | None) -> int:
    """Mark letters for a replay, all without numbers; returns how many are there."""
    return _each(db, "UPDATE letters SET replay = 1", numbers)


def purge(db: sqlite3.Connection, numbers: Sequence[int] | None) -> int:
    """Remove letters, all without numbers; returns how many there were."""
    return _each(db, "DELETE FROM letters", numbers)


def add_gap(db: sqlite3.Connection, gap: Gap) -> None:
    insert(db, "gaps", [gap_row(last(db, "gaps") + 1, gap)])


def update_gap(db: sqlite3.Connection, gap: Gap) -> None:
    """Put it in the place of what is kept under its number."""
    forget(db, "gaps", [gap.number])
    insert(db, "gaps", [gap_row(gap.number, gap)])
    if gap.closed:
        [closed] = db.execute("SELECT count(*) FROM gaps WHERE closed").fetchone()
        db.execute(_CLOSE_SURPLUS, (max(0, closed - CLOSED_GAPS),))


def gaps(db: sqlite3.Connection, where: str = "1") -> list[Gap]:
    """Give the gaps, oldest first."""
    return [gap_of(row) for row in db.execute(f"SELECT * FROM gaps WHERE {where} ORDER BY start, number")]  # noqa: S608


def insert(db: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    """Add rows as they are."""
    if rows:
        places = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608


def last(db: sqlite3.Connection, table: str) -> int:
    """Give the highest number that was ever given in a table."""
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return _whole(found[0]) if found else 0


def raise_last(db: sqlite3.Connection, table: str, highest: int) -> None:
    """Let numbers in a table go on above `highest`."""
    reached = max(highest, last(db, table))
    db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, reached))


def counter(db: sqlite3.Connection, name: str) -> int:
    found = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return _whole(found and found[0])


def count(db: sqlite3.Connection, name: str, more: int = 1) -> None:
    db.execute("UPDATE counters SET value = value + ? WHERE name = ?", (more, name))


def cover(db: sqlite3.Connection, until: int) -> None:
    db.execute("UPDATE counters SET value = ? WHERE name = 'checkpoint'", (until,))


def tally(db: sqlite3.Connection) -> Tally:
    """Read the counts."""
    held = {
        sink: Waiting(_whole(payloads), _whole(points), _oldest(db, sink))
        for sink, payloads, points in db.execute("SELECT * FROM waiting").fetchall()
    }
    names = ("commits", "checkpoint", "letters", "letter_bytes", "gaps")
    return Tally(
        **{name: counter(db, name) for name in names},
        waiting=held,
        last=(last(db, "payloads"), last(db, "letters"), last(db, "gaps")),
    )


def _each(db: sqlite3.Connection, change: str, numbers: Sequence[int] | None) -> int:
    if numbers is None:
        return db.execute(change).rowcount
    return db.executemany(f"{change} WHERE number = ?", ((number,) for number in numbers)).rowcount


def _push_out(db: sqlite3.Connection, most: int, most_bytes: int) -> None:
    while (surplus := counter(db, "letters") - most) > 0 or counter(db, "letter_bytes") > most_bytes:
        pushed = db.execute(_OLDEST_LETTERS, (max(surplus, 1),)).rowcount
        if not pushed:
            raise DamagedRow("the dead letters are miscounted")
        count(db, "pushed_out", pushed)


def _oldest(db: sqlite3.Connection, sink: str) -> int:
    [oldest] = db.execute("SELECT min(number) FROM payloads WHERE sink = ?", (sink,)).fetchone()
    return _whole(oldest or 0)


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise DamagedRow(f"a count reads {value!r}")
    return value
