"""Finding the message that says over MQTT, without a time, what the WebSocket says with one."""

from collections import deque

import msgspec

from ha_bridge.domain.events import Event

Carrier = tuple[str, int]
"""Who brought an event: source and seq."""
Key = tuple[str, str | None]
"""What an event says: entity and state."""


class Claim(msgspec.Struct, gc=False):
    """One event that has no twin yet while it is `open`.

    `time` in microseconds since the epoch, `arrived` in monotonic seconds.
    """

    key: Key
    time: int
    carrier: Carrier
    event: Event
    arrived: float
    open: bool = True


class Claims:
    """Events without a twin, oldest first. Each is taken once: three identical messages need three twins."""

    def __init__(self, size: int) -> None:
        self.open = 0
        self._size = size
        self._by_key: dict[Key, list[Claim]] = {}
        self._order: deque[Claim] = (
            deque()
        )  # in order of arrival, those that were taken until their time is up

    def add(self, claim: Claim) -> None:
        self.open += 1
        self._by_key.setdefault(claim.key, []).append(claim)
        self._order.append(claim)
        if len(self._order) > self._size:
            self._close(self._order.popleft())

    def take(self, key: Key, earliest: int, latest: int) -> Claim | None:
        """The oldest claim for `key` with a time between the two, removed."""
        for claim in self._by_key.get(key, ()):
            if earliest <= claim.time <= latest:
                self._close(claim)
                return claim
        return None

    def expire(self, before: float) -> list[Claim]:
        """Remove and return those that arrived before then, in order of arrival."""
        expired = []
        order = self._order
        while order and order[0].arrived < before:
            claim = order.popleft()
            if claim.open:
                self._close(claim)
                expired.append(claim)
        return expired

    def _close(self, claim: Claim) -> None:
        if claim.open:
            claim.open = False
            self.open -= 1
            same = self._by_key[claim.key]
            same.remove(claim)
            if not same:
                del self._by_key[claim.key]
