"""Finding the message that says over MQTT, without a time, what the WebSocket says with one."""

from collections import OrderedDict, deque

import msgspec

from ha_bridge.domain.events import Event

Carrier = tuple[str, int]
"""Who brought an event: source and seq."""
Key = tuple[str, str | None]
"""What an event says: entity and state."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One event that still has no twin. `time` in microseconds since the epoch, `arrived` in monotonic seconds."""

    key: Key
    time: int
    carrier: Carrier
    event: Event
    arrived: float


class Claims:
    """Events without a twin, oldest first. Each is taken once: three identical messages need three twins."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._by_key: dict[Key, deque[Claim]] = {}
        self._order: OrderedDict[Carrier, Claim] = OrderedDict()

    def add(self, claim: Claim) -> None:
        self._by_key.setdefault(claim.key, deque()).append(claim)
        self._order[claim.carrier] = claim
        if len(self._order) > self._size:
            self._remove(next(iter(self._order.values())))

    def take(self, key: Key, time: int, window: int) -> Claim | None:
        """The oldest claim for `key` within `window` microseconds of `time`, removed."""
        for claim in self._by_key.get(key, ()):
            if abs(claim.time - time) <= window:
                self._remove(claim)
                return claim
        return None

    def expire(self, before: float) -> list[Claim]:
        """Remove and return those that arrived before then, in order of arrival."""
        expired = []
        for claim in self._order.values():
            if claim.arrived >= before:
                break
            expired.append(claim)
        for claim in expired:
            self._remove(claim)
        return expired

    def _remove(self, claim: Claim) -> None:
        del self._order[claim.carrier]
        same = self._by_key[claim.key]
        same.remove(claim)
        if not same:
            del self._by_key[claim.key]

    def __contains__(self, carrier: Carrier) -> bool:
        return carrier in self._order

    def __len__(self) -> int:
        return len(self._order)
