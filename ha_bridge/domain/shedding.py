"""What is given up because nobody takes it: one gap for each episode."""

CALM = 60.0
"""Seconds without a shed event that end an episode."""
SAY_EVERY = 60.0
"""Seconds between two times that an episode which goes on is said."""


class Shedding:
    """An episode is said in pieces that touch. Times are microseconds, `now` is monotonic seconds.

    `unsaid`: an episode goes on, and what it cost after this time has not been said. None: there is none.
    """

    def __init__(self) -> None:
        self.unsaid: int | None = None
        self._until = 0
        self._latest = 0.0
        self._say_at = 0.0

    def add(self, times: list[int], now: float) -> None:
        """What happened at these times has been shed."""
        before = min(times) - 1
        self.unsaid = before if self.unsaid is None else min(self.unsaid, before)
        self._until = max(self._until, *times)
        self._latest = now

    def due(self, now: float) -> tuple[int, int] | None:
        """A stretch to say: at once when an episode begins, then once in a while, and when it is over."""
        if self.unsaid is None:
            return None
        over = now - self._latest >= CALM
        piece = None
        if self._until > self.unsaid and (over or now >= self._say_at):
            piece = self.unsaid, self._until
            self._say_at = now + SAY_EVERY
        self.unsaid = None if over else piece[1] if piece else self.unsaid
        return piece
