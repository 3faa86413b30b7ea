"""Counting how long things take."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec


class Buckets(msgspec.Struct, frozen=True):
    """A histogram as Prometheus wants it: counts of values up to each bound (and beyond the last), and their sum."""

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float


class Histogram:
    """Values in seconds."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def observe(self, values: Iterable[float]) -> None:
        ordered = sorted(values)
        start = 0
        for place, bound in enumerate(self._bounds):
            end = bisect_right(ordered, bound, start)
            self._counts[place] += end - start
            start = end
        self._counts[-1] += len(ordered) - start
        self._total += sum(ordered)

    def buckets(self) -> Buckets:
        return Buckets(self._bounds, tuple(self._counts), self._total)
