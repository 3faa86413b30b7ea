"""What goes to which place of a sink."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.selection import REMEMBERED, Patterns, Selection
from ha_bridge.domain.selectors import Zone
from ha_bridge.domain.selectors.patterns import OF_ENTITIES

NOWHERE = -1


class Pick:
    """Wants only what its includes name: a selection by itself is generous where nothing is said."""

    def __init__(
        self, include: Patterns, exclude: Patterns, registry: Registry | None = None, zone: Zone = None
    ) -> None:
        self._selection = Selection(include, exclude, registry, zone)
        self.steady = self._selection.steady
        self._kinds = tuple(
            kind
            for kind, named in (
                (StateEvent, any(getattr(include, key) for key in OF_ENTITIES)),
                (BusEvent, include.event_types),
                (Reading, include.measurements),
            )
            if named
        )

    def wants(self, event: Event) -> bool:
        return isinstance(event, self._kinds) and self._selection.wants(event)


class _Known(msgspec.Struct):
    """The place of an entity with these attributes and this registry entry."""

    attributes: Mapping[str, Any] | None
    registered: Registered
    number: int


class Sorting:
    """Gives each event that a sink wants the place of the first pick that wants it, by its number; the last is all the rest's.

    It is worked out once for an entity as it is, however many places there are.
    """

    def __init__(self, sink: Selection, picks: Sequence[Pick], registry: Registry | None = None) -> None:
        self._sink = sink
        self._picks = tuple(picks)
        self._registry = registry or Registry()
        self._steady = sink.steady and all(pick.steady for pick in picks)
        self._known: dict[str, _Known] = {}

    def place(self, event: Event) -> int:
        """NOWHERE for what the sink does not want."""
        if not self._steady or not isinstance(event, StateEvent):
            return self._sorted(event)
        known = self._known.get(event.entity_id)
        registered = self._registry.of(event.entity_id)
        if known is None or known.attributes is not event.attributes or known.registered is not registered:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = _Known(event.attributes, registered, self._sorted(event))
            self._known[event.entity_id] = known
        return known.number

    def _sorted(self, event: Event) -> int:
        if not self._sink.wants(event):
            return NOWHERE
        wanting = (number for number, pick in enumerate(self._picks) if pick.wants(event))
        return next(wanting, len(self._picks))


class Placed:
    """Wants what a sink's sorting gives to the place of that number."""

    def __init__(self, sorting: Sorting, number: int) -> None:
        self._place = sorting.place
        self._number = number

    def wants(self, event: Event) -> bool:
        return self._place(event) == self._number
