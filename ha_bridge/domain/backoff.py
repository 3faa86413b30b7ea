"""How long to wait before the next attempt."""

import math

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Exponential, capped, jittered. Times in seconds; `jitter` is the share of a delay that chance may take away.

    initial and maximum are above 0, factor is at least 1.
    """

    initial: float = 1.0
    factor: float = 2.0
    maximum: float = 60.0
    jitter: float = 0.2

    def delay(self, attempt: int, chance: float) -> float:
        """The wait after failure number `attempt` (1, 2, ...); `chance` is uniform in [0, 1)."""
        full = min(self.maximum, self.initial * self.factor ** min(attempt - 1, self._steps()))
        return full * (1 - self.jitter * chance)

    def _steps(self) -> int:
        # After this many steps the cap holds, and further powers would only overflow in the end.
        if self.factor == 1:
            return 0
        return max(0, math.ceil(math.log(self.maximum / self.initial, self.factor)))
