"""Summaries of what the local store holds, in a file of their own beside it.

How far they go is on record in the store's own file, in the same commit that brings values there: what comes late moves the
mark back, so whatever order values come in, each is summarised before it goes. Windows that have gone are not made anew.
"""

import sqlite3
from collections.abc import Iterator
from typing import Protocol

import msgspec

from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.retention import Sampling

AT_ONCE = 5000
"""What one step may cost, in values written: some ten milliseconds."""
FIELD_COST = 10
"""What looking at a field costs, in the same coin."""
READING = 4
"""So many values are read at the cost of one that is written."""
WINDOWS = 1000
"""Windows of a field made in one go, and no more than a day's."""
DAY = 86_400_000_000

_TABLE = "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, until INTEGER NOT NULL)"
_HAS_TABLE = "SELECT count(*) FROM sqlite_master WHERE name = 'marks'"
_MARK = "SELECT until FROM marks WHERE name = ?"
_SET = "INSERT OR REPLACE INTO marks VALUES (?, ?)"
_TIDIED = ""
_LATE = """
UPDATE marks SET until = min(until, max(
    (SELECT min(time) FROM fresh), coalesce((SELECT until FROM marks WHERE name = ''), 0)
)) WHERE name <> '' AND EXISTS (SELECT 1 FROM fresh)
"""
_OLDEST = "SELECT min((SELECT min(time) FROM points WHERE field = fields.id)) FROM fields"
_FIELDS = """
SELECT fields.id, name, measurement, tags FROM fields JOIN series ON series = series.id
WHERE fields.id > ? ORDER BY fields.id
"""
_WINDOWS = """
SELECT start, mean, low, high, (SELECT value FROM points WHERE field = :field AND time = latest), read FROM (
    SELECT time - time % :every AS start, avg(value) AS mean, min(value) AS low, max(value) AS high,
        max(time) AS latest, count(*) AS read
    FROM points
    WHERE field = :field AND time >= :since AND time < :until AND typeof(value) IN ('integer', 'real')
    GROUP BY start
) ORDER BY start
"""


class Target(Protocol):
    """Where summaries go: a local store."""

    def encode(self, points: list[Point]) -> bytes: ...

    def deliver(self, payload: bytes) -> None: ...

    def tidy(self, now: int) -> bool: ...

    def close(self) -> None: ...


class LocalSummary:
    """One sampling of one file; `step` is called by whoever has the file to himself."""

    def __init__(self, sampling: Sampling, target: Target, at_once: int = AT_ONCE) -> None:
        self.every = sampling.every * 1_000_000
        self._sampling = sampling
        self._target = target
        self._at_once = at_once
        self._field = 0

    def step(self, db: sqlite3.Connection, now: int) -> bool:
        """Make a few summaries of whole windows; tells whether there is more to do. Times in microseconds."""
        until = now - now % self.every
        since = self._since(db, until)
        if since >= until:
            return self._target.tidy(now)
        end = min(since + self._span(), until)
        points = list(self._round(db, since, end))
        if points:
            self._target.deliver(self._target.encode(points))
        if not self._field:
            db.execute(_SET, (self._sampling.name, end))
        return True

    def close(self) -> None:
        self._target.close()

    def _since(self, db: sqlite3.Connection, until: int) -> int:
        mark = db.execute(_MARK, (self._sampling.name,)).fetchone() or db.execute(_OLDEST).fetchone()
        since = until if mark[0] is None else mark[0]
        return int(since - since % self.every)

    def _span(self) -> int:
        windows = min(WINDOWS, DAY // self.every)
        return max(windows, 1) * self.every

    def _round(self, db: sqlite3.Connection, since: int, until: int) -> Iterator[Point]:
        """Go on where the last step left off, with field 0 when it came to the end."""
        left = self._at_once
        for field, name, measurement, tags in db.execute(_FIELDS, (self._field,)):
            if left <= 0:
                return
            self._field = field
            left -= FIELD_COST
            if name in self._sampling.fields:
                series = Series(measurement, msgspec.json.decode(tags))
                asked = {"field": field, "every": self.every, "since": since, "until": until}
                for start, *values, read in db.execute(_WINDOWS, asked):
                    left -= len(values) + read // READING
                    yield Point(series, _fields(name, values), start)
        self._field = 0


def _fields(name: str, values: list[float]) -> dict[str, float]:
    names = (name, f"{name}_min", f"{name}_max", f"{name}_last")
    return {each: float(value) for each, value in zip(names, values, strict=True)}


def furnish(db: sqlite3.Connection, *, wanted: bool) -> bool:
    """Make the marks where they are wanted; tells whether there are any."""
    if wanted:
        db.execute(_TABLE)
    return bool(db.execute(_HAS_TABLE).fetchone()[0])


def move_back(db: sqlite3.Connection) -> None:
    """Within the commit that moves them: whatever is fresh is to be summarised (again), unless its window has gone."""
    db.execute(_LATE)


def tidied(db: sqlite3.Connection, before: int) -> None:
    """What is older goes from here on."""
    db.execute(_SET, (_TIDIED, before))
