"""Repeating what has not changed, so that graphs have no holes.

A repeat has the time of a full interval of the clock (with "10m": 12:00, 12:10 and so on), whenever it is made. Its point
is therefore the same one however often it is written, before and after a crash too, and no sink ever has two.
"""

from collections.abc import Collection, Mapping

import msgspec

from ha_bridge.domain.events import HISTORY, StateEvent
from ha_bridge.domain.layouts.memory import remember
from ha_bridge.domain.layouts.words import NO_STATE

GRACE = 3_000_000
"""Microseconds that a change may take to come, if nobody says otherwise."""


class _Pulse(msgspec.Struct):
    """What is to be repeated of an entity, and who told it.

    `events`: the latest, and before it the last of each interval whose end is still to be repeated.
    """

    events: list[StateEvent]
    source: str

    def at(self, time: int) -> StateEvent:
        """What held then; nobody will ask for an earlier time."""
        while len(self.events) > 1 and self.events[1].time <= time:
            del self.events[0]
        return self.events[0]


class _Interval:
    """The entities with one interval. `next`: the time of the next repeat, in microseconds."""

    def __init__(self) -> None:
        self.next = 0
        self.pulses: dict[str, _Pulse] = {}


class Heartbeats:
    """An event costs an entry in a dict, and a tick nothing until an interval is full.

    What history tells is past and not repeated. While a source is down, nothing that it told is: it may long have
    changed. A repeat waits for `grace` microseconds, longer than an event without a time does for its twin.
    """

    def __init__(self, grace: int = GRACE) -> None:
        self._grace = grace
        self.intervals: dict[int, _Interval] = {}
        self.down: frozenset[str] = frozenset()
        self.up_since: dict[str, int] = {}

    def roads(self, now: int, down: Collection[str]) -> None:
        """Which sources are down."""
        self.up_since |= dict.fromkeys(self.down.difference(down), now)
        self.down = frozenset(down)

    def note(self, source: str, seconds: float, event: StateEvent) -> None:
        """An event whose entity is to be repeated; one that is older than the latest changes nothing."""
        if source == HISTORY:
            return
        micros = round(seconds * 1_000_000)
        for other, interval in self.intervals.items():
            if other != micros:
                interval.pulses.pop(event.entity_id, None)
        pulses = self.intervals.setdefault(micros, _Interval()).pulses
        known = pulses.get(event.entity_id)
        if known is None:
            remember(pulses, event.entity_id, _Pulse([event], source))
        elif event.time >= known.events[-1].time:
            if (event.time - 1) // micros == (known.events[-1].time - 1) // micros:
                known.events.pop()  # an interval ends with its last microsecond, which may have a point of its own
            known.events.append(event)
            known.source = source

    def forget(self, entity_id: str) -> None:
        """An entity is not to be repeated."""
        for interval in self.intervals.values():
            interval.pulses.pop(entity_id, None)

    def noted(self) -> list[tuple[str, StateEvent]]:
        """All that is to be repeated, with its source."""
        return [
            (pulse.source, event)
            for interval in self.intervals.values()
            for pulse in interval.pulses.values()
            for event in pulse.events
        ]

    def inherit(self, before: "Heartbeats") -> None:
        """Go on where others have been: with the same sources up, at the same place in each interval."""
        self.down, self.up_since = before.down, before.up_since
        for micros, interval in self.intervals.items():
            if micros in before.intervals:
                interval.next = before.intervals[micros].next

    def due(self, now: int) -> list[StateEvent]:
        """What is to be repeated now; after a pause only the latest full interval is."""
        repeats: list[StateEvent] = []
        for micros, interval in self.intervals.items():
            if now >= interval.next + self._grace:
                full = (now - self._grace) // micros * micros
                if interval.next:
                    repeats += self._at(full, interval.pulses)
                interval.next = full + micros
        return repeats

    def _at(self, time: int, pulses: Mapping[str, _Pulse]) -> list[StateEvent]:
        held = ((pulse.at(time), pulse) for pulse in pulses.values())
        return [
            msgspec.structs.replace(event, time=time, previous=event.state)
            for event, pulse in held
            if event.time < time and event.state not in NO_STATE and self._is_known(time, pulse)
        ]

    def _is_known(self, time: int, pulse: _Pulse) -> bool:
        return pulse.source not in self.down and self.up_since.get(pulse.source, 0) <= time
