"""One copy of what both roads say."""

from collections.abc import Mapping
from typing import Any

from actors.address import Address
from actors.messages import Arrived, Flush, RoadState
from actors.stage import Stage
from actors.worker import Post
from ha_bridge.domain.dedup import Deduplicator
from ha_bridge.domain.events import Batch, Disposition
from ha_bridge.domain.metrics import HELD, REMEMBERED, Samples


class DeduplicatorActor(Stage):
    """The mailbox of a Deduplicator, whose memory outlives this actor."""

    def __init__(
        self, post: Post, sources: Mapping[str, Address], downstream: Address, deduplicator: Deduplicator
    ) -> None:
        super().__init__(post, sources)
        self._downstream = downstream
        self._deduplicator = deduplicator

    def handle(self, message: Any) -> None:
        match message:
            case Arrived():
                self.each(message.batch, self._sift)
            case RoadState():
                self._deduplicator.road(up=message.up)
                self.tick(self.post.clock.monotonic())
            case Flush():
                self._pass_on(self._deduplicator.release())
                self._downstream.tell(message)

    def tick(self, now: float) -> None:
        self._pass_on(self._deduplicator.due(now))

    def samples(self) -> Samples:
        return {
            **super().samples(),
            HELD: {(): self._deduplicator.held},
            REMEMBERED: {(): self._deduplicator.remembered},
        }

    def _sift(self, batch: Batch) -> None:
        sifted = self._deduplicator.sift(batch, self.post.clock.monotonic())
        self.settle(batch.source, sifted.stale, Disposition.DUPLICATE)
        if sifted.batch.seqs or sifted.duplicates:
            self._downstream.tell(Arrived(sifted.batch, sifted.duplicates))

    def _pass_on(self, batches: list[Batch]) -> None:
        for batch in batches:
            self._downstream.tell(Arrived(batch))
