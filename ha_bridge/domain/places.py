"""What goes to which place of a sink."""

from collections.abc import Sequence

from ha_bridge.domain.events import BusEvent, Event, StateEvent
from ha_bridge.domain.routing import Wants
from ha_bridge.domain.selection import Patterns, Selection


class Pick:
    """Wants only what its includes name: a selection by itself is generous where nothing is said."""

    def __init__(self, include: Patterns, exclude: Patterns) -> None:
        self._selection = Selection(include, exclude)
        self._kinds = tuple(
            kind
            for kind, named in (
                (StateEvent, include.domains or include.entities),
                (BusEvent, include.event_types),
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
