"""The file of the local store: its tables, how it is opened, and how a field's value is kept.

`series` and `fields` give each measurement with tags, and each field of it, a number. `points` holds the values of a field side
by side in the order of time, about 23 bytes each. Appending there would touch a page of each field at each write, so values
gather in `fresh` first, in the order they come, and move over thousands at a time: a seventh of the writing, for an SD card
that is to last. A reader looks into both; `fresh` is the later word.
"""

import sqlite3
from math import copysign
from pathlib import Path

from ha_bridge.domain.failures import Refused
from ha_bridge.domain.points import FieldValue

APPLICATION_ID = 0x68616272  # "habr", so that `file` and we can tell the file from another program's
VERSION = 1
BUSY_SECONDS = 5.0

_LARGEST_EXACT = 2.0**53

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, measurement TEXT NOT NULL, tags TEXT NOT NULL);
CREATE TABLE fields (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, name TEXT NOT NULL, UNIQUE (series, name)
);
CREATE TABLE points (
    field INTEGER NOT NULL, time INTEGER NOT NULL, value NOT NULL, PRIMARY KEY (field, time)
) WITHOUT ROWID;
CREATE TABLE fresh (field INTEGER NOT NULL, time INTEGER NOT NULL, value NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
COMMIT;
"""


def open_writer(path: Path, key: str, timeout: float) -> sqlite3.Connection:
    """Open the file for writing, made with its folders where it is missing. Its user takes care of threads.

    WAL with synchronous=FULL: what is committed survives a power cut. Raises sqlite3.Error, OSError, and Refused for a
    file that is not ours; `key` names the setting of the path, `timeout` is in seconds, for another program's lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        _prepare(db, path, key)
    except BaseException:
        db.close()
        raise
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a file for reading, while another thread or process writes. Raises sqlite3.Error.

    A file that is missing, or not furnished yet, is read as an empty one.
    """
    if path.exists():
        uri = f"{path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        if db.execute("PRAGMA user_version").fetchone() != (0,):
            return db
        db.close()
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(_SCHEMA)
    return db


def to_stored(value: FieldValue) -> FieldValue | bytes:
    """Fit a value into SQLite's types so that it comes back as it was: whole floats, the most common, as small integers."""
    if type(value) is float:
        whole = value.is_integer() and abs(value) < _LARGEST_EXACT and (value or copysign(1, value) > 0)
        return int(value) if whole else value
    if isinstance(value, bool):
        return b"t" if value else b"f"
    return b"%d" % value if isinstance(value, int) else value


def from_stored(value: float | str | bytes) -> FieldValue:
    """Undo `to_stored`."""
    if isinstance(value, bytes):
        return value == b"t" if value in {b"t", b"f"} else int(value)
    return float(value) if isinstance(value, int) else value


def _prepare(db: sqlite3.Connection, path: Path, key: str) -> None:
    [found] = db.execute("PRAGMA application_id").fetchone()
    [tables] = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and found != APPLICATION_ID:
        raise Refused(f"{path} belongs to another program: set {key} to another file")
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise Refused(f"{path} comes from a newer ha-bridge: install that here, or set {key} to another file")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    if not tables:
        db.executescript(_SCHEMA)
