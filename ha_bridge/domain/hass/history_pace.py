"""How long a stretch of history is asked for at once."""

SHORTEST = 1_000_000
LONGEST = 6
"""Windows in a stretch at most, where there is nothing."""
MANY = 1000
"""Rows that Home Assistant gives in one answer without anybody else noticing."""
TRIES = 8
"""How often a stretch is begun before it is skipped."""


class Pace:
    """A stretch gets shorter where an answer had many rows, and longer where it had few. Lengths in microseconds.

    `window`: how long a stretch is where something happens; it may be longer where nothing does. `rows`: fewer count as
    many already.

    It outlives connections: a stretch that ends one each time, being too much for somebody, is asked for in ever
    smaller pieces, and the piece that is too much by itself is skipped.
    """

    def __init__(self, window: int, rows: int) -> None:
        self._window = window
        self._rows = min(rows, MANY)
        self._length = window
        self._after = -1
        self._tries = 0

    def begin(self, after: int) -> int:
        """The length of the stretch that is asked for next."""
        if after != self._after:
            self._after, self._tries = after, 0
        elif self._tries < TRIES:
            self._length = max(SHORTEST, self._length // 4)
        self._tries += 1
        return self._length

    @property
    def hopeless(self) -> bool:
        """Whether this stretch was begun often enough."""
        return self._tries > TRIES

    def done(self, rows: int) -> None:
        """The stretch has been answered, with so many rows at most at once, or skipped."""
        self._after = -1
        if rows > self._rows:
            self._length = max(SHORTEST, self._length // 2)
        elif not rows:
            self._length = min(2 * self._length, LONGEST * self._window)
        else:
            factor = 2 if 2 * rows <= self._rows else 1
            self._length = min(factor * self._length, self._window)
