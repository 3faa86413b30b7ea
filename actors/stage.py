"""What the stages between source and sink have in common: settling, and surviving poison."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from actors.address import Address
from actors.messages import Settled
from actors.worker import Post, Worker
from ha_bridge.domain.debts import Settlements
from ha_bridge.domain.events import Batch, Disposition
from ha_bridge.domain.metrics import DEAD_LETTERS, Samples


class Stage(Worker):
    """A worker that settles events and that no single event can stop."""

    def __init__(self, post: Post, sources: Mapping[str, Address]) -> None:
        super().__init__(post)
        self._sources = sources
        self._dead = 0

    def settle(self, source: str, seqs: Sequence[int], disposition: Disposition) -> None:
        if seqs:
            self._sources[source].tell(Settled(seqs, disposition))

    def settle_all(self, settlements: Settlements) -> None:
        for (source, disposition), seqs in settlements.items():
            self.settle(source, seqs, disposition)

    def each(self, batch: Batch, work: Callable[[Batch], None]) -> None:
        """Work on a batch; where that raises, on each of its events alone; where that raises too, dead-letter it."""
        try:
            work(batch)
        except Exception:  # noqa: BLE001 - which event it was is found out below
            for seq, event in zip(batch.seqs, batch.events, strict=True):
                self._alone(msgspec.structs.replace(batch, seqs=(seq,), events=(event,)), work)

    def samples(self) -> Samples:
        return {DEAD_LETTERS: {(self.post.name,): self._dead}}

    def _alone(self, batch: Batch, work: Callable[[Batch], Any]) -> None:
        try:
            work(batch)
        except Exception:
            self._dead += 1
            self.log.exception(
                "dead letter", extra={"source": batch.source, "event": repr(batch.events[0])[:1000]}
            )
            self.settle(batch.source, batch.seqs, Disposition.DEAD_LETTERED)
