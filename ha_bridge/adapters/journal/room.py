"""How much room the journal takes, and giving back what it no longer needs."""

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ha_bridge.adapters.journal.rows import Packed
from ha_bridge.adapters.journal.schema import KEY, PAGE_BYTES
from ha_bridge.adapters.sqlite.trouble import is_damage, no_space
from ha_bridge.domain.failures import Unavailable

WAL_BYTES = 4 * 2**20
RESERVE = 16
"""One part in so many of the cap is for dead letters and gaps: they fit in when payloads no longer do."""

SLACK_PAGES = 256
SMALL_PAGES = 1024
STEP_PAGES = 128
"""Moving a page takes about 150 µs, so a step takes 20 ms, on a Raspberry Pi perhaps 100."""


class Room:
    """The room of the journal at `path`: `most` bytes, of which `letters` may be dead letters."""

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._wal = Path(f"{path}-wal")
        self._most = most
        self._reserve = most // RESERVE
        self._wal_bytes = min(WAL_BYTES, self._reserve)
        self.letters = self._reserve // 2  # on pages that are not all full

    def bound(self, db: sqlite3.Connection) -> None:
        """Bound what the write-ahead log grows to; it keeps that length, so a full disk does not stop small writes."""
        db.execute(f"PRAGMA journal_size_limit = {self._wal_bytes}")
        db.execute(f"PRAGMA wal_autocheckpoint = {self._wal_bytes // PAGE_BYTES}")
        db.execute("PRAGMA temp_store = MEMORY")

    def check(self, db: sqlite3.Connection, payloads: Sequence[Packed]) -> None:
        """Raise Unavailable where these would go beyond the cap, or take the last of the disk.

        On a disk with nothing left nothing could be forgotten either: that takes some pages of the log.
        """
        if not payloads:
            return
        # A payload passes through the log, and ends on pages of its own.
        need = 2 * sum(len(packed.body) + PAGE_BYTES for packed in payloads)
        if shutil.disk_usage(self._path.parent).free < need + 2 * self._wal_bytes:
            raise no_space(self._path, KEY)
        if self._would_be_full(db, need):
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if self._would_be_full(db, need):
                raise Unavailable(
                    f"the journal is full, {self._most / 1e6:,.0f} MB: mend the sink, or set journal.max_bytes to more"
                )

    def give_back(self, db: sqlite3.Connection) -> None:
        """Return space to the disk, a step at a time, where much more is free than in use.

        While payloads drain their room stays: more may come, and moving pages that are about to go wears the disk.
        Trouble is no trouble: everything that matters has been done. Raises sqlite3.Error for damage only.
        """
        try:
            used, free = _pages(db)
            if free >= max(SLACK_PAGES, 3 * used):
                # `execute` would stop after the first page of a step.
                db.executescript(
                    "VACUUM" if used <= SMALL_PAGES else f"PRAGMA incremental_vacuum({STEP_PAGES})"
                )
        except sqlite3.Error as error:
            if is_damage(error):
                raise

    def _would_be_full(self, db: sqlite3.Connection, need: int) -> bool:
        used, _ = _pages(db)
        wal = self._wal.stat().st_size if self._wal.exists() else 0
        return used * PAGE_BYTES + max(wal, self._wal_bytes) + need > self._most - self._reserve


def _pages(db: sqlite3.Connection) -> tuple[int, int]:
    """Count the pages in use and the free ones."""
    [total] = db.execute("PRAGMA page_count").fetchone()
    [free] = db.execute("PRAGMA freelist_count").fetchone()
    return total - free, free
