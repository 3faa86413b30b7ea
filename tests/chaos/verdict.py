"""What became of everything that was sent."""

from itertools import pairwise
from typing import NamedTuple

from tests.chaos.arrivals import Arrivals
from tests.chaos.recorder import remembered
from tests.chaos.roads import Road
from tests.chaos.world import World

WINDOW_NS = 5_000_000_000
"""The default of dedup.window."""


class Fate(NamedTuple):
    """The numbers of a road at the end, in one sink.

    `forgotten`: Home Assistant acknowledged them and lost them itself, when it was killed. `late`: they are there a second
    time because its statestream told them after their time and without it, which is not promised to be noticed.
    """

    sink: str
    road: Road
    due: frozenset[int]
    arrived: frozenset[int]
    dead: frozenset[int]
    forgotten: frozenset[int]
    twice: frozenset[int]
    late: frozenset[int] = frozenset()

    def __str__(self) -> str:
        parts = [f"{self.name}: {len(self.road.book.sent)} sent, {len(self.due)} acknowledged"]
        parts += [
            f"{len(self.dead & self.due)} dead letters",
            f"{len(self.lost)} lost",
            f"{len(self.twice)} more than once",
        ]
        if self.forgotten:
            parts.append(f"{len(self.forgotten)} forgotten by Home Assistant itself")
        if self.late:
            parts.append(f"{len(self.late)} told late and without a time besides")
        return ", ".join(parts)

    @property
    def name(self) -> str:
        return f"{self.road.name}, in {self.sink}"

    @property
    def lost(self) -> frozenset[int]:
        return self.due - self.arrived - self.dead - self.forgotten


def fates(world: World) -> list[Fate]:
    return [
        _fate(world, sink, arrivals, road)
        for sink, arrivals in world.arrivals.items()
        for road in world.roads
    ]


def _fate(world: World, sink: str, arrivals: Arrivals, road: Road) -> Fate:
    times = arrivals.times(road)
    due = frozenset(road.book.due)
    dead = frozenset(world.dead(sink, road))
    missing = due - times.keys() - dead
    known = missing
    if missing and road.entities:
        known = missing & remembered(world.hass.directory, road.entities)
    more = {number for number, points in times.items() if len(points) > 1}
    late = {number for number in more if road.entities and _apart(times[number]) > WINDOW_NS}
    return Fate(
        sink,
        road,
        due,
        arrived=frozenset(times),
        dead=dead,
        forgotten=missing - known,
        twice=frozenset(more - late),
        late=frozenset(late),
    )


def _apart(times: list[int]) -> int:
    """The least time between two of them."""
    return min(later - earlier for earlier, later in pairwise(times))
