"""When a child is started, given up on, started again, and when starting again will not help."""

from collections import deque
from enum import StrEnum

import msgspec

from ha_bridge.domain.backoff import Backoff


class ChildState(StrEnum):
    STARTING = "starting"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    RESTARTING = "restarting"


class Failure(StrEnum):
    """LOST: the other side is gone. REFUSED: it does not want us; hammering makes it worse. CRASHED: a fault of ours."""

    LOST = "lost"
    REFUSED = "refused"
    CRASHED = "crashed"


class Policy(msgspec.Struct, frozen=True):
    """Times in seconds. `refused_after`: the wait after a refusal.

    `hang_after`: a longer silence counts as hung; `hang_in_call`: the same while a server or a disk is waited for.
    """

    backoff: Backoff = Backoff()
    refused_after: float = 300.0
    healthy_after: float = 60.0
    hang_after: float = 30.0
    hang_in_call: float = 30.0

    def patience(self, *, in_call: bool) -> float:
        return self.hang_in_call if in_call else self.hang_after


class Health(msgspec.Struct, frozen=True):
    """A child as the outside sees it. `since` in microseconds since the epoch: when it took this state."""

    child: str
    state: ChildState
    reason: str
    since: int
    restarts: int


class Child:
    """The life of one child over all its incarnations. `now` in monotonic seconds, `wall` in microseconds."""

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.incarnation = 0
        self._policy = policy
        self._failures = 0
        self._restart_at = 0.0
        self._heard = 0.0
        self._well_since: float | None = None
        self.health = Health(name, ChildState.DOWN, "not started", 0, 0)

    def is_due(self, now: float) -> bool:
        """Whether it waits to be started and the wait is over."""
        return self.health.state in {ChildState.DOWN, ChildState.RESTARTING} and now >= self._restart_at

    def started(self, now: float, wall: int) -> None:
        self.incarnation += 1
        self._heard = now
        self._well_since = None
        self._become(ChildState.STARTING, self.health.reason if self._failures else "", wall)
        restarts = self.incarnation - 1
        self.health = msgspec.structs.replace(self.health, restarts=restarts)

    def heard(self, state: ChildState, reason: str, now: float, wall: int) -> None:
        """It lives and says how it is."""
        self._heard = now
        if state is ChildState.STARTING:
            return
        if self._well_since is None:
            self._well_since = now
        if now - self._well_since >= self._policy.healthy_after:
            self._failures = 0
        self._become(state, reason, wall)

    def failed(self, failure: Failure, reason: str, now: float, wall: int, chance: float) -> None:
        """It ended; it will be due again after its backoff."""
        self._failures += 1
        delay = self._policy.backoff.delay(self._failures, chance)
        if failure is Failure.REFUSED:
            delay = max(delay, self._policy.refused_after)
        self._restart_at = now + delay
        state = ChildState.RESTARTING if failure is Failure.CRASHED else ChildState.DOWN
        self._become(state, reason, wall)

    def is_hung(self, now: float, *, in_call: bool = False, called: float = 0.0) -> bool:
        """Whether it has been silent for too long, since it spoke or, `called`, came back from a call."""
        running = self.health.state not in {ChildState.DOWN, ChildState.RESTARTING}
        return running and now - max(self._heard, called) > self._policy.patience(in_call=in_call)

    def _become(self, state: ChildState, reason: str, wall: int) -> None:
        since = self.health.since if state is self.health.state else wall
        self.health = Health(self.name, state, reason, since, self.health.restarts)


class Intensity:
    """Counts crashes: more than `limit` within `period` seconds mean that restarting will not help."""

    def __init__(self, limit: int, period: float) -> None:
        self._limit = limit
        self._period = period
        self._crashes: deque[float] = deque()

    def crashed(self, now: float) -> bool:
        """Note one more; whether it was one too many."""
        self._crashes.append(now)
        while self._crashes[0] < now - self._period:
            self._crashes.popleft()
        return len(self._crashes) > self._limit
