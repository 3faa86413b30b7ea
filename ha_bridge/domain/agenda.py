"""Which gap is to be filled next."""

from collections.abc import Iterable

from ha_bridge.domain.gaps import progressed
from ha_bridge.domain.records import Gap

Key = tuple[int, int]


class Agenda:
    """The open gaps, oldest first, each to be filled `delay` seconds after it was told with that end.

    `now` is monotonic seconds. What was told as open and is filled already, because the telling crossed ours or ours was
    lost, is not filled again.
    """

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._open: dict[Key, Gap] = {}
        self._due: dict[tuple[Key, int], float] = {}
        self._done: dict[Key, Gap] = {}

    @property
    def unconfirmed(self) -> bool:
        """Whether it has not been heard yet that a gap which is filled is open no more."""
        return bool(self._done)

    def told(self, gaps: Iterable[Gap], now: float) -> list[Gap]:
        """These are the open gaps; returns those that are filled, to be told of again."""
        open_gaps = {_key(gap): gap for gap in gaps}
        self._done = {key: gap for key, gap in self._done.items() if key in open_gaps}
        again = [gap for key, gap in self._done.items() if gap.end >= open_gaps[key].end]
        for gap in again:
            del open_gaps[_key(gap)]
        self._open = open_gaps
        ends = ((key, gap.end) for key, gap in open_gaps.items())
        self._due = {each: self._due.get(each, now + self._delay) for each in ends}
        return again

    def next(self, now: float) -> Gap | None:
        """The gap to fill."""
        due = (gap for key, gap in self._open.items() if now >= self._due[key, gap.end])
        return next(due, None)

    def filled(self, gap: Gap) -> None:
        """This one is closed, unless it has become longer meanwhile."""
        key = _key(gap)
        self._done[key] = gap
        kept = progressed(self._open.pop(key, gap), gap)
        if not kept.closed:
            self._open[key] = kept


def _key(gap: Gap) -> Key:
    return gap.number, gap.start
