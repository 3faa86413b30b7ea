"""A run: step after step, each followed until the bridge is live again."""

import time
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from tests.chaos.arrivals import Arrivals
from tests.chaos.catalogue import FAULTS
from tests.chaos.faults import Network
from tests.chaos.roads import Road
from tests.chaos.schedule import Step, rounds
from tests.chaos.world import World

PATIENCE = 60.0
"""Seconds in which the bridge has to be live again."""
LOOK_SECONDS = 0.1


class Struck(NamedTuple):
    """A step that was played, from one moment to another. `recovery` in seconds, None where it was waited for in vain."""

    step: Step
    start: float
    over: float
    recovery: float | None

    def __str__(self) -> str:
        recovery = "did not recover" if self.recovery is None else f"live again after {self.recovery:.2f} s"
        return f"{self.step}: took {self.over - self.start:.2f} s, {recovery}"


def steps(seed: int, minutes: float) -> Iterator[Step]:
    """One round, and more as long as the time is not up."""
    until = time.monotonic() + 60 * minutes
    endless = rounds(seed)
    yield from next(endless)
    for step in chain.from_iterable(endless):
        if time.monotonic() >= until:
            return
        yield step


def play(world: World, schedule: Iterable[Step]) -> Iterator[Struck]:
    for step in schedule:
        world.hold(step.calm)
        assert world.bridge.running, f"{world.bridge} has ended by itself"
        yield _strike(world, step)


def _strike(world: World, step: Step) -> Struck:
    fault = FAULTS[step.kind](world, step)
    besides = Network(world, step._replace(kind=step.besides, leg=step.besides_leg)) if step.besides else None
    start = time.monotonic()
    if besides:
        besides.strike()
    fault.strike()
    world.hold(step.seconds)
    over = fault.mend()
    if besides:
        over = besides.mend()
    return Struck(step, start, over, _recovery(world, over))


def _recovery(world: World, over: float) -> float | None:
    """Seconds from a moment until something that was sent after it is in every sink, on every road of good data."""
    waiting = [(arrivals, road) for arrivals in world.arrivals.values() for road in world.roads[:3]]
    while waiting and time.monotonic() < over + PATIENCE:
        waiting = [(arrivals, road) for arrivals, road in waiting if not _is_live(arrivals, road, over)]
        world.hold(LOOK_SECONDS)
    return None if waiting else time.monotonic() - over


def _is_live(arrivals: Arrivals, road: Road, since: float) -> bool:
    fresh = road.book.first_since(since)
    return fresh is not None and arrivals.newest(road) >= fresh
