"""Whether a sink is to be tried."""

from enum import StrEnum

from ha_bridge.domain.backoff import Backoff

LONGEST_RETRY_AFTER = 3600.0


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Circuit:
    """Opens at the first failure, lets one attempt through when its wait is over, closes at the first success.

    Times in monotonic seconds. A server's own Retry-After is honoured up to an hour.
    """

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._failures = 0
        self._retry_at = 0.0
        self.state = CircuitState.CLOSED
        self.reason = ""

    @property
    def retry_at(self) -> float:
        return self._retry_at

    def allows(self, now: float) -> bool:
        if self.state is CircuitState.OPEN and now >= self._retry_at:
            self.state = CircuitState.HALF_OPEN
        return self.state is not CircuitState.OPEN

    def succeeded(self) -> None:
        self._failures = 0
        self.state = CircuitState.CLOSED
        self.reason = ""

    def failed(self, now: float, reason: str, chance: float, retry_after: float | None = None) -> None:
        self._failures += 1
        delay = self._backoff.delay(self._failures, chance)
        if retry_after is not None:
            delay = max(delay, min(retry_after, LONGEST_RETRY_AFTER))
        self._open(now + delay, reason)

    def refused(self, now: float, reason: str) -> None:
        """Credentials do not mend themselves: the longest wait at once."""
        self._failures += 1
        self._open(now + self._backoff.maximum, reason)

    def retry_now(self) -> None:
        self._retry_at = 0.0

    def _open(self, retry_at: float, reason: str) -> None:
        self._retry_at = retry_at
        self.state = CircuitState.OPEN
        self.reason = reason
