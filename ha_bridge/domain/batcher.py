"""Collecting points until a batch is worth its request."""

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from ha_bridge.domain.points import Point
from ha_bridge.domain.routing import Points

GROW_AFTER = 60.0
"""Seconds from a sink's complaint of too large a load until twice as large a one is tried: it may have been mended."""


class Share(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a batch that came from one source: an entry of `seqs` for each point."""

    source: str
    seqs: Sequence[int]


class Load(msgspec.Struct, frozen=True):
    """A batch taken out, in order, and whose it is; the shares add up to the points."""

    points: Sequence[Point]
    shares: Sequence[Share]

    def events(self) -> Iterator[tuple[Sequence[Point], Share]]:
        """The points of each event by themselves."""
        start = 0
        for share in self.shares:
            at = 0
            while at < len(share.seqs):
                end = event_boundary(share.seqs, at + 1)
                yield self.points[start + at : start + end], Share(share.source, share.seqs[at:end])
                at = end
            start += len(share.seqs)


class Batcher:
    """Ready at `size` points, `interval` seconds after the oldest came, or at once when a source is pressed.

    No event's points are ever split between two loads. `size` may shrink, and grows back to `full_size`.
    """

    def __init__(self, size: int, interval: float) -> None:
        self.size = size
        self.full_size = size
        self._grow_at = 0.0
        self._interval = interval
        self._waiting: deque[Points] = deque()
        self._since = 0.0
        self._urgent = False
        self.points = 0

    def append(self, points: Points, now: float) -> None:
        if not self._waiting:
            self._since = now
        self._waiting.append(points)
        self.points += len(points.points)
        self._urgent = self._urgent or points.urgent

    def shrink(self, size: int, now: float) -> None:
        """Loads were too large for the sink: make them so small for a while."""
        self.size = max(1, min(self.size, size))
        self._grow_at = now + GROW_AFTER

    def hurry(self) -> None:
        """What is here goes out now."""
        self._urgent = True

    def is_ready(self, now: float) -> bool:
        if not self.points:
            return False
        return self._urgent or self.points >= self.size or now - self._since >= self._interval

    def take(self, now: float) -> Load:
        """Up to `size` points, oldest first (more only where one event has more)."""
        self._grow(now)
        points: list[Point] = []
        shares: list[Share] = []
        while self._waiting and len(points) < self.size:
            part = self._next(self.size - len(points))
            points += part.points
            shares.append(Share(part.source, part.seqs))
        self.points -= len(points)
        if not self._waiting:
            self._urgent = False
        self._since = now
        return Load(points, shares)

    def carriers(self) -> set[tuple[str, int]]:
        return {(part.source, seq) for part in self._waiting for seq in part.seqs}

    def _grow(self, now: float) -> None:
        if self.size < self.full_size and now >= self._grow_at:
            self.size = min(self.full_size, 2 * self.size)
            self._grow_at = now + GROW_AFTER

    def _next(self, room: int) -> Points:
        head = self._waiting.popleft()
        cut = event_boundary(head.seqs, room)
        if cut >= len(head.seqs):
            return head
        self._waiting.appendleft(
            msgspec.structs.replace(head, seqs=head.seqs[cut:], points=head.points[cut:])
        )
        return msgspec.structs.replace(head, seqs=head.seqs[:cut], points=head.points[:cut])


def event_boundary(seqs: Sequence[int], at: int) -> int:
    """The first place from `at` on where one event's points end and the next one's begin."""
    cut = max(1, at)
    while cut < len(seqs) and seqs[cut] == seqs[cut - 1]:
        cut += 1
    return min(cut, len(seqs))
