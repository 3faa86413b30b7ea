"""What waits to be sent to one client, with the limits of Home Assistant.

Source: homeassistant/components/websocket_api/http.py and const.py, 2024.3.
"""

import threading
from collections import deque
from collections.abc import Sequence

MAX_PENDING = 4096
PEAK = 1024
PEAK_SECONDS = 5.0


class Outbox:
    """Messages from any thread, taken by the one that sends. It looks at the peak only when something is put."""

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque()
        self._ready = threading.Condition()
        self._over_since: float | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, messages: Sequence[bytes], now: float) -> bool:
        """Queue them; False when the client is too slow and must be dropped. `now` in seconds, monotonic."""
        with self._ready:
            if self._closed:
                return True
            if len(self._messages) + len(messages) > MAX_PENDING or self._over_peak(now):
                return False
            self._messages.extend(messages)
            self._ready.notify()
            return True

    def take(self, *, everything: bool) -> list[bytes]:
        """Wait for messages and take the first, or everything there is; an empty list when closed and empty."""
        with self._ready:
            self._ready.wait_for(lambda: self._messages or self._closed)
            if not self._messages:
                return []
            if not everything:
                return [self._messages.popleft()]
            taken = list(self._messages)
            self._messages.clear()
            return taken

    def close(self, *, discard: bool = False) -> None:
        """Take nothing more; what is queued is still sent unless it is discarded."""
        with self._ready:
            self._closed = True
            if discard:
                self._messages.clear()
            self._ready.notify()

    def _over_peak(self, now: float) -> bool:
        if len(self._messages) <= PEAK:
            self._over_since = None
            return False
        if self._over_since is None:
            self._over_since = now
        return now - self._over_since >= PEAK_SECONDS
