"""The moves of files when a damaged journal gives way to what was salvaged of it, each such that a crash loses nothing.

`.salvage` grows beside the damaged file; whole, it is renamed to `.salvaged`; then the damaged file and its write-ahead log
step aside, the log first, for a log that is left over would be taken for the new file's; then `.salvaged` takes the place.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

COPIES = 2
"""Damaged files that are kept: the newest. Each may be as large as the journal."""


def salvage_place(path: Path) -> Path:
    """Where the fresh file grows; what an interrupted attempt has left there is removed."""
    place = _with(path, ".salvage")
    _remove(place)
    return place


def replace(path: Path, salvage: Path, moment: datetime) -> Path:
    """Put the salvage in the place of the damaged file, on disk; returns where that, if there is one, is kept.

    Raises OSError; `finish` at the next opening goes on from there.
    """
    _sync(salvage)
    salvage.rename(_with(path, ".salvaged"))
    return _change_over(path, moment)


def finish(path: Path) -> Path | None:
    """Complete what a crash has interrupted; returns where the damaged file is kept, None when there is nothing to do."""
    if not _with(path, ".salvaged").exists():
        return None
    return _change_over(path, datetime.now(UTC))


def make_room(path: Path) -> None:
    """Remove all but the newest damaged files, and one more: room for the one that comes."""
    start = f"{path.name}.damaged-"
    names = (file.name for file in path.parent.iterdir() if file.name.startswith(start))
    copies = sorted({name.removesuffix("-wal").removesuffix("-shm") for name in names})
    for copy in copies[: max(0, len(copies) - COPIES + 1)]:
        _remove(path.with_name(copy))


def _change_over(path: Path, moment: datetime) -> Path:
    aside = _aside(path, moment)
    make_room(path)
    for end in ("-wal", ""):
        file = _with(path, end)
        if end and file.exists() and not file.stat().st_size:
            file.unlink()
        with suppress(FileNotFoundError):
            file.rename(_with(aside, end))
    _with(path, "-shm").unlink(missing_ok=True)
    _sync(path.parent)
    _with(path, ".salvaged").rename(path)
    _sync(path.parent)
    return aside


def _aside(path: Path, moment: datetime) -> Path:
    aside = _with(path, f".damaged-{moment:%Y%m%dT%H%M%SZ}")
    while aside.exists() or _with(aside, "-wal").exists():
        aside = aside.with_name(f"{aside.name}a")
    return aside


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        _with(path, end).unlink(missing_ok=True)


def _with(path: Path, end: str) -> Path:
    return Path(f"{path}{end}")
