"""Whether the journal's file is what it was left as: looked at before anything writes to it."""

import sqlite3
import struct
from contextlib import closing
from functools import cache
from pathlib import Path

from ha_bridge.adapters.journal import tables
from ha_bridge.adapters.journal.log import is_broken_off
from ha_bridge.adapters.journal.schema import FORMAT, KEY, PAGE_BYTES
from ha_bridge.adapters.journal.tally import Tally
from ha_bridge.adapters.sqlite.file import open_as_it_is
from ha_bridge.adapters.sqlite.trouble import is_damage
from ha_bridge.domain.failures import Unavailable

THOROUGH_BYTES = 64 * 2**20
"""A file up to this size is read as a whole, in some seconds from a slow card; of a larger one only its lists and counts are.

What hides in the payloads of a larger one comes to light when they are read, by their checksums.
"""

_HEADER = b"SQLite format 3\0" + struct.pack(">H6B", PAGE_BYTES, 2, 2, 0, 64, 32, 32)
"""A page size of ours, a write-ahead log, no reserved bytes: https://sqlite.org/fileformat2.html#the_database_header."""

_DIRECTORY = "SELECT sink, count(*), sum(points) FROM payloads INDEXED BY directory GROUP BY sink"


def flaw(path: Path, noted: Tally | None, timeout: float) -> str:
    """Say what is wrong with the file, "" for nothing. `noted`: what it held as far as is known, None when it is not.

    Raises sqlite3.Error and OSError when the file cannot be looked at just now, and Unavailable for another program's.
    """
    if not (path.exists() and path.stat().st_size):
        return _absence(path, noted)
    if is_broken_off(path):
        return "its latest writes are missing"
    header = _header(path)
    try:
        with closing(open_as_it_is(path, timeout)) as db:
            db.execute("BEGIN")  # one moment's state, whoever else writes
            if not _tables(db):
                return "it has no tables" if noted and not noted.is_empty else ""
            return _strangeness(db, path, header) or _loss(db, noted) or _unsoundness(db, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if is_damage(error):
            return str(error)
        raise


def _absence(path: Path, noted: Tally | None) -> str:
    wal = Path(f"{path}-wal")
    if (noted and not noted.is_empty) or (wal.exists() and wal.stat().st_size):
        return "it is empty" if path.exists() else "it is gone"
    return ""


def _header(path: Path) -> bytes:
    """Read the marks that never change. SQLite must not have the file open: closing any file drops the locks on it."""
    with path.open("rb") as file:
        return file.read(100)[:24]


def _strangeness(db: sqlite3.Connection, path: Path, header: bytes) -> str:
    """Compare the marks of the format, and the tables to the letter of the statements that made them."""
    found = _tables(db)
    if not found & _ours():
        raise Unavailable(f"{path} belongs to another program: set {KEY} to another file")
    marks = (db.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version"))
    application, version = marks
    if version > FORMAT.version and tables.counter(db, "version") == version:
        raise Unavailable(
            f"{path} comes from a newer ha-bridge: install that here, or set {KEY} to another file"
        )
    same = (found, application, version, header) == (_ours(), FORMAT.application_id, FORMAT.version, _HEADER)
    return "" if same else "its marks are not what they were"


def _loss(db: sqlite3.Connection, noted: Tally | None) -> str:
    """Compare the counts with what is there, and with the note."""
    tally = tables.tally(db)
    if noted and tally.commits < noted.commits:
        return "its latest writes are missing"
    counted = {
        sink: (waiting.payloads, waiting.points)
        for sink, waiting in tally.waiting.items()
        if waiting.payloads
    }
    there = {sink: (payloads, points) for sink, payloads, points in db.execute(_DIRECTORY)}
    if counted != there:
        return "payloads are missing"
    for table, expected in (("letters", tally.letters), ("gaps", tally.gaps)):
        if db.execute(f"SELECT count(*) FROM {table}").fetchone() != (expected,):  # noqa: S608
            return f"{table} are missing"
    return ""


def _unsoundness(db: sqlite3.Connection, path: Path) -> str:
    if path.stat().st_size > THOROUGH_BYTES:
        return ""
    [found] = db.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == "ok" else " ".join(str(found).split())


def _tables(db: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    found = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return frozenset((name, sql) for name, sql in found if not name.startswith("sqlite_"))


@cache
def _ours() -> frozenset[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        FORMAT.furnish(db)
        return _tables(db)
