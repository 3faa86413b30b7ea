"""What is due when nothing comes."""

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Timers(Generic[T]):
    """One time for each thing, in seconds; setting it again moves it. However often, a thing is waited for once."""

    def __init__(self) -> None:
        self._due: dict[T, float] = {}
        self._queue: list[tuple[float, int, T]] = []
        self._queued: set[T] = set()
        self._number = 0

    def set(self, what: T, at: float) -> None:
        self._due[what] = at
        if what not in self._queued:
            self._queued.add(what)
            self._push(at, what)

    def cancel(self, what: T) -> None:
        self._due.pop(what, None)

    def expired(self, now: float) -> list[T]:
        """What is due, each once, in the order of the times that were first set."""
        expired: list[T] = []
        while self._queue and self._queue[0][0] <= now:
            _, _, what = heapq.heappop(self._queue)
            at = self._due.get(what)
            if at is not None and at > now:
                self._push(at, what)
                continue
            self._queued.discard(what)
            if at is not None:
                del self._due[what]
                expired.append(what)
        return expired

    def _push(self, at: float, what: T) -> None:
        self._number += 1
        heapq.heappush(self._queue, (at, self._number, what))
