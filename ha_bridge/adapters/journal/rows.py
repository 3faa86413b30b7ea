"""What the journal keeps as rows of its tables, and back. Each row carries a checksum: a row that was damaged is none.

Payloads and the raw input of dead letters are compressed. A checksum covers the number of the row too, and so all of it but the
mark for a replay.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from ha_bridge.domain.records import DeadLetter, Gap, Kept, Stage

LEVEL = 6
"""Level 1 takes less than half the time, 1 µs a point, and half as much space again."""

MOST_WORDS = 4000
"""Characters of a text in a dead letter; a server may answer with a whole page."""

Row = Sequence[Any]
"""The columns of a table in its order, `number` first."""

_encode = msgspec.msgpack.Encoder().encode


class DamagedRow(sqlite3.DatabaseError):
    """A row is not what was written: damage that SQLite does not see."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class Packed(NamedTuple):
    """A payload as it is stored."""

    sink: str
    points: int
    body: bytes


def pack(kept: Kept) -> Packed:
    return Packed(kept.sink, kept.points, zlib.compress(kept.payload, LEVEL))


def payload_row(number: int, packed: Packed) -> Row:
    return number, packed.sink, packed.points, _crc(number, *packed), packed.body


def payload_of(row: Row) -> Kept:
    """Raise DamagedRow for one that is not what was written."""
    number, sink, points, crc, body = row
    _check("payload", number, crc, sink, points, body)
    return Kept(sink, zlib.decompress(body), points, number)


def letter_row(number: int, letter: DeadLetter, most: int) -> Row:
    """Cut the raw input where it takes more than `most` bytes compressed, and say so in the reason."""
    reason, raw = _cut(letter.reason), zlib.compress(letter.raw, LEVEL)
    if len(raw) > most:
        raw = zlib.compress(letter.raw[: most // 2], LEVEL)
        reason += f" (of its {len(letter.raw)} bytes the first {most // 2} are kept)"
    texts = (_cut(text) for text in (letter.source, letter.about, letter.error))
    columns = [
        *(letter.time, letter.stage.value, *texts, reason, _cut(letter.sink)),
        *(letter.status, letter.attempts, len(letter.raw), raw),
    ]
    return number, 0, _crc(number, *columns), *columns


def letter_of(row: Row) -> DeadLetter:
    """Raise DamagedRow for one that is not what was written."""
    number, _, crc, *columns = row
    _check("dead letter", number, crc, *columns)
    return letter_without_raw((number, *columns[:-2]), zlib.decompress(columns[-1]))


def letter_without_raw(columns: Row, raw: bytes = b"") -> DeadLetter:
    """From number, time, stage, source, about, error, reason, sink, status and attempts."""
    number, time, stage, source, about, error, reason, sink, status, attempts = columns
    return DeadLetter(
        *(time, Stage(stage), source, about, raw, error, reason),
        sink=sink,
        status=status,
        attempts=attempts,
        number=number,
    )


def gap_row(number: int, gap: Gap) -> Row:
    columns = gap.start, gap.end, _cut(gap.cause), gap.filled, _cut(gap.note), int(gap.closed)
    return number, _crc(number, *columns), *columns


def gap_of(row: Row) -> Gap:
    """Raise DamagedRow for one that is not what was written."""
    number, crc, *columns = row
    _check("gap", number, crc, *columns)
    start, end, cause, filled, note, closed = columns
    return Gap(start, end, cause, filled, note, bool(closed), number)


def _cut(text: str) -> str:
    """Bound a text, and replace the halves of characters that no file takes."""
    return text[:MOST_WORDS].encode("utf-8", "replace").decode()


def _crc(*columns: object) -> int:
    return zlib.crc32(_encode(columns))


def _check(what: str, number: object, crc: object, *columns: object) -> None:
    if _crc(number, *columns) != crc:
        raise DamagedRow(f"{what} {number} does not match its checksum")
