"""Counting how long things take."""

from bisect import bisect_left
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
        bounds, counts = self._bounds, self._counts
        total = 0.0
        for value in values:
            counts[bisect_left(bounds, value)] += 1
            total += value
        self._total += total

    def buckets(self) -> Buckets:
        return Buckets(self._bounds, tuple(self._counts), self._total)
