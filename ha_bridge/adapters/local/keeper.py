"""Looking after the files of a local store from outside, while a bridge may be writing them."""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.adapters.local.schema import FORMAT
from ha_bridge.adapters.sqlite.file import BUSY_SECONDS, open_reader, open_writer
from ha_bridge.adapters.sqlite.trouble import trouble
from ha_bridge.domain.failures import Refused
from ha_bridge.domain.retention import FOREVER, Found, Labels, Step, Wanted

AT_ONCE = 5000
"""Values deleted in one commit, so that the bridge never waits for long."""

_OLDER = "SELECT (SELECT count(*) FROM points WHERE time < :t) + (SELECT count(*) FROM fresh WHERE time < :t)"
_OF = "SELECT time FROM points WHERE field = ? ORDER BY time LIMIT 1 OFFSET ?"


class LocalKeeper:
    """Keeper of the files by place. The bridge itself deletes what has lived long enough, so nothing has to be told."""

    product = "the local store"

    def __init__(self, sink: str, files: Mapping[str, str]) -> None:
        self._key = f"sinks.{sink}.path"
        self._files = {place: Path(file) for place, file in files.items()}

    def place(self, name: str) -> str:
        return str(self._files[name])

    def found(self) -> Found | None:
        return None

    def notes(self, wanted: Wanted) -> list[str]:
        lives = {place: life for place, life in wanted.lives.items() if place in self._files}
        return [self._note(self._files[place], life) for place, life in lives.items() if life != FOREVER] + [
            f"{self._files[each.target]}: the running bridge summarises {self._files[each.source]} there, "
            f"every {each.every} s: {', '.join(each.fields)}"
            for each in wanted.samplings
        ]

    def carry_out(self, step: Step) -> None:
        raise Refused(f"the bridge itself looks after this file: {step}")

    def traces(self, labels: Labels) -> list[str]:
        return [
            f"{path}: {series.measurement} {dict(series.tags)}"
            for path in self._files.values()
            for series in LocalReader(path).series()
            if _is(labels, series.measurement, series.tags)
        ]

    def forget(self, labels: Labels) -> None:
        """Delete the values of these series; the series keep their numbers, for a running bridge knows them."""
        for path in self._files.values():
            found = [each for each in LocalReader(path).series() if _is(labels, each.measurement, each.tags)]
            with self._said(path):
                if found:
                    self._delete(path, [each.id for each in found])

    def _note(self, path: Path, life: int) -> str:
        before = int((time.time() - life) * 1_000_000)
        with self._said(path), closing(open_reader(path, FORMAT)) as db:
            [old] = db.execute(_OLDER, {"t": before}).fetchone()
        return f"{path}: the running bridge deletes what is older; {old:,} values are"

    def _delete(self, path: Path, series: list[int]) -> None:
        with closing(open_writer(path, self._key, BUSY_SECONDS, FORMAT)) as db:
            for number in series:
                for (field,) in db.execute("SELECT id FROM fields WHERE series = ?", (number,)).fetchall():
                    db.execute("DELETE FROM fresh WHERE field = ?", (field,))
                    while cut := db.execute(_OF, (field, AT_ONCE)).fetchone():
                        db.execute("DELETE FROM points WHERE field = ? AND time < ?", (field, cut[0]))
                    db.execute("DELETE FROM points WHERE field = ?", (field,))

    @contextmanager
    def _said(self, path: Path) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise trouble(error, path, self._key) from error


def _is(labels: Labels, measurement: str, tags: Mapping[str, str]) -> bool:
    return labels.measurement in {"", measurement} and labels.tags.items() <= tags.items()
