"""The end of a run: everything is mended, nobody sends, and the bridge brings home what it has."""

import time

from tests.chaos.world import World
from tests.waiting import wait_for

PATIENCE = 120.0
QUIET = 20.0
"""Seconds in which nothing more has arrived: what is missing then will not come."""
LOOK_SECONDS = 0.5


def settle(world: World) -> None:
    """Return when all has arrived that will."""
    world.mqtt.pause()
    world.states.pause()
    wait_for(lambda: not world.mqtt.unanswered, PATIENCE, "the broker to acknowledge what was sent last")
    _wait_for_arrivals(world)
    world.wait_filled()
    world.wait_drained()
    world.wait_at_rest(*world.sources)
    world.look_at_dead_letters()


def _wait_for_arrivals(world: World) -> None:
    missing, since = -1, time.monotonic()
    while missing and time.monotonic() < since + QUIET:
        now = sum(
            len(arrivals.missing(road, road.book.due))
            for arrivals in world.arrivals.values()
            for road in world.roads
        )
        if now != missing:
            missing, since = now, time.monotonic()
        world.hold(LOOK_SECONDS)
