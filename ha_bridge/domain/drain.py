"""Payloads on their way back from the journal to the sink."""

from collections import Counter, deque
from collections.abc import Sequence

from ha_bridge.domain.batcher import Share
from ha_bridge.domain.parcel import Parcel
from ha_bridge.domain.records import Kept

JOURNAL = "journal"
"""The source of such payloads; nobody waits for an answer about them."""


class Drain:
    """What has been fetched, and which payloads are wholly delivered and may be forgotten."""

    def __init__(self) -> None:
        self.parcels: deque[Parcel] = deque()
        self.after = 0
        self._pieces: Counter[int] = Counter()
        self._asked = False
        self._exhausted = False

    @property
    def wants_more(self) -> bool:
        return not (self.parcels or self._asked or self._exhausted)

    def asked(self) -> None:
        self._asked = True

    def waiting(self) -> None:
        """The journal says that there is something, perhaps a new one that has lost our last words."""
        self._asked = False
        self._exhausted = False
        if not self._pieces:
            self.after = 0

    def fetched(self, payloads: Sequence[Kept]) -> None:
        """The answer to the question; none means that there is nothing more."""
        self._asked = False
        self._exhausted = not payloads
        for kept in payloads:
            if kept.number > self.after:
                self.after = kept.number
                self._pieces[kept.number] = 1
                share = Share(JOURNAL, range(kept.points))
                self.parcels.append(Parcel(kept.payload, (share,), (), kept.number))

    def halved(self, parcel: Parcel) -> None:
        self._pieces[parcel.number] += 1

    def done(self, parcel: Parcel) -> bool:
        """A piece is delivered or dead; whether it was the last one of its payload."""
        self._pieces[parcel.number] -= 1
        if self._pieces[parcel.number]:
            return False
        del self._pieces[parcel.number]
        return True
