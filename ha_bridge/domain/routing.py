"""Which sink gets which points of an event."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import Batch, Event, StateEvent
from ha_bridge.domain.points import Point


class Wants(Protocol):
    """Decides whether an event is wanted (selection.py)."""

    def wants(self, event: Event) -> bool: ...


class Outlet(msgspec.Struct, frozen=True):
    """A sink as the filter sees it. `bit` is its place in the debts, a power of two."""

    name: str
    bit: int
    selection: Wants
    layout: GuardedLayout


class Points(msgspec.Struct, frozen=True, gc=False):
    """Points for one sink: `points[i]` came from the event `seqs[i]` of `source`, those of one event side by side."""

    source: str
    seqs: Sequence[int]
    points: Sequence[Point]
    resent: bool = False
    urgent: bool = False


class Routed(msgspec.Struct, frozen=True):
    """Points by sink name, the sinks (bits) that owe an answer by seq, and the seqs nobody wanted."""

    points: Mapping[str, Points]
    owing: Mapping[int, int]
    filtered: Sequence[int]


class Router:
    """Applies the common selection, then each outlet's selection and layout.

    Events of a road that carries no attributes borrow the latest known ones of their entity, so that a change has
    the same series whichever road brought it.
    """

    def __init__(self, selection: Wants, outlets: Sequence[Outlet]) -> None:
        self._known: dict[str, Mapping[str, object]] = {}
        self.reconfigure(selection, outlets)

    def reconfigure(self, selection: Wants, outlets: Sequence[Outlet]) -> None:
        self._selection = selection
        self.outlets = tuple(outlets)

    def route(self, batch: Batch) -> Routed:
        wants = self._selection.wants
        wanted = [
            (seq, self._informed(event))
            for seq, event in zip(batch.seqs, batch.events, strict=True)
            if wants(event)
        ]
        points = {outlet.name: _points(outlet, batch, wanted) for outlet in self.outlets}
        owing = _owing((outlet.bit, points[outlet.name].seqs) for outlet in self.outlets)
        filtered = [seq for seq in batch.seqs if seq not in owing]
        return Routed({name: each for name, each in points.items() if each.points}, owing, filtered)

    def _informed(self, event: Event) -> Event:
        if not isinstance(event, StateEvent):
            return event
        if event.attributes is not None:
            self._known[event.entity_id] = event.attributes
            return event
        known = self._known.get(event.entity_id)
        return event if known is None else msgspec.structs.replace(event, attributes=known)


def _points(outlet: Outlet, batch: Batch, wanted: Sequence[tuple[int, Event]]) -> Points:
    wants, shape = outlet.selection.wants, outlet.layout.points
    seqs: list[int] = []
    points: list[Point] = []
    for seq, event in wanted:
        if wants(event):
            for point in shape(event):
                seqs.append(seq)
                points.append(point)
    return Points(batch.source, seqs, points, batch.resent, batch.urgent)


def _owing(told: Iterable[tuple[int, Sequence[int]]]) -> dict[int, int]:
    """Gather the bits of the sinks that get points, by seq."""
    owing: dict[int, int] = {}
    for bit, seqs in told:
        if owing:
            owing |= {seq: owing.get(seq, 0) | bit for seq in seqs}
        else:
            owing = dict.fromkeys(seqs, bit)
    return owing
