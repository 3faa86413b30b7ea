"""How long to wait before the next attempt."""

import math

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Exponential, capped, jittered. Times in seconds; `jitter` is the share of a delay that chance may take away."""

    initial: float = 1.0
    factor: float = 2.0
    maximum: float = 60.0
    jitter: float = 0.2

    def delay(self, attempt: int, chance: float) -> float:
        """The wait after failure number `attempt` (1, 2, ...); `chance` is uniform in [0, 1)."""
        full = self.maximum
        if attempt - 1 <= self._doublings():
            full = min(full, self.initial * self.factor ** (attempt - 1))
        return full * (1 - self.jitter * chance)

    def _doublings(self) -> float:
        # Past this many steps the cap holds anyway, and the power would overflow in the end.
        if self.factor <= 1 or self.initial <= 0:
            return 0
        return math.log(max(1.0, self.maximum / self.initial), self.factor)
