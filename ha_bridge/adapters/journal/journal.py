"""The journal: payloads that wait for a sink, dead letters, gaps and the checkpoint, in one SQLite file."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ha_bridge.adapters.journal import aside, tables
from ha_bridge.adapters.journal.check import flaw
from ha_bridge.adapters.journal.room import Room
from ha_bridge.adapters.journal.rows import Packed, pack
from ha_bridge.adapters.journal.salvage import salvage
from ha_bridge.adapters.journal.schema import FORMAT, KEY
from ha_bridge.adapters.journal.tally import Tally, note, noted
from ha_bridge.adapters.sqlite.file import BUSY_SECONDS, SqliteFile, open_writer
from ha_bridge.adapters.sqlite.trouble import is_damage, is_full, trouble
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.records import Contents, DeadLetter, Gap, Kept, Stage

T = TypeVar("T")

REPLAY_BYTES = 8 * 2**20
"""Letters given to be replayed at once, raw."""


class SqliteJournal:
    """Fulfils ports.Journal. `max_bytes`: what it may take of the disk; `max_letters`: beyond that the oldest go.

    The file is opened at the first call and again after any trouble. Calls may come from any thread, one at a time gets in.
    """

    def __init__(
        self, path: str | Path, max_bytes: int, max_letters: int, *, timeout: float = BUSY_SECONDS
    ) -> None:
        self._path = Path(path)
        self._room = Room(self._path, max_bytes)
        self._max_letters = max_letters
        self._timeout = timeout
        self._file = SqliteFile(self._path, self._open, timeout)
        self._tally: Tally | None = None
        self._losses: list[str] = []

    def keep(self, payloads: Sequence[Kept], letters: Sequence[DeadLetter]) -> None:
        packed = [pack(kept) for kept in payloads]

        def add(db: sqlite3.Connection) -> None:
            tables.add_payloads(db, packed)
            tables.add_letters(db, letters, self._max_letters, self._room.letters)

        if packed or letters:
            self._commit(add, packed)

    def waiting(self, sink: str, after: int, most: int) -> Sequence[Kept]:
        return self._do(lambda db: tables.waiting(db, sink, after, most))

    def forget(self, payloads: Sequence[int]) -> None:
        self._commit(lambda db: tables.forget(db, "payloads", payloads))
        self._do(self._room.give_back)

    def to_replay(self) -> Sequence[DeadLetter]:
        return self._do(lambda db: tables.asked(db, REPLAY_BYTES))

    def requeue(self, letters: Sequence[int]) -> None:
        found = self._do(lambda db: list(tables.letters(db, letters)))
        writes = [letter for letter in found if letter.stage is Stage.WRITE]
        packed = [pack(Kept(letter.sink, letter.raw, _points(letter.raw))) for letter in writes]

        def move(db: sqlite3.Connection) -> None:
            tables.add_payloads(db, packed)
            tables.forget(db, "letters", [letter.number for letter in writes])

        self._commit(move, packed)

    def forget_letters(self, letters: Sequence[int]) -> None:
        self._commit(lambda db: tables.forget(db, "letters", letters))

    def checkpoint(self) -> int:
        return self._do(lambda db: tables.counter(db, "checkpoint"))

    def cover(self, until: int) -> None:
        self._commit(lambda db: tables.cover(db, until))
        self._do(self._room.give_back)

    def add_gap(self, gap: Gap) -> None:
        self._commit(lambda db: tables.add_gap(db, gap))

    def update_gap(self, gap: Gap) -> None:
        self._commit(lambda db: tables.update_gap(db, gap))

    def open_gaps(self) -> Sequence[Gap]:
        return self._do(lambda db: tables.gaps(db, "NOT closed"))

    def contents(self) -> Contents:
        return self._do(self._contents)

    def losses(self) -> Sequence[str]:
        said, self._losses = self._losses, []
        return said

    def close(self) -> None:
        self._file.close()

    def _contents(self, db: sqlite3.Connection) -> Contents:
        tally, gaps = tables.tally(db), tables.gaps(db, "NOT closed")
        files = (Path(f"{self._path}{end}") for end in ("", "-wal"))
        return Contents(
            size=sum(file.stat().st_size for file in files if file.exists()),
            points=[(sink, waiting.points) for sink, waiting in tally.waiting.items() if waiting.payloads],
            dead_letters=tally.letters,
            gaps=len(gaps),
            seconds=sum(gap.end - gap.start for gap in gaps) / 1e6,
        )

    def _commit(self, work: Callable[[sqlite3.Connection], None], payloads: Sequence[Packed] = ()) -> None:
        """Do it in one commit, which holds through a power cut when this returns."""

        def whole(db: sqlite3.Connection) -> Tally:
            self._room.check(db, payloads)
            db.execute("BEGIN IMMEDIATE")
            work(db)
            tables.count(db, "commits")
            tally = tables.tally(db)
            db.execute("COMMIT")
            return tally

        self._note(self._do(whole))

    def _note(self, tally: Tally) -> None:
        self._tally = tally
        note(self._path, tally)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do it alone; what it could not finish is undone. Raises Unavailable."""
        with self._file.alone():
            try:
                return self._mended(work)
            except Unavailable:
                raise  # said before anything was begun
            except BaseException as error:
                self._undo(error)
                if isinstance(error, sqlite3.Error | OSError):
                    raise Unavailable(str(trouble(error, self._path, KEY))) from error
                if isinstance(error, Refused):
                    raise Unavailable(str(error)) from error
                raise

    def _undo(self, error: BaseException) -> None:
        """Undo what is half done: open from scratch, but on a full disk, which would not let us, so that draining goes on."""
        try:
            if is_full(error):
                self._file.roll_back()
            else:
                self._file.let_go()
        except sqlite3.Error:
            self._file.let_go()

    def _mended(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do it; where the file turns out to be damaged, salvage it and do it once more."""
        try:
            return work(self._file.connection())
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if not is_damage(error):
                raise
            self._file.let_go()
            self._salvage(str(error))
        return work(self._file.connection())

    def _open(self) -> sqlite3.Connection:
        """Open the file, after a look at it: damage is dealt with before anything is written."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if kept := aside.finish(self._path):
            self._losses.append(
                f"{self._path.name} was damaged, and salvaged before the last stop; kept as {kept.name}"
            )
        if why := flaw(self._path, self._tally or noted(self._path), self._timeout):
            self._salvage(why)
        db = open_writer(self._path, KEY, self._timeout, FORMAT)
        try:
            self._room.bound(db)
            self._note(tables.tally(db))
        except BaseException:
            db.close()
            raise
        return db

    def _salvage(self, why: str) -> None:
        self._losses.append(salvage(self._path, why, self._tally or noted(self._path)))
        self._tally = None


def _points(payload: bytes) -> int:
    """Count the points of a payload that was given up on: its lines, one where it is no text."""
    try:
        return payload.decode().count("\n") + 1
    except UnicodeDecodeError:
        return 1
