"""When what waits in memory goes to the journal."""

from collections.abc import Iterable, Sequence
from itertools import count

from ha_bridge.domain.parcel import Parcel

PATIENCE = 5.0
"""Seconds a sink may be away before anything touches the disk, and between two spills: large payloads compress well."""

LOST_AFTER = 15.0
"""Seconds after which an answer of the journal does not come any more."""


class Spillway:
    """Parcels handed to the journal, each under a ticket, until it says that they are durable."""

    def __init__(self) -> None:
        self._tickets = count(1)
        self._underway: dict[int, Parcel] = {}
        self._sent_at = 0.0
        self._next_at: float | None = None
        self.trouble = ""

    def __len__(self) -> int:
        return sum(map(len, self._underway.values()))

    def is_due(self, now: float, *, away: bool, urgent: bool) -> bool:
        """Whether to spill: the sink has been away for a while, or a source is pressed."""
        if not away:
            self._next_at = None
            return False
        if self._next_at is None:
            self._next_at = now + PATIENCE
        return not self._underway and (now >= self._next_at or (urgent and not self.trouble))

    def hurry(self) -> None:
        """Do not wait: the bridge is stopping."""
        self._next_at = 0.0

    def send(self, parcels: Iterable[Parcel], now: float) -> list[tuple[int, Parcel]]:
        """Give each parcel its ticket."""
        ticketed = [(next(self._tickets), parcel) for parcel in parcels]
        self._underway.update(ticketed)
        self._sent_at = now
        self._next_at = now + PATIENCE
        return ticketed

    def answered(self, tickets: Sequence[int], reason: str) -> list[Parcel]:
        """The parcels of these tickets: durable, or with a `reason` to be kept in memory again."""
        self.trouble = reason
        return [self._underway.pop(ticket) for ticket in tickets if ticket in self._underway]

    def overdue(self, now: float) -> list[Parcel]:
        """The parcels whose answer was lost with a journal that died; they are ours again."""
        if not self._underway or now - self._sent_at < LOST_AFTER:
            return []
        parcels = list(self._underway.values())
        self._underway.clear()
        return parcels

    def carriers(self) -> set[tuple[str, int]]:
        return {carrier for parcel in self._underway.values() for carrier in parcel.carriers()}
