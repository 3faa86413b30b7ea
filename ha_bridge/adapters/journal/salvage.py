"""Putting a fresh file with all that can be read in the place of a damaged journal."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ha_bridge.adapters.journal import aside, tables
from ha_bridge.adapters.journal.losses import cost
from ha_bridge.adapters.journal.rescue import Rescue
from ha_bridge.adapters.journal.schema import FORMAT, KEY
from ha_bridge.adapters.journal.tally import Tally
from ha_bridge.domain.failures import Unavailable


def salvage(path: Path, why: str, noted: Tally | None) -> str:
    """Replace the damaged file at `path` by one with all that can be read of it; returns what that has cost.

    Raises sqlite3.Error, OSError or Unavailable where the disk cannot take the fresh file: nothing has changed then.
    """
    aside.make_room(path)
    _check_space(path)
    place = aside.salvage_place(path)
    with closing(_fresh(place)) as fresh:
        rescue = Rescue(path, fresh, noted)
        had = rescue.run()
        saved = tables.tally(fresh)
        fresh.execute("COMMIT")
        fresh.execute("PRAGMA journal_mode = WAL")  # the mark of a whole file
    kept = aside.replace(path, place, datetime.now(UTC))
    end = f"; kept as {kept.name}" if kept.exists() else ""
    return f"{path.name} was damaged ({why}): {cost(had, saved, rescue.unsure)}{end}"


def _check_space(path: Path) -> None:
    need = sum(file.stat().st_size for end in ("", "-wal") if (file := Path(f"{path}{end}")).exists())
    free = shutil.disk_usage(path.parent).free
    if free < need:
        raise Unavailable(
            f"{path} is damaged, and salvaging it takes {need / 1e6:,.1f} MB: free some on {path.parent}, "
            f"{free / 1e6:,.1f} MB are there, or set {KEY}"
        )


def _fresh(place: Path) -> sqlite3.Connection:
    """Begin a file that is worth nothing until it is whole, so it needs no protection from crashes."""
    db = sqlite3.connect(place, isolation_level=None)
    try:
        db.executescript(f"{FORMAT.pragmas} PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        FORMAT.furnish(db)
        db.execute("BEGIN")
    except BaseException:
        db.close()
        raise
    return db
