"""Deleting what has lived long enough from the local store, so little at a time that nobody has to wait."""

import math
import sqlite3

TIDY_AT_ONCE = 5000
"""Values in one commit: some ten milliseconds."""
FIELD_COST = 10
"""What looking at a field costs, in values deleted."""
PAGES_AT_ONCE = 250
"""Pages given back to the disk in one commit: a megabyte."""

_AFTER = "SELECT id FROM fields WHERE id > ? ORDER BY id LIMIT 1"
_OLD = "SELECT time FROM points WHERE field = ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?"
_DELETE = "DELETE FROM points WHERE field = ? AND time < ?"
_DELETE_FRESH = "DELETE FROM fresh WHERE time < ?"


class LocalTidying:
    """Goes round the fields; what is deleted within a field is its oldest. Series keep their numbers, for they may come back.

    `life` in seconds. Deleted are whole windows of `whole` microseconds, so that none is ever half gone.
    """

    def __init__(self, life: float, at_once: int, whole: int = 1) -> None:
        self.idle = not life or math.isinf(life)
        self._life = life
        self._at_once = at_once
        self._whole = whole
        self._field = 0

    def before(self, now: int) -> int:
        """What is older than that has lived long enough; both in microseconds since the epoch."""
        before = now - round(self._life * 1_000_000)
        return before - before % self._whole

    def step(self, db: sqlite3.Connection, now: int) -> tuple[bool, int]:
        """Do one commit's worth; returns whether there is more, and how many values of `fresh` went."""
        before = self.before(now)
        db.execute("BEGIN IMMEDIATE")
        fresh = db.execute(_DELETE_FRESH, (before,)).rowcount
        through = self._round(db, before)
        db.execute("COMMIT")
        [free] = db.execute("PRAGMA freelist_count").fetchone()
        # Not `execute`, which takes one step of a statement that has no columns, and that is one page.
        db.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
        [left] = db.execute("PRAGMA freelist_count").fetchone()
        # A file that was begun without auto_vacuum keeps its free pages and fills them again.
        return not through or 0 < left < free, fresh

    def _round(self, db: sqlite3.Connection, before: int) -> bool:
        """Go on where the last step left off; tells whether it came to the end."""
        left = self._at_once
        while found := db.execute(_AFTER, (self._field,)).fetchone():
            [field] = found
            cut = db.execute(_OLD, (field, before, left)).fetchone()
            left -= db.execute(_DELETE, (field, cut[0] if cut else before)).rowcount + FIELD_COST
            if cut:
                return False
            self._field = field
            if left <= 0:
                return False
        self._field = 0
        return True
