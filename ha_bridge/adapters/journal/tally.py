"""How much is in the journal, and the note of it beside the file.

The note is written after each commit, without waiting for the disk. It is a witness and never needed: it tells a file that lost
its latest commits, or everything, from one that never had more, and how much that was. A torn note is as good as none.
"""

import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a sink; `oldest` is the number of its first payload, 0 for none."""

    payloads: int
    points: int
    oldest: int = 0


class Tally(msgspec.Struct, frozen=True):
    """`commits`: how many there have been. `last`: the highest numbers ever given to a payload, a letter and a gap."""

    commits: int = 0
    checkpoint: int = 0
    waiting: Mapping[str, Waiting] = {}
    letters: int = 0
    letter_bytes: int = 0
    gaps: int = 0
    last: tuple[int, int, int] = (0, 0, 0)

    @property
    def is_empty(self) -> bool:
        payloads = sum(waiting.payloads for waiting in self.waiting.values())
        return not (payloads or self.letters or self.gaps or self.checkpoint)

    @property
    def lacks_none(self) -> bool:
        """Tell whether every payload from the oldest that waits to the last there was is waiting still."""
        payloads = sum(waiting.payloads for waiting in self.waiting.values())
        oldest = min((waiting.oldest for waiting in self.waiting.values() if waiting.payloads), default=0)
        return payloads == self.last[0] - oldest + 1


def note(path: Path, tally: Tally) -> None:
    """Write the note beside the journal at `path`; a disk that cannot take it does no harm."""
    text = msgspec.json.encode(tally)
    line = b"%08x %s\n" % (zlib.crc32(text), text)
    with suppress(OSError):
        file = os.open(_beside(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            # What an older, longer note leaves behind the line end is not read.
            os.pwrite(file, line, 0)
        finally:
            os.close(file)


def noted(path: Path) -> Tally | None:
    """Read the note; None where there is none that is whole."""
    try:
        crc, _, text = _beside(path).read_bytes().partition(b"\n")[0].partition(b" ")
        if int(crc, 16) == zlib.crc32(text):
            return msgspec.json.decode(text, type=Tally)
    except (OSError, ValueError, msgspec.MsgspecError):
        pass
    return None


def _beside(path: Path) -> Path:
    return Path(f"{path}.tally")
