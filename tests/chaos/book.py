"""What was sent, and what of it somebody has answered for."""

import time


class Book:
    """The numbers of one road, each sent once, with the moments (monotonic seconds) of sending and acknowledgement.

    One thread writes, any may read.
    """

    def __init__(self) -> None:
        self.sent: dict[int, float] = {}
        self.acknowledged: dict[int, float] = {}
        self.doubtful: set[int] = set()

    def send(self, number: int) -> None:
        self.sent[number] = time.monotonic()

    def acknowledge(self, number: int) -> None:
        self.acknowledged[number] = time.monotonic()

    def doubt(self, since: float) -> None:
        """Who acknowledged since then has died before it was on disk: it may have come through or not."""
        late = [number for number, moment in list(self.acknowledged.items()) if moment >= since]
        self.doubtful.update(late)

    @property
    def due(self) -> set[int]:
        """The numbers that must not be lost."""
        return set(self.acknowledged) - self.doubtful

    def first_since(self, moment: float) -> int | None:
        """The first number that was sent after a moment and is acknowledged."""
        # Numbers grow, so the latest are at the end.
        found = None
        for number in reversed(list(self.acknowledged)):
            if self.sent[number] < moment:
                break
            found = number
        return found
