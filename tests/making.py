"""Small makers of domain objects, and a clock that stands still until it is told."""

from collections.abc import Mapping, Sequence
from typing import Any

from ha_bridge.domain.events import Batch, Event, StateEvent
from ha_bridge.domain.points import Point, Series

SECOND = 1_000_000


class ManualClock:
    """Fulfils ports.Clock; both clocks move together."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def micros(self) -> int:
        return round(self.now * SECOND)


def state(
    entity_id: str = "sensor.a",
    value: str | None = "1",
    time: int = 1,
    *,
    attributes: Mapping[str, Any] | None = None,
    timed: bool = True,
    retained: bool = False,
) -> StateEvent:
    return StateEvent(time, entity_id, value, attributes, timed=timed, retained=retained)


def batch(events: Sequence[Event], source: str = "ws", first: int = 0) -> Batch:
    return Batch(source, range(first, first + len(events)), events)


def point(time: int = 1, value: float = 1.0, measurement: str = "m") -> Point:
    return Point(Series(measurement, {}), {"value": value}, time)
