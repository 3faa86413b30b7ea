"""Which events are wanted at all: include and exclude as Home Assistant's own filters understand them, and more."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.registry import UNREGISTERED, Registered, Registry
from ha_bridge.domain.selectors import Patterns, Zone
from ha_bridge.domain.selectors.moments import Moments
from ha_bridge.domain.selectors.patterns import is_pattern, matcher
from ha_bridge.domain.selectors.traits import Entity, traits

__all__ = ["REMEMBERED", "Patterns", "Selection"]

REMEMBERED = 65_536
_NOTHING: Mapping[str, Any] = {}
_BOTH = (True, True)


class _Verdict(NamedTuple):
    """`reason` says what decided, in words for people."""

    wanted: bool
    reason: str


class _Step(NamedTuple):
    """One selector of one side: whether it names an entity, and what becomes of those that it names."""

    wanted: bool
    key: str
    names: Callable[[Entity], bool]


class _Known(msgspec.Struct):
    """What was decided about an entity with these attributes and this registry entry, by which sides hold."""

    attributes: Mapping[str, Any] | None
    registered: Registered
    verdicts: dict[tuple[bool, bool], _Verdict]


class Selection:
    """Decides by entity for states, by event type for events of the bus, by measurement for readings.

    Entities follow `generate_filter` of Home Assistant's `helpers/entityfilter.py`: the first that names the entity
    decides of include by id, exclude by id, include by glob or regex, exclude by glob or regex, include by domain, exclude
    by domain. What the entity is (its area, unit and so on) stands between globs and domains; there exclude comes first,
    because an area and a device class cut across one another and who names both wants the one without the other.

    Event types and measurements are matters of their own: wanted when an include names them or none names any, and no
    exclude does. Times and weekdays say when their side holds; a side that has nothing else names everything then.

    `steady`: what is decided of an entity holds as long as its attributes and its registry entry.
    """

    def __init__(
        self, include: Patterns, exclude: Patterns, registry: Registry | None = None, zone: Zone = None
    ) -> None:
        self._registry = registry or Registry()
        self._include, self._exclude = _Side(include, zone), _Side(exclude, zone)
        self._steps = _steps(self._include, self._exclude)
        self._otherwise = _otherwise(self._include, self._exclude)
        sides = (self._include, self._exclude)
        self._timeless = not any(side.moments for side in sides)
        self._by_id_alone = self._timeless and not any(side.traits for side in sides)
        self.steady = not (self._include.moments or self._exclude.moments)
        self._by_id = lru_cache(REMEMBERED)(self._wants_id)
        self._known: dict[str, _Known] = {}

    def wants(self, event: Event) -> bool:
        if isinstance(event, StateEvent):
            if self._by_id_alone:
                return self._by_id(event.entity_id)
            if self._timeless:
                return self._entity(event, _BOTH).wanted
        return self.verdict(event).wanted

    def verdict(self, event: Event) -> _Verdict:
        """Whether an event is wanted, and why. The attributes of a state are those that hold then, or None."""
        include_holds = self._include.moments.hold(event.time)
        exclude_holds = self._exclude.moments.hold(event.time)
        if self._include.moments and self._include.names_nothing and not include_holds:
            return _Verdict(wanted=False, reason="not at the times that are included")
        if self._exclude.moments and self._exclude.names_nothing and exclude_holds:
            return _Verdict(wanted=False, reason="at a time that is excluded")
        if isinstance(event, StateEvent):
            return self._entity(event, (include_holds, exclude_holds))
        if isinstance(event, BusEvent):
            return self._named("event_types", event.event_type, include_holds, exclude_holds)
        if isinstance(event, Reading):
            return self._named("measurements", event.measurement, include_holds, exclude_holds)
        return _Verdict(wanted=True, reason="")

    def _wants_id(self, entity_id: str) -> bool:
        return self._decide(Entity(entity_id, _NOTHING, UNREGISTERED), _BOTH).wanted

    def _entity(self, event: StateEvent, holding: tuple[bool, bool]) -> _Verdict:
        """Decide for an entity; `holding`: whether include and exclude hold at that time."""
        known = self._known.get(event.entity_id)
        registered = self._registry.of(event.entity_id)
        if known is None or known.attributes is not event.attributes or known.registered is not registered:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[event.entity_id] = _Known(event.attributes, registered, {})
        verdict = known.verdicts.get(holding)
        if verdict is None:
            entity = Entity(event.entity_id, event.attributes or _NOTHING, registered)
            verdict = known.verdicts[holding] = self._decide(entity, holding)
        return verdict

    def _decide(self, entity: Entity, holding: tuple[bool, bool]) -> _Verdict:
        include_holds, exclude_holds = holding
        for wanted, key, names in self._steps:
            if (include_holds if wanted else exclude_holds) and names(entity):
                return _Verdict(wanted, f"{'included' if wanted else 'excluded'} by {key}")
        return _Verdict(self._otherwise, "" if self._otherwise else "nothing includes it")

    def _named(self, key: str, name: str, include_holds: bool, exclude_holds: bool) -> _Verdict:
        """Decide by name; what times limit is what an include or an exclude says."""
        if exclude_holds and self._exclude.names[key](name):
            return _Verdict(wanted=False, reason=f"excluded by {key}")
        if not self._include.has[key]:
            return _Verdict(wanted=True, reason="")
        if include_holds and self._include.names[key](name):
            return _Verdict(wanted=True, reason=f"included by {key}")
        return _Verdict(wanted=False, reason="nothing includes it")


class _Side:
    """One side of a selection, compiled."""

    def __init__(self, patterns: Patterns, zone: Zone) -> None:
        self.moments = Moments(patterns, zone)
        self.traits = traits(patterns)
        self.domains = frozenset(patterns.domains)
        self.ids = frozenset(name for name in patterns.entities if not is_pattern(name))
        globs = [name for name in patterns.entities if is_pattern(name)]
        self.matches = matcher(globs)
        self.broad = bool(globs or self.domains or self.traits)
        self.has = {"event_types": patterns.event_types, "measurements": patterns.measurements}
        self.names = {key: matcher(names) for key, names in self.has.items()}
        self.names_nothing = not (self.broad or self.ids or any(self.has.values()))


def _steps(include: _Side, exclude: _Side) -> list[_Step]:
    """In the order in which they decide."""
    sides = ((True, include), (False, exclude))
    return [
        *(_Step(wanted, "entities", _by_id(side)) for wanted, side in sides if side.ids),
        *(_Step(wanted, "entities", _by_pattern(side)) for wanted, side in sides),
        *(
            _Step(wanted, key, trait)
            for wanted, side in reversed(sides)
            for key, trait in side.traits.items()
        ),
        *(_Step(wanted, "domains", _by_domain(side)) for wanted, side in sides if side.domains),
    ]


def _by_id(side: _Side) -> Callable[[Entity], bool]:
    return lambda entity: entity.entity_id in side.ids


def _by_pattern(side: _Side) -> Callable[[Entity], bool]:
    return lambda entity: side.matches(entity.entity_id)


def _by_domain(side: _Side) -> Callable[[Entity], bool]:
    return lambda entity: entity.domain in side.domains


def _otherwise(include: _Side, exclude: _Side) -> bool:
    """Whether an entity that nothing names is wanted: not as soon as includes say what is.

    Ids alone do not say it when domains or globs are excluded: then they are the exceptions.
    """
    return not include.broad and (exclude.broad or not include.ids)
