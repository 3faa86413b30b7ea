"""One copy of what both roads say."""

from collections.abc import Mapping
from typing import Any

import msgspec

from actors.address import Address
from actors.messages import Arrived, Bury, Flush, RoadState, Settled
from actors.stage import StageWorker, letter_of
from actors.worker import Post
from ha_bridge.domain.dedup import Deduplicator
from ha_bridge.domain.events import Batch, Disposition, Unreadable
from ha_bridge.domain.metrics import HELD, REMEMBERED, Samples
from ha_bridge.domain.records import Stage
from ha_bridge.domain.suspects import Suspects


class DeduplicatorActor(StageWorker):
    """The mailbox of a Deduplicator, whose memory outlives this actor."""

    stage = Stage.DEDUPLICATE

    def __init__(
        self,
        post: Post,
        sources: Mapping[str, Address],
        downstream: Address,
        journal: Address,
        suspects: Suspects,
        deduplicator: Deduplicator,
    ) -> None:
        super().__init__(post, sources, journal, suspects)
        self._downstream = downstream
        self._deduplicator = deduplicator

    def handle(self, message: Any) -> None:
        match message:
            case Arrived():
                self.each(message.batch, self._sift)
            case RoadState():
                self._deduplicator.road(up=message.up)
                self.tick(self.post.clock.monotonic())
                self._downstream.tell(message)
            case Flush():
                self._pass_on(self._deduplicator.release())
                self._downstream.tell(message)

    def tick(self, now: float) -> None:
        self._pass_on(self._deduplicator.due(now))

    def samples(self) -> Samples:
        return {
            HELD: {(): self._deduplicator.held},
            REMEMBERED: {(): self._deduplicator.remembered},
        }

    def _sift(self, batch: Batch) -> None:
        sifted = self._deduplicator.sift(batch, self.post.clock.monotonic())
        self.settle(batch.source, sifted.stale, Disposition.DUPLICATE)
        for seq, unreadable in sifted.unreadable:
            self._bury_unreadable(batch.source, seq, unreadable)
        if sifted.batch.seqs or sifted.duplicates:
            self._downstream.tell(Arrived(sifted.batch, sifted.duplicates))
        if batch.urgent:
            # Who waits for a twin holds up the broker: a twin that comes later is then the duplicate.
            self._pass_on(self._deduplicator.release(), urgent=True)

    def _bury_unreadable(self, source: str, seq: int, event: Unreadable) -> None:
        settled = (self._sources[source], Settled((seq,), Disposition.DEAD_LETTERED))
        letter = letter_of(event, source, Stage.READ, "Unreadable", event.problem, event.time)
        self._journal.tell(Bury([letter], [settled]))

    def _pass_on(self, batches: list[Batch], *, urgent: bool = False) -> None:
        for batch in batches:
            self._downstream.tell(Arrived(msgspec.structs.replace(batch, urgent=urgent)))
