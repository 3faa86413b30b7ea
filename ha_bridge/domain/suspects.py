"""Which event a stage did not survive."""

from collections.abc import Iterator

import msgspec

from ha_bridge.domain.events import Batch
from ha_bridge.domain.twins import Carrier


class Suspects:
    """What a stage is working on. It outlives the stage's actor, so that a successor learns what ended or hung it.

    After a batch was not survived, its events come one by one; one that is then not survived alone is condemned.
    """

    def __init__(self) -> None:
        self._current: Batch | None = None
        self._suspected: set[Carrier] = set()
        self._condemned: set[Carrier] = set()

    def begin(self, batch: Batch) -> None:
        self._current = batch

    def end(self) -> None:
        self._current = None

    def inherit(self) -> None:
        """A successor begins: what was current was not survived."""
        batch, self._current = self._current, None
        if batch is None:
            return
        carriers = {(batch.source, seq) for seq in batch.seqs}
        if len(batch.seqs) == 1:
            self._condemned |= carriers
        else:
            self._suspected |= carriers

    def parts(self, batch: Batch) -> Iterator[Batch]:
        """The batch, its suspects by themselves."""
        if not self._suspected and not self._condemned:
            yield batch
            return
        watched = self._suspected | self._condemned
        clean = [i for i, seq in enumerate(batch.seqs) if (batch.source, seq) not in watched]
        yield _pick(batch, clean)
        for i, seq in enumerate(batch.seqs):
            if (batch.source, seq) in watched:
                yield _pick(batch, [i])

    def is_condemned(self, batch: Batch) -> bool:
        """Whether it is one event that was not survived alone."""
        return (
            bool(self._condemned)
            and len(batch.seqs) == 1
            and (batch.source, batch.seqs[0]) in self._condemned
        )

    def clear(self, batch: Batch) -> None:
        """These were survived, or given up."""
        for seq in batch.seqs:
            self._suspected.discard((batch.source, seq))
            self._condemned.discard((batch.source, seq))


def _pick(batch: Batch, places: list[int]) -> Batch:
    return msgspec.structs.replace(
        batch, seqs=[batch.seqs[i] for i in places], events=[batch.events[i] for i in places]
    )
