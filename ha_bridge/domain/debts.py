"""Who still owes an answer for which event."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ha_bridge.domain.dedup import Duplicate
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.twins import Carrier

Settlements = Mapping[tuple[str, Disposition], Sequence[int]]
"""What may be told to the sources: seqs by (source, disposition)."""

_SEVERITY = {Disposition.WRITTEN: 0, Disposition.JOURNALED: 1, Disposition.DEAD_LETTERED: 2}


class Debts:
    """For each event the sinks that have not answered yet, as bits, and the duplicates that share its fate.

    An event is settled when its last sink has answered, with the worst of the answers. A re-send starts its debts
    afresh, so it may come after a crash lost some answers.
    """

    def __init__(self) -> None:
        self._owed: dict[str, dict[int, int]] = defaultdict(dict)
        self._worst: dict[Carrier, Disposition] = {}
        self._followers: dict[Carrier, dict[Carrier, None]] = {}

    @property
    def open(self) -> int:
        return sum(len(owed) for owed in self._owed.values())

    def owe(self, source: str, owing: Mapping[int, int]) -> None:
        """By seq, the sinks (bits) that owe an answer for it."""
        self._owed[source].update(owing)

    def follow(self, duplicates: Iterable[Duplicate]) -> Settlements:
        """Settle duplicates with the event they repeat: those whose first is settled already, at once."""
        done: dict[tuple[str, Disposition], list[int]] = defaultdict(list)
        for duplicate in duplicates:
            source, seq = duplicate.first
            if seq in self._owed[source]:
                self._followers.setdefault(duplicate.first, {})[duplicate.carrier] = None
            else:
                done[duplicate.carrier[0], Disposition.DUPLICATE].append(duplicate.carrier[1])
        return done

    def answer(self, sink: int, source: str, seqs: Iterable[int], disposition: Disposition) -> Settlements:
        """Sink `sink` (its bit) has done with these; returns what is thereby settled."""
        settled: list[int] = []
        owed = self._owed[source]
        for seq in seqs:
            left = owed.get(seq, 0) & ~sink
            if left:
                owed[seq] = left
                if disposition is not Disposition.WRITTEN:  # the least of all, so it never changes a verdict
                    self._note((source, seq), disposition)
            elif owed.pop(seq, 0):
                settled.append(seq)
        done = self._verdicts(source, settled, disposition)
        if self._followers:
            self._settle_followers(source, settled, done)
        return done

    def _note(self, carrier: Carrier, disposition: Disposition) -> None:
        self._worst[carrier] = max(
            self._worst.get(carrier, disposition), disposition, key=_SEVERITY.__getitem__
        )

    def _verdicts(
        self, source: str, settled: list[int], last: Disposition
    ) -> dict[tuple[str, Disposition], list[int]]:
        """Sort what is settled by the worst answer; `last` is the last one."""
        done: dict[tuple[str, Disposition], list[int]] = defaultdict(list)
        if self._worst:
            for seq in settled:
                worst = max(self._worst.pop((source, seq), last), last, key=_SEVERITY.__getitem__)
                done[source, worst].append(seq)
        elif settled:
            done[source, last] = settled
        return done

    def _settle_followers(
        self, source: str, seqs: Iterable[int], done: dict[tuple[str, Disposition], list[int]]
    ) -> None:
        for seq in seqs:
            for follower, number in self._followers.pop((source, seq), {}):
                done[follower, Disposition.DUPLICATE].append(number)
