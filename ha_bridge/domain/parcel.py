"""Encoded points on their way to a sink."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ha_bridge.domain.batcher import Share, event_boundary


class Parcel(msgspec.Struct):
    """A payload that is delivered as it is, however often.

    `times` of its points in microseconds since the epoch, none where it comes from the journal; `number`: its place
    there, 0 for none. `attempts`: how often its points have been sent since they were last in memory.
    """

    payload: bytes
    shares: Sequence[Share]
    times: Sequence[int]
    number: int = 0
    attempts: int = 0

    def __len__(self) -> int:
        return sum(len(share.seqs) for share in self.shares)

    def seqs(self) -> Mapping[str, Sequence[int]]:
        """The events in it, by source."""
        found: dict[str, list[int]] = defaultdict(list)
        for share in self.shares:
            found[share.source] += dict.fromkeys(share.seqs)
        return found

    def carriers(self) -> Iterator[tuple[str, int]]:
        return ((share.source, seq) for share in self.shares for seq in share.seqs)

    def place_to_cut(self, bad: Sequence[int] = ()) -> int:
        """Where to cut it in two without cutting an event: a number of points, 0 when it holds one event.

        In the middle, or beside the first of the `bad` lines, so that two cuts leave that one alone.
        """
        near = (bad[0] or 1) if bad else len(self) / 2
        return min(self._boundaries(), key=lambda cut: abs(cut - near), default=0)

    def cut(self, at: int, halves: Sequence[bytes]) -> tuple["Parcel", "Parcel"]:
        """The two parcels of the first `at` points and the rest, given their payloads."""
        first: list[Share] = []
        second: list[Share] = []
        start = 0
        for share in self.shares:
            inside = min(max(0, at - start), len(share.seqs))
            if inside:
                first.append(Share(share.source, share.seqs[:inside]))
            if inside < len(share.seqs):
                second.append(Share(share.source, share.seqs[inside:]))
            start += len(share.seqs)
        return (
            Parcel(halves[0], first, self.times[:at], self.number, self.attempts),
            Parcel(halves[1], second, self.times[at:], self.number, self.attempts),
        )

    def _boundaries(self) -> list[int]:
        cuts = []
        start = 0
        for share in self.shares:
            at = 0
            while at < len(share.seqs):
                at = event_boundary(share.seqs, at + 1)
                cuts.append(start + at)
            start += len(share.seqs)
        return cuts[:-1]
