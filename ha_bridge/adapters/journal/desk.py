"""The journal as a user looks into it, in a process of its own, whether or not the bridge is running.

A file that is not there is an empty journal. Everything raises Unavailable where the file cannot be used, damaged ones included: to
salvage is the bridge's business.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from ha_bridge.adapters.journal import tables
from ha_bridge.adapters.journal.check import flaw
from ha_bridge.adapters.journal.schema import FORMAT, KEY
from ha_bridge.adapters.journal.tally import noted
from ha_bridge.adapters.sqlite.file import BUSY_SECONDS, open_reader, open_writer
from ha_bridge.adapters.sqlite.trouble import is_damage, trouble
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.records import DeadLetter, Gap

T = TypeVar("T")


class Listed(msgspec.Struct, frozen=True):
    """A dead letter without its raw input, which has `size` bytes. `replay`: somebody asked that it be tried again."""

    letter: DeadLetter
    size: int
    replay: bool


class JournalDesk:
    """Looks into the journal at `path`, marks dead letters and removes them. Waits `timeout` seconds for other programs' locks."""

    def __init__(self, path: str | Path, timeout: float = BUSY_SECONDS) -> None:
        self.path = Path(path)
        self._timeout = timeout

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def letters(self) -> Sequence[Listed]:
        """List the dead letters, oldest first."""
        return self._read(lambda db: [Listed(*row) for row in tables.letter_list(db)])

    def pushed_out(self) -> int:
        """Count the dead letters that had to go because there were too many."""
        return self._read(lambda db: tables.counter(db, "pushed_out"))

    def letter(self, number: int) -> DeadLetter | None:
        return self._read(lambda db: next(tables.letters(db, [number]), None))

    def gaps(self) -> Sequence[Gap]:
        """List the gaps, oldest first, closed ones too."""
        return self._read(tables.gaps)

    def replay(self, numbers: Sequence[int] | None = None) -> int:
        """Ask that letters be tried again, all without numbers; returns how many there are. The bridge sees to it."""
        return self._write(lambda db: tables.ask(db, numbers))

    def purge(self, numbers: Sequence[int] | None = None) -> int:
        """Remove letters for good, all without numbers; returns how many."""
        return self._write(lambda db: tables.purge(db, numbers))

    def _read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        with self._troubles(), closing(open_reader(self.path, FORMAT, self._timeout)) as db:
            db.execute("BEGIN")
            return look(db)

    def _write(self, change: Callable[[sqlite3.Connection], int]) -> int:
        if not self.exists:
            return 0
        with self._troubles():
            self._check()
            with closing(open_writer(self.path, KEY, self._timeout, FORMAT)) as db:
                db.execute("BEGIN IMMEDIATE")
                changed = change(db)
                tables.count(db, "commits")
                db.execute("COMMIT")
                return changed

    def _check(self) -> None:
        """Leave a damaged file alone: closing it would write to it. The bridge may be writing, so a flaw has to be seen twice."""
        found = (flaw(self.path, noted(self.path), self._timeout) for _ in range(2))
        if all(found):
            raise sqlite3.DatabaseError

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except Refused as error:
            raise Unavailable(str(error)) from error
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            damaged = f"{self.path} is damaged: the bridge salvages it when it opens it"
            raise Unavailable(damaged if is_damage(error) else str(trouble(error, self.path, KEY))) from error
