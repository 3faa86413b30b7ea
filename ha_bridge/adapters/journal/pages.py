"""Rows read straight from the pages of a SQLite file and its write-ahead log, for what SQLite itself no longer finds there.

A file whose first page is gone is no database any more, and a page that nothing points to is not found; but each page that holds
rows of a table tells them by itself. What is read so may be of any age, or nonsense: whoever asks knows by the checksums.
Pages, cells and records as in https://sqlite.org/fileformat2.html.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ha_bridge.adapters.journal.log import committed
from ha_bridge.adapters.journal.schema import PAGE_BYTES

_TABLE_LEAF = 13
_FILE_HEADER = 100
_MOST_INLINE = PAGE_BYTES - 35
_LEAST_INLINE = (PAGE_BYTES - 12) * 32 // 255 - 23
_OVERFLOW = PAGE_BYTES - 4
_WIDTHS = (0, 1, 2, 3, 4, 6, 8)

Values = tuple[Any, ...]


class Pages:
    """The pages of a file and its log, the later page for the earlier. Without `log`, those of the file alone."""

    def __init__(self, path: Path, *, log: bool) -> None:
        self._file = _opened(path)
        self._log = _opened(Path(f"{path}-wal")) if log else None
        self._places = {frame.page: frame.place for frame in committed(self._log)} if self._log else {}
        self._count = path.stat().st_size // PAGE_BYTES if self._file else 0

    def rows(self) -> Iterator[Values]:
        """Give the values of every row of every table; the first of them is the row's number."""
        for number in sorted({*range(1, self._count + 1), *self._places}):
            page = self._page(number)
            if len(page) == PAGE_BYTES:
                yield from self._rows(page, _FILE_HEADER if number == 1 else 0)

    def close(self) -> None:
        for file in (self._file, self._log):
            if file:
                file.close()

    def _page(self, number: int) -> bytes:
        """Read a page; empty where the disk cannot."""
        in_log = number in self._places
        file = self._log if in_log else self._file
        if file is None:
            return b""
        with suppress(OSError):
            file.seek(self._places[number] if in_log else (number - 1) * PAGE_BYTES)
            return file.read(PAGE_BYTES)
        return b""

    def _rows(self, page: bytes, start: int) -> Iterator[Values]:
        kind, _, cells = struct.unpack_from(">BHH", page, start)
        if kind != _TABLE_LEAF:
            return
        for cell in range(min(cells, PAGE_BYTES // 4)):
            with suppress(struct.error, IndexError, ValueError, OverflowError):
                yield self._row(page, *struct.unpack_from(">H", page, start + 8 + 2 * cell))

    def _row(self, page: bytes, at: int) -> Values:
        size, at = _varint(page, at)
        number, at = _varint(page, at)
        record = self._record(page, at, size)
        return number, *_values(record)[1:]

    def _record(self, page: bytes, at: int, size: int) -> bytes:
        inline = _inline(size)
        record = bytearray(page[at : at + inline])
        if size > inline:
            [following] = struct.unpack_from(">I", page, at + inline)
            seen = {0}
            while following not in seen and len(record) < size:
                seen.add(following)
                overflow = self._page(following)
                record += overflow[4 : 4 + size - len(record)]
                [following] = struct.unpack_from(">I", overflow)
        if len(record) != size:
            raise ValueError("a record that breaks off")
        return bytes(record)


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _inline(size: int) -> int:
    """Count the bytes of a record that stand on the leaf itself."""
    if size <= _MOST_INLINE:
        return size
    inline = _LEAST_INLINE + (size - _LEAST_INLINE) % _OVERFLOW
    return inline if inline <= _MOST_INLINE else _LEAST_INLINE


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for byte in data[at : at + 8]:
        at += 1
        value = value << 7 | byte & 127
        if byte < 128:
            return value, at
    return value << 8 | data[at], at + 1


def _values(record: bytes) -> Values:
    length, at = _varint(record, 0)
    body = length
    values = []
    while at < length:
        kind, at = _varint(record, at)
        value, body = _value(record, kind, body)
        values.append(value)
    return tuple(values)


def _value(record: bytes, kind: int, at: int) -> tuple[Any, int]:
    if kind >= 12:
        end = at + (kind - 12) // 2
        text = record[at:end]
        return (text.decode() if kind % 2 else text), end
    if kind in {8, 9}:
        return kind - 8, at
    if kind >= len(_WIDTHS):
        raise ValueError("no kind that we write")
    end = at + _WIDTHS[kind]
    return (int.from_bytes(record[at:end], signed=True) if kind else None), end
