"""Which events are wanted at all: include and exclude as Home Assistant's own filters understand them."""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import lru_cache

import msgspec

from ha_bridge.domain.events import BusEvent, Event, StateEvent

REMEMBERED = 65_536

_GLOB = re.compile(r"[*?\[]")


class Patterns(msgspec.Struct, frozen=True):
    """One side of a selection. `entities` are entity ids or globs; `event_types` names or globs."""

    domains: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()


class Selection:
    """Decides by entity for states, by event type for events of the bus; readings are always wanted.

    Entities follow `generate_filter` of Home Assistant's `helpers/entityfilter.py`. The first that names the entity
    decides: include by id, exclude by id, include by glob, exclude by glob, include by domain, exclude by domain.
    Event types are a matter of their own: wanted when an include names them or none names any, and no exclude does.
    """

    def __init__(self, include: Patterns, exclude: Patterns) -> None:
        self._wants_entity = lru_cache(REMEMBERED)(_entity_filter(include, exclude))
        self._wants_event_type = lru_cache(REMEMBERED)(_event_type_filter(include, exclude))

    def wants(self, event: Event) -> bool:
        if isinstance(event, StateEvent):
            return self._wants_entity(event.entity_id)
        if isinstance(event, BusEvent):
            return self._wants_event_type(event.event_type)
        return True


def _entity_filter(include: Patterns, exclude: Patterns) -> Callable[[str], bool]:
    included_ids, included_globs = _sorted_out(include.entities)
    excluded_ids, excluded_globs = _sorted_out(exclude.entities)
    broad_include = bool(included_globs or include.domains)
    broad_exclude = bool(excluded_globs or exclude.domains)
    # An entity that nothing names is left out as soon as includes say what is wanted. Ids alone do not say it when
    # domains or globs are excluded: then they are the exceptions.
    otherwise = not broad_include and (broad_exclude or not included_ids)
    by_glob = ((_matcher(included_globs), True), (_matcher(excluded_globs), False))

    def wants(entity_id: str) -> bool:
        if entity_id in included_ids or entity_id in excluded_ids:
            return entity_id in included_ids
        for matches, verdict in by_glob:
            if matches(entity_id):
                return verdict
        domain = entity_id.partition(".")[0]
        if domain in include.domains or domain in exclude.domains:
            return domain in include.domains
        return otherwise

    return wants


def _event_type_filter(include: Patterns, exclude: Patterns) -> Callable[[str], bool]:
    included = _matcher(include.event_types or ("*",))
    excluded = _matcher(exclude.event_types)
    return lambda event_type: included(event_type) and not excluded(event_type)


def _sorted_out(entities: Iterable[str]) -> tuple[set[str], set[str]]:
    """Tell entity ids from globs."""
    globs = {entity for entity in entities if _GLOB.search(entity)}
    return set(entities) - globs, globs


def _matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    alternatives = "|".join(map(translate, globs))
    pattern = re.compile(alternatives or r"(?!)")
    return lambda text: pattern.match(text) is not None
