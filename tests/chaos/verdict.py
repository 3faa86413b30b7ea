"""What became of everything that was sent."""

from typing import NamedTuple

from tests.chaos.arrivals import Arrivals
from tests.chaos.recorder import remembered
from tests.chaos.roads import Road
from tests.chaos.world import World


class Fate(NamedTuple):
    """The numbers of a road at the end, in one sink.

    `forgotten`: Home Assistant acknowledged them and lost them itself, when it was killed. `late`: they are there a second
    time, at another one than Home Assistant's, for its statestream told them late and without their time.
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
            parts.append(f"{len(self.late)} besides at another time, told late without their own")
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
    late = more if road.entities else set()
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
