"""A sink in memory that can be told to fail."""

from collections import deque
from collections.abc import Callable, Sequence

from ha_bridge.domain.failures import Rejected, TooLarge
from ha_bridge.domain.points import Point


class MemorySink:
    """Fulfils ports.Sink. A payload is the points' times, a line each.

    `failures` are raised one for each delivery, before anything is taken; a payload with a line that is `bad` is
    rejected, one of more than `most` lines is too large.
    """

    def __init__(self, bad: Callable[[int], bool] = lambda time: False, most: int = 10**9) -> None:
        self.failures: deque[Exception] = deque()
        self.unencodable: set[int] = set()
        self.delivered: list[bytes] = []
        self.stored: list[int] = []
        self.closed = False
        self.names_bad_lines = False
        self._bad = bad
        self._most = most

    def accept_everything(self) -> None:
        self._bad = lambda time: False

    def encode(self, points: Sequence[Point]) -> bytes:
        times = [point.time for point in points]
        if self.unencodable.intersection(times):
            raise ValueError("poison")
        return "\n".join(map(str, times)).encode()

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]:
        lines = payload.split(b"\n")
        return b"\n".join(lines[:at]), b"\n".join(lines[at:])

    def deliver(self, payload: bytes) -> None:
        self.delivered.append(payload)
        if self.failures:
            raise self.failures.popleft()
        times = [int(line) for line in payload.split(b"\n")]
        if len(times) > self._most:
            raise TooLarge("too large")
        bad = [place for place, time in enumerate(times) if self._bad(time)]
        if bad:
            raise Rejected("bad line", bad if self.names_bad_lines else ())
        self.stored += times

    def close(self) -> None:
        self.closed = True
