"""Makers of what a journal keeps, and looking at all that is in one."""

from pathlib import Path

from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.domain.records import DeadLetter, Gap, Kept, Stage

CAP = 64_000_000
QUICK = 0.05


def open_journal(path: Path, cap: int = CAP, letters: int = 100) -> SqliteJournal:
    return SqliteJournal(path, cap, letters, timeout=QUICK)


def kept(payload: bytes = b"m value=1 1", sink: str = "main", points: int = 1) -> Kept:
    return Kept(sink, payload, points)


def letter(
    about: str = "a/b", raw: bytes = b"m value=x 1", stage: Stage = Stage.WRITE, sink: str = "main"
) -> DeadLetter:
    return DeadLetter(5, stage, "mqtt", about, raw, "Rejected", "no such field", sink, 400, 3)


def gap(start: int = 1_000_000, end: int = 3_000_000) -> Gap:
    return Gap(start, end, "the bridge was down", start)


def drain(journal: SqliteJournal, sink: str = "main", most: int = 50_000) -> dict[int, Kept]:
    """Read all that waits for a sink, in pieces, and leave it there."""
    found: dict[int, Kept] = {}
    after = 0
    while piece := journal.waiting(sink, after, most):
        found |= {each.number: each for each in piece}
        after = piece[-1].number
    return found
