"""What the WebSocket road has seen, told by Home Assistant's own clock, so that ours may differ from it."""

from collections.abc import Iterable, Iterator, Sequence

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.records import Gap
from ha_bridge.domain.shedding import Shedding

NOT_RUNNING = "the bridge was not running"
NOT_CONNECTED = "no connection to Home Assistant"
SHED = "more events than the sinks could take"


class Coverage:
    """Outlives connections. Times are microseconds by Home Assistant's clock, `now` is monotonic seconds.

    `missed` are gaps that are not on record yet; whoever puts them there says so with `recorded`.

    A loss of sight begins at the newest time seen. What ends it is the first states heard on the new connection: HA's
    snapshot, which is atomic with the subscription, or the first change where the subscription has no snapshot.
    Whatever happened unseen has a time up to the newest of these, but for the removal of an entity, of which a
    snapshot keeps no time: where one may be gone, the change heard next ends the loss.
    """

    def __init__(self) -> None:
        self.missed: list[Gap] = []
        self.begun = False
        self._newest = 0
        self._floor = 0  # everything up to here was settled once: a checkpoint does not go back behind it
        self._lost_since: int | None = 0  # None: nothing is being missed; 0: nothing was ever seen
        self._cause = NOT_RUNNING
        self._fresh = True
        self._vanished = False  # and no change has been heard since
        self._shedding = Shedding()

    def begin(self, checkpoint: int) -> None:
        """Go on from where the process before had come, 0 when there was none. Only the first call counts."""
        if not self.begun:
            self.begun = True
            self._floor = self._lost_since = checkpoint
            self._regain()

    def connected(self) -> None:
        """A connection is being made, and has heard nothing yet."""
        self._fresh = True
        if self._lost_since is None:
            self._lost_since, self._cause = self._newest, NOT_CONNECTED

    def heard(self, events: Sequence[Event], *, vanished: bool = False) -> None:
        """Take what the connection has heard. `vanished`: an entity may be gone since before its snapshot."""
        if self._lost_since is None:
            self._newest = next(_times(reversed(events)), self._newest)
        elif newest := max(_times(events), default=0):
            self._newest = newest
            self._vanished = self._fresh and (vanished or self._vanished)
            self._fresh = False
            self._regain()

    def shed(self, events: Iterable[Event], now: float) -> None:
        """These were heard and could not be taken in. States of a snapshot that were stored before are no loss."""
        if times := [time for time in _times(events) if time > self._floor]:
            self._shedding.add(times, now)

    def tick(self, now: float) -> None:
        """Time has passed: an episode of shedding may be over."""
        if piece := self._shedding.due(now):
            self._miss(*piece, SHED)

    def recorded(self, gap: Gap) -> None:
        """This is on record, and so is every missed gap within it."""
        self.missed = [each for each in self.missed if not gap.start <= each.start <= each.end <= gap.end]

    def checkpoint(self, oldest_unsettled: int | None) -> int:
        """Up to here everything is settled, or in a gap on record; 0 while that cannot be said.

        `oldest_unsettled`: the time of the first event taken in and not settled. What is only in memory is lost with the
        process, so it has to be in the gap that the next process finds. That event may be a state of a snapshot, and
        older than what was settled long ago; it was then settled itself.
        """
        if not self.begun:
            return 0
        most = min(self._open_ends(), default=self._newest)
        least = most if oldest_unsettled is None else oldest_unsettled - 1
        self._floor = min(most, max(self._floor, least))
        return self._floor

    def _open_ends(self) -> Iterator[int]:
        """After each of these something is missing that is not on record."""
        if self._lost_since is not None:
            yield self._lost_since
        if self._shedding.unsaid is not None:
            yield self._shedding.unsaid
        for gap in self.missed:
            yield gap.start

    def _regain(self) -> None:
        """End the loss with the newest time heard, if anything has been heard."""
        since, until = self._lost_since, self._newest
        if not self.begun or since is None or not until:
            return
        if not since:
            self._floor = until
        elif until > since:
            self._miss(since, until, self._cause)
        self._vanished = self._vanished and since > 0
        self._lost_since = max(since, until) if self._vanished else None

    def _miss(self, start: int, end: int, cause: str) -> None:
        self.missed.append(Gap(start, end, cause, filled=start))


def _times(events: Iterable[Event]) -> Iterator[int]:
    return (event.time for event in events if isinstance(event, StateEvent) and event.timed)
