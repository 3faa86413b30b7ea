"""The one owner of the journal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from actors.address import Address
from actors.messages import (
    Bury,
    Checkpoint,
    CheckpointWanted,
    Covered,
    Fetch,
    Fetched,
    Forget,
    GapFilled,
    GapRecorded,
    GapsOpen,
    GapsWanted,
    Missed,
    Replay,
    Replayed,
    Spill,
    Spilled,
    Waiting,
    Wake,
)
from actors.worker import Post, Worker
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.gaps import absorbed, progressed
from ha_bridge.domain.metrics import (
    DEAD_LETTERS,
    GAP_SECONDS,
    GAPS_OPEN,
    JOURNAL_BYTES,
    JOURNAL_FULL,
    JOURNAL_POINTS,
    Samples,
)
from ha_bridge.domain.ports import Journal
from ha_bridge.domain.records import Contents, DeadLetter, Gap, Stage
from ha_bridge.domain.supervision import ChildState

FETCH_BYTES = 2_000_000
COVER_EVERY = 60.0
"""Seconds between two checkpoints of the coverage: all that is written while nothing is wrong."""
REPLAY_EVERY = 2.0
"""Seconds between two looks whether somebody asked for a replay."""


class JournalActor(Worker):
    """Gathers what is to be written while it is busy and commits it together: a group costs one sync of the disk.

    Dead letters that the disk cannot take are kept in memory, their events unsettled, until it can; payloads are given
    back to their writer.
    """

    def __init__(
        self,
        post: Post,
        journal: Journal,
        sources: Mapping[str, Address],
        writers: Mapping[str, Address],
        hass: Address,
        historian: Address,
    ) -> None:
        super().__init__(post)
        self._journal = journal
        self._hass = hass
        self._historian = historian
        self._sources = sources
        self._writers = writers
        self._spills: list[Spill] = []
        self._burials: list[Bury] = []
        self._forget: list[int] = []
        self._woken = False
        self._replay_at = 0.0
        self._covered: int | None = None
        self._cover_at = 0.0  # the first at once: without any, the next process would not know that it has missed something
        self._contents = Contents(0, (), 0, 0, 0.0)

    def setup(self) -> None:
        self._attempt(self._look, heals=False)
        self._tell_writers()

    def handle(self, message: Any) -> None:
        match message:
            case Spill():
                self._spills.append(message)
                self._wake()
            case Bury():
                self._burials.append(message)
                self._wake()
            case Forget():
                self._forget += message.numbers
                self._wake()
            case Fetch():
                self._fetch(message)
            case Replayed():
                self._attempt(lambda: self._journal.forget_letters(message.numbers))
            case Wake():
                self._woken = False
                self._commit()
            case _:
                self._attempt(lambda: self._mind_gaps(message))

    def tick(self, now: float) -> None:
        self._commit()
        if self._covered is not None and now >= self._cover_at:
            self._cover_at = now + COVER_EVERY
            self._attempt(self._cover)
        if now >= self._replay_at:
            self._replay_at = now + REPLAY_EVERY
            self._attempt(self._replay, heals=False)
            self._attempt(self._look, heals=False)

    def samples(self) -> Samples:
        return {
            JOURNAL_BYTES: {(): self._contents.size},
            JOURNAL_POINTS: {(sink,): points for sink, points in self._contents.points},
            JOURNAL_FULL: {(): float(bool(self.reason))},
            DEAD_LETTERS: {(): self._contents.dead_letters},
            GAPS_OPEN: {(): self._contents.gaps},
            GAP_SECONDS: {(): self._contents.seconds},
        }

    def teardown(self) -> None:
        self._commit()
        self._attempt(self._cover)
        self._journal.close()

    # Writing

    def _commit(self) -> None:
        if self._burials:
            self._attempt(self._bury)
        if self._spills:
            self._keep()
        if self._forget:
            self._attempt(self._forget_delivered)

    def _bury(self) -> None:
        burials = self._burials
        letters = [letter for each in burials for letter in each.letters]
        self._journal.keep((), letters)
        self._burials = []
        for each in burials:
            self._forget += each.forget
            for address, message in each.then:
                address.tell(message)

    def _keep(self) -> None:
        spills, self._spills = self._spills, []
        reason = self._attempt(
            lambda: self._journal.keep([kept for each in spills for _, kept in each.payloads], ())
        )
        for each in spills:
            writer = self._writers[each.sink]
            writer.tell(Spilled([ticket for ticket, _ in each.payloads], reason))
            writer.tell(Waiting())

    def _forget_delivered(self) -> None:
        self._journal.forget(self._forget)
        self._forget = []

    # Reading

    def _fetch(self, message: Fetch) -> None:
        self._commit()
        found: list[Any] = []
        self._attempt(
            lambda: found.extend(self._journal.waiting(message.sink, message.after, FETCH_BYTES)), heals=False
        )
        self._writers[message.sink].tell(Fetched(found))

    def _replay(self) -> None:
        letters = self._journal.to_replay()
        again = [letter.number for letter in letters if letter.stage is Stage.WRITE]
        if again:
            self._journal.requeue(again)
            self._tell_writers()
        by_source: dict[str, list[DeadLetter]] = {}
        for letter in letters:
            if letter.stage is not Stage.WRITE:
                by_source.setdefault(letter.source, []).append(letter)
        for source, theirs in by_source.items():
            self._hand_back(source, theirs)

    def _hand_back(self, source: str, letters: Sequence[DeadLetter]) -> None:
        address = self._sources.get(source)
        if address is None or not address.tell(Replay(letters)):
            self.log.warning("nobody to replay to", extra={"source": source, "letters": len(letters)})

    def _look(self) -> None:
        self._contents = self._journal.contents()
        for loss in self._journal.losses():
            self.log.error("journal damaged", extra={"loss": loss})

    def _tell_writers(self) -> None:
        for writer in self._writers.values():
            writer.tell(Waiting())

    # Gaps

    def _mind_gaps(self, message: Any) -> None:
        match message:
            case CheckpointWanted():
                self._hass.tell(Checkpoint(self._journal.checkpoint()))
            case Covered():
                self._covered = message.until
            case Missed():
                self._record(message.gap)
            case GapFilled():
                self._fill(message.gap)
            case GapsWanted():
                self._tell_historian()

    def _record(self, missed: Gap) -> None:
        """Put it on record, where it is not yet; an open gap that it goes on from becomes longer."""
        gaps = self._journal.open_gaps()
        if not any(each.start <= missed.start and missed.end <= each.end for each in gaps):
            gap = absorbed(gaps, missed)
            write = self._journal.update_gap if gap.number else self._journal.add_gap
            write(gap)
            self.log.warning("gap", extra={"cause": gap.cause, "seconds": (gap.end - gap.start) / 1_000_000})
        self._hass.tell(GapRecorded(missed))
        self._tell_historian()

    def _fill(self, told: Gap) -> None:
        """Note how far an open gap has come; it may have become longer meanwhile."""
        for gap in self._journal.open_gaps():
            if (gap.number, gap.start) == (told.number, told.start):
                self._journal.update_gap(progressed(gap, told))
        self._tell_historian()

    def _tell_historian(self) -> None:
        self._historian.tell(GapsOpen(self._journal.open_gaps()))

    def _cover(self) -> None:
        if self._covered is not None:
            self._journal.cover(self._covered)
            self._covered = None

    # State

    def _attempt(self, action: Callable[[], None], *, heals: bool = True) -> str:
        """Do it; the reason why the disk cannot, "" when it can. Reading does not show that writing works."""
        try:
            with self.post.call:
                action()
        except Unavailable as error:
            self._note(str(error))
        else:
            if not heals:
                return ""
            self._note("")
        return self.reason

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self.reason:
            self.log.error("journal in trouble", extra={"reason": trouble})
        if self.reason and not trouble:
            self.log.info("journal recovered")
        self.reason = trouble
        self.state = ChildState.DEGRADED if trouble else ChildState.UP

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            self.actor_ref.tell(Wake())
