"""SQLite's write-ahead log, read without SQLite: which pages were committed to it, and whether SQLite would find them all.

SQLite reads a log up to the first frame whose checksum is wrong. That is right for a commit that a power cut has interrupted;
but where others follow it, they were promised, and SQLite drops them in silence. Format: https://sqlite.org/fileformat2.html#walformat.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ha_bridge.adapters.journal.schema import PAGE_BYTES

_HEADER, _FRAME_HEADER = 32, 24
_FRAME = _FRAME_HEADER + PAGE_BYTES
_BIG_ENDIAN_SUMS = 0x377F0683
_WORD = 0xFFFFFFFF


class Frame(NamedTuple):
    """A page in the log. `place`: where in the file the page begins; `closes`: it is the last one of a commit."""

    page: int
    place: int
    closes: bool


def committed(log: BinaryIO) -> list[Frame]:
    """Give the frames, in order, of all commits since the log last began anew, whatever their checksums.

    The salts tell these frames from older ones.
    """
    length = log.seek(0, os.SEEK_END)
    log.seek(0)
    salt = log.read(_HEADER)[16:24]
    frames: list[tuple[bytes, Frame]] = []
    for start in range(_HEADER, length - _FRAME + 1, _FRAME):
        log.seek(start)
        header = log.read(_FRAME_HEADER)
        page, size = struct.unpack_from(">II", header)
        frames.append((header[8:16], Frame(page, start + _FRAME_HEADER, size > 0)))
    if frames and salt not in {found for found, _ in frames}:
        salt = frames[0][0]  # the header is what was damaged
    current = [frame for found, frame in frames if found == salt]
    whole = max((nth for nth, frame in enumerate(current, 1) if frame.closes), default=0)
    return current[:whole]


def is_broken_off(path: Path) -> bool:
    """Tell whether the log of the file at `path` holds a commit that SQLite does not see, and that was followed by others."""
    wal = Path(f"{path}-wal")
    if not wal.exists():
        return False
    with wal.open("rb") as log:
        frames = committed(log)
        seen = _seen(log, len(frames))
    return any(frame.closes for frame in frames[seen:-1])


def _seen(log: BinaryIO, frames: int) -> int:
    """Count the frames that SQLite would take: those before the first with a wrong checksum."""
    log.seek(0)
    header = log.read(_HEADER)
    if len(header) < _HEADER:
        return 0
    order = ">" if struct.unpack_from(">I", header) == (_BIG_ENDIAN_SUMS,) else "<"
    sums = _sum((0, 0), header[:24], order)
    if sums != struct.unpack_from(">II", header, 24):
        return 0
    for nth in range(frames):
        frame = log.read(_FRAME)
        sums = _sum(sums, frame[:8] + frame[_FRAME_HEADER:], order)
        if frame[8:16] != header[16:24] or sums != struct.unpack_from(">II", frame, 16):
            return nth
    return frames


def _sum(sums: tuple[int, int], data: bytes, order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _WORD
        second = (second + odd + first) & _WORD
    return first, second
