"""Messages that wait until it is known whose they are."""

from ha_bridge.domain.ports import MqttMessage

PAUSE = 2.0  # seconds without a configuration, after which all that the broker has kept of them have come
MOST_HELD = 20_000  # messages
MOST_BYTES = 32_000_000

Held = tuple[MqttMessage, int]
"""A message and its token."""


class Learning:
    """Holds everything but configurations until there has been a pause in those. Times are monotonic seconds.

    A process that has just begun knows no discovered entity, and what the broker has queued for it comes first.
    """

    def __init__(self, *, needed: bool) -> None:
        self.over = not needed
        self._until: float | None = None
        self._held: list[Held] = []
        self._bytes = 0

    def taught(self, now: float) -> None:
        """A configuration has come."""
        self._until = now + PAUSE

    def hold(self, message: MqttMessage, token: int, now: float) -> list[Held]:
        """Have a message wait; returns all that have waited where they are too many."""
        self._held.append((message, token))
        self._bytes += len(message.payload)
        if len(self._held) >= MOST_HELD or self._bytes >= MOST_BYTES:
            return self._end()
        return self.due(now)

    def due(self, now: float) -> list[Held]:
        """The messages that have waited long enough, in order; the learning is over then."""
        if self._until is None:
            self._until = now + PAUSE
        return self._end() if now >= self._until else []

    def broken_off(self) -> list[Held]:
        """The connection is gone: what waits, with which the learning begins anew."""
        held, self._held, self._bytes, self._until = self._held, [], 0, None
        return held

    def _end(self) -> list[Held]:
        self.over = True
        held, self._held = self._held, []
        return held
