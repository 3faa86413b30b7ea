"""How fast counters grow."""

from collections import deque

from ha_bridge.domain.figures import number
from ha_bridge.domain.metrics import Metric, Samples

WINDOW_SECONDS = 5.0
SHORTEST_SECONDS = 1.0
"""Parts report once a second: within less than that a rate is chance."""


class Rates:
    """Remembers the samples of the last seconds, because a rate needs two moments. Times in monotonic seconds."""

    def __init__(self, window: float = WINDOW_SECONDS) -> None:
        self._window = window
        self._seen: deque[tuple[float, Samples]] = deque()

    def note(self, samples: Samples, now: float) -> None:
        """Take in the latest; what is older than the window is needed no more, save one to cover it all."""
        self._seen.append((now, samples))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._window:
            self._seen.popleft()

    def per_second(self, metric: Metric, *labels: str) -> float | None:
        """Give the growth per second over the window; None while there is too little to tell."""
        if not self._seen or self._seconds < SHORTEST_SECONDS:
            return None
        before, after = self._seen[0][1], self._seen[-1][1]
        return (number(after, metric, *labels) - number(before, metric, *labels)) / self._seconds

    @property
    def _seconds(self) -> float:
        return self._seen[-1][0] - self._seen[0][0]
