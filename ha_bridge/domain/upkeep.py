"""When a sink looks after what it holds."""

from collections.abc import Callable

EVERY = 6 * 3600.0
"""Seconds from when all is tidy to the next look: each touches a page of every field, and an SD card wears out."""
AGAIN = 1.0
"""Seconds between two little pieces of work, which is time for the disk and for all that has to be written."""


class Upkeep:
    """Calls `tidy(micros)` a little at a time: it returns whether there is more to do, and None is nothing ever."""

    def __init__(self, tidy: Callable[[int], bool] | None) -> None:
        self._tidy = tidy
        self._due = 0.0

    def step(self, now: float, micros: int) -> None:
        """`now` in monotonic seconds, `micros` since the epoch. What `tidy` raises is raised, and tried again at the next look."""
        if self._tidy is None or now < self._due:
            return
        self._due = now + EVERY
        if self._tidy(micros):
            self._due = now + AGAIN
