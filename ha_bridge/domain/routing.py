"""Which sink gets which points of an event."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import HEARTBEAT, HISTORY, HOME_ASSISTANT, Batch, Event, StateEvent
from ha_bridge.domain.points import Point
from ha_bridge.domain.rules import Rules
from ha_bridge.domain.rules.book import Told


class Wants(Protocol):
    """Decides whether an event is wanted (selection.py)."""

    def wants(self, event: Event) -> bool: ...


class Outlet(msgspec.Struct, frozen=True):
    """A sink, or a place within one, as the filter sees it. `bit` is its place in the debts, a power of two.

    `sink`: the name of the sink, where it is another.
    """

    name: str
    bit: int
    selection: Wants
    layout: GuardedLayout
    sink: str = ""


class Points(msgspec.Struct, frozen=True, gc=False):
    """Points for one sink: `points[i]` came from the event `seqs[i]` of `source`, those of one event side by side.

    `spare`: nobody waits for them, so a sink that does not keep up may do without.
    """

    source: str
    seqs: Sequence[int]
    points: Sequence[Point]
    resent: bool = False
    urgent: bool = False
    spare: bool = False


class Routed(msgspec.Struct, frozen=True):
    """Points by sink name, the sinks (bits) that owe an answer by seq, and the seqs nobody wanted."""

    points: Mapping[str, Points]
    owing: Mapping[int, int]
    filtered: Sequence[int]


class Routing(msgspec.Struct, frozen=True):
    """What a router goes by. The same rules object keeps what it remembers."""

    selection: Wants
    outlets: Sequence[Outlet]
    rules: Rules | None = None


class Router:
    """Applies the common selection and the rules, then each outlet's selection and layout.

    Selections and the matches of rules see the event as it came. Events of a road that carries no attributes borrow the
    latest known ones of their entity, so that a change has the same series whichever road brought it.

    `latest`, asked from the thread that routes, gives what Home Assistant has last told of each entity.
    """

    def __init__(self, routing: Routing, latest: Callable[[], Iterable[StateEvent]] = tuple) -> None:
        self._latest = latest
        self._known: dict[str, Mapping[str, object]] = {}
        self._roads: tuple[int, Collection[str]] | None = None
        self.rules: Rules | None = None
        self._asked_for = routing
        self._take(routing)

    def ask_for(self, routing: Routing) -> None:
        """Leave another routing here, from any thread; `renew` takes it over."""
        self._asked_for = routing

    def renew(self) -> bool:
        """Take over what was asked for, from the next batch on; whether that is another."""
        asked = self._asked_for
        if asked is self._routing:
            return False
        self._take(asked)
        return True

    def _take(self, routing: Routing) -> None:
        self._routing = routing
        before, self.rules = self.rules, routing.rules
        self._selection = routing.selection
        self.outlets = tuple(routing.outlets)
        if self.rules is None or self.rules is before:
            return
        if self._roads:
            self.rules.heartbeats.roads(*self._roads)
        if before:
            self.rules.inherit(before)
        self.rules.meet(HOME_ASSISTANT, self._latest())

    def route(self, batch: Batch) -> Routed:
        wants = self._selection.wants
        informed = map(self._recalled if batch.source == HISTORY else self._informed, batch.events)
        told: list[Told] = [
            (seq, event, None) for seq, event in zip(batch.seqs, informed, strict=True) if wants(event)
        ]
        if self.rules:
            told = self.rules.apply(batch, told)
        points = {outlet.name: _points(outlet, batch, told) for outlet in self.outlets}
        owing = _owing((outlet.bit, points[outlet.name].seqs) for outlet in self.outlets)
        filtered = [seq for seq in batch.seqs if seq not in owing]
        return Routed({name: each for name, each in points.items() if each.points}, owing, filtered)

    def repeats(self, now: int) -> Mapping[str, Points]:
        """The points, by sink, that are due to be repeated; `now` in microseconds since the epoch."""
        due = self.rules.heartbeats.due(now) if self.rules else []
        try:
            return self._repeated(due)
        except Exception:  # noqa: BLE001 - which event it was is found out one by one
            return self._repeated([event for event in due if self._is_sound(event)])

    def _repeated(self, due: Sequence[StateEvent]) -> Mapping[str, Points]:
        repeat = self.rules.repeat if self.rules else None
        told: list[Told] = [
            (number, event, shaped)
            for number, event in enumerate(due)
            if repeat and self._selection.wants(event) and (shaped := repeat(event))
        ]
        batch = Batch(HEARTBEAT, (), ())
        points = {outlet.name: _points(outlet, batch, told, spare=True) for outlet in self.outlets if told}
        return {name: each for name, each in points.items() if each.points}

    def _is_sound(self, event: StateEvent) -> bool:
        """Whether it can be repeated; what cannot was a dead letter when it came, and is repeated no more."""
        try:
            self._repeated([event])
        except Exception:  # noqa: BLE001 - as with any other event
            assert self.rules is not None  # noqa: S101 - nothing else is repeated
            self.rules.heartbeats.forget(event.entity_id)
            return False
        return True

    def roads(self, now: int, down: Collection[str]) -> None:
        """Which sources are down; `now` as in `repeats`."""
        self._roads = (now, down)
        if self.rules:
            self.rules.heartbeats.roads(now, down)

    def _informed(self, event: Event) -> Event:
        if isinstance(event, StateEvent) and event.attributes is not None:
            self._known[event.entity_id] = event.attributes
            return event
        return self._recalled(event)

    def _recalled(self, event: Event) -> Event:
        if not isinstance(event, StateEvent) or event.attributes is not None:
            return event
        known = self._known.get(event.entity_id)
        return event if known is None else msgspec.structs.replace(event, attributes=known)


def _points(outlet: Outlet, batch: Batch, told: Sequence[Told], *, spare: bool = False) -> Points:
    wants, shape, sink = outlet.selection.wants, outlet.layout.points, outlet.sink or outlet.name
    seqs: list[int] = []
    points: list[Point] = []
    for seq, event, shaped in told:
        if wants(event):
            if shaped is None:
                made = shape(event)
            elif shaped.is_for(sink):
                made = shape(shaped.event, shaped.reshape if shaped.recipe.reshape else None)
            else:
                continue
            for point in made:
                seqs.append(seq)
                points.append(point)
    outlet.layout.look(points)
    return Points(batch.source, seqs, points, batch.resent, batch.urgent, spare)


def _owing(told: Iterable[tuple[int, Sequence[int]]]) -> dict[int, int]:
    """Gather the bits of the sinks that get points, by seq."""
    owing: dict[int, int] = {}
    for bit, seqs in told:
        if owing:
            owing |= {seq: owing.get(seq, 0) | bit for seq in seqs}
        else:
            owing = dict.fromkeys(seqs, bit)
    return owing
