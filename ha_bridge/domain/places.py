"""What goes to which place of a sink."""

from collections.abc import Sequence

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.routing import Wants
from ha_bridge.domain.selection import Patterns, Selection
from ha_bridge.domain.selectors import Zone
from ha_bridge.domain.selectors.patterns import OF_ENTITIES


class Pick:
    """Wants only what its includes name: a selection by itself is generous where nothing is said."""

    def __init__(
        self, include: Patterns, exclude: Patterns, registry: Registry | None = None, zone: Zone = None
    ) -> None:
        self._selection = Selection(include, exclude, registry, zone)
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


class Placed:
    """What a sink wants in one of its places: what `pick` names, all where it is None, and no place before has taken."""

    def __init__(self, sink: Wants, pick: Pick | None, before: Sequence[Pick]) -> None:
        self._sink = sink
        self._pick = pick
        self._before = tuple(before)

    def wants(self, event: Event) -> bool:
        if self._pick and not self._pick.wants(event):
            return False
        return self._sink.wants(event) and not any(pick.wants(event) for pick in self._before)
