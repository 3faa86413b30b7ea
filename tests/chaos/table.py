"""The table of a run: what each fault has cost."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from tests.chaos.run import Struck
from tests.chaos.verdict import Fate

BEFORE = "before any fault"
HEADERS = ("fault", "times", "events sent", "lost", "duplicated", "recovery median", "max")


class Row(NamedTuple):
    """`recoveries`: seconds, one for each time that the bridge came back."""

    fault: str
    times: int
    sent: int
    lost: int
    twice: int
    recoveries: Sequence[float]

    def cells(self) -> tuple[str, ...]:
        typical, worst = (f"{of(self.recoveries):.1f} s" if self.recoveries else "" for of in (median, max))
        return (
            self.fault,
            str(self.times or ""),
            str(self.sent),
            str(self.lost),
            str(self.twice),
            typical,
            worst,
        )


def rows(played: Sequence[Struck], fates: Sequence[Fate]) -> list[Row]:
    """A row for each fault, by name, and one for the calm before. An event that two sinks lack is lost twice."""
    blame = Blame(played)
    sent, lost, twice = Counter[str](), Counter[str](), Counter[str]()
    for fate in fates:
        if fate.sink == fates[0].sink:
            sent.update(blame.faults(fate, fate.road.book.sent))
        lost.update(blame.faults(fate, fate.lost))
        twice.update(blame.faults(fate, fate.twice if fate.road.timed else ()))
    found = []
    for name in (BEFORE, *sorted({struck.step.name for struck in played})):
        mine = [struck for struck in played if struck.step.name == name]
        recoveries = [struck.recovery for struck in mine if struck.recovery is not None]
        found.append(Row(name, len(mine), sent[name], lost[name], twice[name], recoveries))
    return found


class Blame:
    """To which fault a number belongs: a fault lasts from when it strikes until the next one does."""

    def __init__(self, played: Sequence[Struck]) -> None:
        self._starts = [struck.start for struck in played]
        self._names = [BEFORE, *(struck.step.name for struck in played)]

    def faults(self, fate: Fate, numbers: Iterable[int]) -> Iterator[str]:
        sent = fate.road.book.sent
        return (self._names[bisect(self._starts, sent.get(number, 0.0))] for number in numbers)


def total(of: Sequence[Row]) -> Row:
    recoveries = [seconds for row in of for seconds in row.recoveries]
    times, sent, lost, twice = (sum(column) for column in zip(*(row[1:5] for row in of), strict=True))
    return Row("total", times, sent, lost, twice, recoveries)


def printed(of: Sequence[Row]) -> str:
    lines = [HEADERS, *(row.cells() for row in of), total(of).cells()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])
