"""A journal in memory that can be told to be full."""

from collections.abc import Sequence

import msgspec

from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.records import Contents, DeadLetter, Gap, Kept, Stage


class MemoryJournal:
    """Fulfils ports.Journal. While `trouble` is set, nothing can be written."""

    def __init__(self) -> None:
        self.trouble = ""
        self.commits = 0
        self.payloads: dict[int, Kept] = {}
        self.letters: dict[int, DeadLetter] = {}
        self.asked: set[int] = set()
        self.gaps: dict[int, Gap] = {}
        self.until = 0
        self.lost: list[str] = []
        self.closed = False
        self._number = 0

    def keep(self, payloads: Sequence[Kept], letters: Sequence[DeadLetter]) -> None:
        self._write()
        for kept in payloads:
            number = self._next()
            self.payloads[number] = msgspec.structs.replace(kept, number=number)
        for letter in letters:
            number = self._next()
            self.letters[number] = msgspec.structs.replace(letter, number=number)

    def waiting(self, sink: str, after: int, most: int) -> Sequence[Kept]:
        found: list[Kept] = []
        for number, kept in self.payloads.items():
            if kept.sink == sink and number > after and sum(len(each.payload) for each in found) < most:
                found.append(kept)
        return found

    def forget(self, payloads: Sequence[int]) -> None:
        self._write()
        for number in payloads:
            self.payloads.pop(number, None)

    def to_replay(self) -> Sequence[DeadLetter]:
        return [self.letters[number] for number in self.asked if number in self.letters]

    def requeue(self, letters: Sequence[int]) -> None:
        self._write()
        for number in letters:
            letter = self.letters.pop(number)
            assert letter.stage is Stage.WRITE
            self.keep([Kept(letter.sink, letter.raw, 1)], ())

    def forget_letters(self, letters: Sequence[int]) -> None:
        self._write()
        for number in letters:
            self.letters.pop(number, None)

    def checkpoint(self) -> int:
        return self.until

    def cover(self, until: int) -> None:
        self._write()
        self.until = until

    def add_gap(self, gap: Gap) -> None:
        self._write()
        number = self._next()
        self.gaps[number] = msgspec.structs.replace(gap, number=number)

    def update_gap(self, gap: Gap) -> None:
        self._write()
        self.gaps[gap.number] = gap

    def open_gaps(self) -> Sequence[Gap]:
        return [gap for gap in self.gaps.values() if not gap.closed]

    def contents(self) -> Contents:
        points: dict[str, int] = {}
        for kept in self.payloads.values():
            points[kept.sink] = points.get(kept.sink, 0) + kept.points
        gaps = self.open_gaps()
        seconds = sum(gap.end - gap.filled for gap in gaps) / 1_000_000
        return Contents(0, tuple(points.items()), len(self.letters), len(gaps), seconds)

    def losses(self) -> Sequence[str]:
        lost, self.lost = self.lost, []
        return lost

    def close(self) -> None:
        self.closed = True

    def _write(self) -> None:
        if self.trouble:
            raise Unavailable(self.trouble)
        self.commits += 1

    def _next(self) -> int:
        self._number += 1
        return self._number
