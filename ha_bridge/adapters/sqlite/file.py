"""A SQLite file of the program's own: how it is made and opened, and how one part of the program owns it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ha_bridge.domain.failures import Refused, Unavailable

BUSY_SECONDS = 5.0


class Format(NamedTuple):
    """What a file of ours looks like. `pragmas` hold from before its first table, `tables` are the statements that make them.

    `application_id` is there so that `file` and we can tell it from another program's.
    """

    application_id: int
    version: int
    tables: str
    pragmas: str = ""

    def furnish(self, db: sqlite3.Connection) -> None:
        """Make the tables in one commit."""
        marks = f"PRAGMA application_id = {self.application_id}; PRAGMA user_version = {self.version};"
        db.executescript(f"BEGIN IMMEDIATE; {self.tables} {marks} COMMIT;")


def open_writer(path: Path, key: str, timeout: float, form: Format) -> sqlite3.Connection:
    """Open the file for writing, made with its folders where it is missing. Its user takes care of threads.

    WAL with synchronous=FULL: what is committed survives a power cut. Raises sqlite3.Error, OSError, and Refused for a
    file that is not ours; `key` names the setting of the path, `timeout` is in seconds, for another program's lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        _prepare(db, path, key, form, timeout)
    except BaseException:
        db.close()
        raise
    return db


def open_reader(path: Path, form: Format, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open a file for reading, while another thread or process writes. Raises sqlite3.Error.

    A file that is missing, or not furnished yet, is read as an empty one.
    """
    if path.exists():
        db = open_as_it_is(path, timeout)
        try:
            furnished = db.execute("PRAGMA user_version").fetchone() != (0,)
        except BaseException:
            db.close()
            raise
        if furnished:
            return db
        db.close()
    db = sqlite3.connect(":memory:", isolation_level=None)
    form.furnish(db)
    return db


def open_as_it_is(path: Path, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open a file for reading, whatever it is. Nothing in it changes, not even when this is the last to close it."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)


def _prepare(db: sqlite3.Connection, path: Path, key: str, form: Format, timeout: float) -> None:
    # In this order, for another may be making them just now, and the mark comes with the tables.
    [tables] = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    [found] = db.execute("PRAGMA application_id").fetchone()
    if tables and found != form.application_id:
        raise Refused(f"{path} belongs to another program: set {key} to another file")
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version > form.version:
        raise Refused(f"{path} comes from a newer ha-bridge: install that here, or set {key} to another file")
    db.executescript(form.pragmas)
    _write_ahead(db, timeout)
    db.execute("PRAGMA synchronous = FULL")
    if not tables:
        form.furnish(db)


def _write_ahead(db: sqlite3.Connection, timeout: float) -> None:
    """Wait for another who begins the same file just now, which SQLite does not do for this statement."""
    until = time.monotonic() + timeout
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


class SqliteFile:
    """The owner's hold on a file: opened by `opened` when it is first needed and again after any trouble.

    So a missing or full disk is a passing state. Any thread may use it, one at a time: within `alone`.
    """

    def __init__(self, path: Path, opened: Callable[[], sqlite3.Connection], timeout: float) -> None:
        self._path = path
        self._opened = opened
        self._timeout = timeout
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other threads out. Raises Unavailable where one of them stays for longer than the timeout."""
        if not self._lock.acquire(timeout=self._timeout):
            raise Unavailable(f"{self._path} is still busy with an earlier write")
        try:
            yield
        finally:
            self._lock.release()

    def connection(self) -> sqlite3.Connection:
        """Open lazily, and anew where the file was moved or removed: SQLite would go on writing into what is no longer there."""
        if self._db and not self._is_in_place():
            # Closing a file that was moved would leave the latest behind.
            self._db.execute("PRAGMA wal_checkpoint")
            self.let_go()
        if not self._db:
            self._db = self._opened()
            self._inode = self._path.stat().st_ino
        return self._db

    def roll_back(self) -> None:
        """Undo what is not committed, and keep the file open. Raises sqlite3.Error."""
        if self._db and self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def let_go(self) -> None:
        """Close the file: what is not committed is undone by that."""
        db, self._db = self._db, None
        if db:
            db.close()

    def close(self) -> None:
        """Let go of the file, unless a write that hangs still has it."""
        if self._lock.acquire(timeout=self._timeout):
            try:
                self.let_go()
            finally:
                self._lock.release()

    def _is_in_place(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False
