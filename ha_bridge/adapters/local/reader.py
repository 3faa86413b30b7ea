"""Looking into a local store's file while it is written: for the demo's summary and the status page."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from ha_bridge.adapters.local.schema import FORMAT, from_stored
from ha_bridge.adapters.sqlite.file import open_reader
from ha_bridge.adapters.sqlite.trouble import trouble
from ha_bridge.domain.points import FieldValue

FOREVER = (-(2**63), 2**63 - 1)

_FIELD = "SELECT id FROM fields WHERE series = ? AND name = ?"
_POINTS = (
    "SELECT time, value FROM points WHERE field = ? AND time >= ? AND time < ? ORDER BY time DESC LIMIT ?"
)
_FRESH = "SELECT time, value FROM fresh WHERE field = ? AND time >= ? AND time < ? ORDER BY rowid"
_SERIES = "SELECT series.id, measurement, tags, name FROM series JOIN fields ON series = series.id ORDER BY fields.id"
_LATEST = """
SELECT series, name, time, value FROM fields AS f
CROSS JOIN points AS p ON p.field = f.id AND time = (SELECT max(time) FROM points WHERE field = f.id)
"""
_LATEST_FRESH = """
SELECT series, name, time, value FROM fields JOIN (
    SELECT field, time, value, row_number() OVER (PARTITION BY field ORDER BY time DESC, rowid DESC) AS place FROM fresh
) ON field = fields.id WHERE place = 1
"""
_COUNT = """
SELECT (SELECT count(*) FROM series), (SELECT count(*) FROM points) + (
    SELECT count(*) FROM (SELECT DISTINCT field, time FROM fresh) AS f
    WHERE NOT EXISTS (SELECT 1 FROM points AS p WHERE p.field = f.field AND p.time = f.time)
)
"""


class StoredSeries(msgspec.Struct, frozen=True):
    id: int
    measurement: str
    tags: Mapping[str, str]
    fields: Sequence[str]


class Sample(msgspec.Struct, frozen=True):
    """A value at a time, in microseconds since the epoch."""

    time: int
    value: FieldValue


class Latest(msgspec.Struct, frozen=True):
    """The newest value of a field."""

    series: StoredSeries
    field: str
    time: int
    value: FieldValue


class Totals(msgspec.Struct, frozen=True):
    """What the file holds: `values` counts each field of each point, `size` is in bytes."""

    series: int = 0
    values: int = 0
    size: int = 0


class LocalReader:
    """Usable from any thread; each call sees one moment's state. A file that does not exist yet is an empty one.

    Raises Unavailable, or Refused for a damaged file.
    """

    def __init__(self, path: str | Path, *, name: str = "local") -> None:
        self._path = Path(path)
        self._key = f"sinks.{name}.path"

    def series(self) -> list[StoredSeries]:
        """List every series, in the order of first appearance."""
        with self._snapshot() as db:
            return list(_series(db).values())

    def read(
        self,
        series: int,
        field: str,
        since: int = FOREVER[0],
        until: int = FOREVER[1],
        limit: int | None = None,
    ) -> list[Sample]:
        """Give the values of `since` <= time < `until` in the order of time; `limit` keeps the newest."""
        found: dict[int, float | str | bytes] = {}
        with self._snapshot() as db:
            for (number,) in db.execute(_FIELD, (series, field)).fetchall():
                found |= db.execute(_POINTS, (number, since, until, -1 if limit is None else limit))
                found |= db.execute(_FRESH, (number, since, until))
        times = sorted(found)
        newest = 0 if limit is None else max(0, len(times) - limit)
        return [Sample(time, from_stored(found[time])) for time in times[newest:]]

    def latest(self) -> list[Latest]:
        """Give the newest value of each field of each series, newest first."""
        newest: dict[tuple[int, str], Latest] = {}
        with self._snapshot() as db:
            series = _series(db)
            for number, field, time, value in [*db.execute(_LATEST), *db.execute(_LATEST_FRESH)]:
                known = newest.get((number, field))
                if not known or time >= known.time:
                    newest[number, field] = Latest(series[number], field, time, from_stored(value))
        return sorted(newest.values(), key=lambda found: -found.time)

    def count(self) -> Totals:
        """Count everything; takes a second for some ten million values."""
        with self._snapshot() as db:
            series, values = db.execute(_COUNT).fetchone()
        return Totals(series, values, sum(file.stat().st_size for file in self._files()))

    def _files(self) -> list[Path]:
        return [file for end in ("", "-wal") if (file := Path(f"{self._path}{end}")).exists()]

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Open one read transaction, so that what moves from `fresh` to `points` meanwhile is not missed."""
        try:
            with closing(open_reader(self._path, FORMAT)) as db:
                db.execute("BEGIN")
                yield db
        except sqlite3.Error as error:
            raise trouble(error, self._path, self._key) from error


def _series(db: sqlite3.Connection) -> dict[int, StoredSeries]:
    found: dict[int, tuple[str, str, list[str]]] = {}
    for number, measurement, tags, field in db.execute(_SERIES):
        found.setdefault(number, (measurement, tags, []))[2].append(field)
    return {
        number: StoredSeries(number, measurement, msgspec.json.decode(tags), fields)
        for number, (measurement, tags, fields) in found.items()
    }
