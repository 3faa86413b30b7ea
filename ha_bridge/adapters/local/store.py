"""The sink that needs no server: points in a SQLite file."""

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ha_bridge.adapters.local import summaries as local_summaries
from ha_bridge.adapters.local.schema import FORMAT, to_stored
from ha_bridge.adapters.local.summaries import LocalSummary
from ha_bridge.adapters.local.tidying import TIDY_AT_ONCE, LocalTidying
from ha_bridge.adapters.sqlite.file import BUSY_SECONDS, SqliteFile, open_writer
from ha_bridge.adapters.sqlite.trouble import trouble
from ha_bridge.domain.failures import Rejected
from ha_bridge.domain.points import FieldValue, Point

MERGE_AT = 20_000
"""Values in `fresh` when they move to `points`: 20,000 take a quarter of a second, and a scan past them is no burden to a reader."""

_INSERT = "INSERT INTO fresh VALUES (?, ?, ?)"
_INSERT_FIELD = "INSERT OR IGNORE INTO fields (name, series) SELECT ?, id FROM series WHERE key = ?"
_SELECT_FIELD = "SELECT fields.id FROM fields JOIN series ON series = series.id WHERE name = ? AND key = ?"
_MERGE = "INSERT OR REPLACE INTO points SELECT field, time, value FROM fresh ORDER BY field, time, rowid"


class _Labels(msgspec.Struct, frozen=True, array_like=True):
    key: str
    measurement: str
    tags: Mapping[str, str]


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A point; `series` is a place in the payload's list of series. Time in microseconds since the epoch."""

    series: int
    time: int
    fields: Mapping[str, FieldValue]


class _Payload(msgspec.Struct, frozen=True, array_like=True):
    series: Sequence[_Labels]
    rows: Sequence[_Row]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Payload)


class LocalStore:
    """Sink. One value for each series, field and time; the later write wins, as in InfluxDB.

    `name` is that of the sink. The file is opened at the first delivery and again after any trouble, so a missing disk does not
    prevent a start. `life`: seconds after which values may go, 0 and infinity keep them; before they do, `summaries` are made of them.
    `deliver` and `close` may come from any thread, one at a time gets in.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str = "local",
        timeout: float = BUSY_SECONDS,
        merge_at: int = MERGE_AT,
        life: float = 0.0,
        tidy_at_once: int = TIDY_AT_ONCE,
        summaries: Sequence[LocalSummary] = (),
    ) -> None:
        self._path = Path(path)
        self._key = f"sinks.{name}.path"
        self._timeout = timeout
        self._merge_at = merge_at
        self._file = SqliteFile(self._path, self._open, timeout)
        self._fields: dict[tuple[str, str], int] = {}
        self._fresh = 0
        self._summaries = summaries
        self._marked = False
        self._look: int | None = None
        self._tidying = LocalTidying(life, tidy_at_once, math.lcm(*(each.every for each in summaries)))

    def encode(self, points: Sequence[Point]) -> bytes:
        places: dict[str, int] = {}
        series: list[_Labels] = []
        rows: list[_Row] = []
        for point in points:
            place = places.setdefault(point.series.key, len(series))
            if place == len(series):
                series.append(_Labels(point.series.key, point.series.measurement, point.series.tags))
            rows.append(_Row(place, point.time, point.fields))
        return _encoder.encode(_Payload(series, rows))

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]:
        whole = _decoder.decode(payload)
        first, second = (_Payload(whole.series, rows) for rows in (whole.rows[:at], whole.rows[at:]))
        return _encoder.encode(first), _encoder.encode(second)

    def deliver(self, payload: bytes) -> None:
        try:
            batch = _decoder.decode(payload)
        except msgspec.MsgspecError as error:
            raise Rejected(f"not a payload of the local store: {error}") from error
        with self._file.alone(), self._undone_by_errors():
            self._write(batch)

    def tidy(self, now: int) -> bool:
        """Summarise a little, and then delete a little of what has lived long enough; tells whether there is more.

        `now` in microseconds since the epoch; one look goes by the time of its first call, however many it takes.
        """
        if self._tidying.idle and not self._summaries:
            return False
        with self._file.alone(), self._undone_by_errors():
            db = self._file.connection()
            if self._look is None:
                self._begin_look(db, now)
                self._look = now
            more = any(each.step(db, self._look) for each in self._summaries) or self._tidy(db, self._look)
            self._look = self._look if more else None
            return more

    def close(self) -> None:
        for each in self._summaries:
            each.close()
        self._file.close()

    def _begin_look(self, db: sqlite3.Connection, now: int) -> None:
        if self._summaries:
            db.execute("BEGIN IMMEDIATE")
            self._merge(db)
            if not self._tidying.idle:
                local_summaries.tidied(db, self._tidying.before(now))
            db.execute("COMMIT")

    def _tidy(self, db: sqlite3.Connection, now: int) -> bool:
        if self._tidying.idle:
            return False
        more, fresh = self._tidying.step(db, now)
        self._fresh -= fresh
        return more

    @contextmanager
    def _undone_by_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._file.let_go()
            self._look = None
            if isinstance(error, sqlite3.Error | OSError):
                raise trouble(error, self._path, self._key) from error
            if isinstance(error, OverflowError | IndexError):
                raise Rejected(f"a time or a series is out of range: {error}") from error
            raise

    def _write(self, batch: _Payload) -> None:
        db = self._file.connection()
        db.execute("BEGIN IMMEDIATE")
        values = list(self._values(db, batch))
        db.executemany(_INSERT, values)
        self._fresh += len(values)
        if self._fresh >= self._merge_at:
            self._merge(db)
        db.execute("COMMIT")

    def _merge(self, db: sqlite3.Connection) -> None:
        if self._marked:
            local_summaries.move_back(db)
        db.execute(_MERGE)
        db.execute("DELETE FROM fresh")
        self._fresh = 0

    def _values(
        self, db: sqlite3.Connection, batch: _Payload
    ) -> Iterator[tuple[int, int, FieldValue | bytes]]:
        for row in batch.rows:
            labels = batch.series[row.series]
            for name, value in row.fields.items():
                if isinstance(value, float) and value - value != 0:
                    continue  # NaN and the infinities have no place in InfluxDB either
                field = self._fields.get((labels.key, name)) or self._new_field(db, labels, name)
                yield field, row.time, to_stored(value)

    def _new_field(self, db: sqlite3.Connection, labels: _Labels, name: str) -> int:
        series = (labels.key, labels.measurement, msgspec.json.encode(labels.tags).decode())
        db.execute("INSERT OR IGNORE INTO series (key, measurement, tags) VALUES (?, ?, ?)", series)
        db.execute(_INSERT_FIELD, (name, labels.key))
        [field] = db.execute(_SELECT_FIELD, (name, labels.key)).fetchone()
        self._fields[labels.key, name] = field
        return int(field)

    def _open(self) -> sqlite3.Connection:
        """Open the file, and forget what was learnt of it before: a write that came to nothing may have taught it."""
        db = open_writer(self._path, self._key, self._timeout, FORMAT)
        self._fields.clear()
        self._marked = local_summaries.furnish(db, wanted=bool(self._summaries))
        [self._fresh] = db.execute("SELECT count(*) FROM fresh").fetchone()
        return db
