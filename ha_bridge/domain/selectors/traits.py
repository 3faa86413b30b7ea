"""What an entity is, as its registry entry and its attributes say."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from ha_bridge.domain.mqtt.entities import slug
from ha_bridge.domain.registry import Registered
from ha_bridge.domain.selectors.comparisons import all_hold, names
from ha_bridge.domain.selectors.patterns import Patterns, is_regex, matcher, regex


class Entity(msgspec.Struct, frozen=True):
    """An entity as selectors see it."""

    entity_id: str
    attributes: Mapping[str, Any]
    registered: Registered

    @property
    def domain(self) -> str:
        return self.entity_id.partition(".")[0]


Trait = Callable[[Entity], bool]

REGISTERED: Mapping[str, Callable[[Registered], Iterable[str]]] = {
    "areas": lambda registered: (registered.area,),
    "floors": lambda registered: (registered.floor,),
    "devices": lambda registered: (registered.device,),
    "labels": lambda registered: registered.labels,
    "integrations": lambda registered: (registered.integration,),
    "categories": lambda registered: (registered.category,),
}
"""The selectors that look at the registry entry."""
_ATTRIBUTES = {"device_classes": "device_class", "units": "unit_of_measurement"}
OF_ATTRIBUTES = frozenset({*_ATTRIBUTES, "attributes"})
"""The selectors that look at attributes."""


def traits(patterns: Patterns) -> Mapping[str, Trait]:
    """The selectors of traits that a table has, by key: each tells whether an entity is so."""
    found: dict[str, Trait] = {}
    for key, named in REGISTERED.items():
        if wanted := getattr(patterns, key):
            found[key] = _registered(named, wanted)
    for key, attribute in _ATTRIBUTES.items():
        if wanted := getattr(patterns, key):
            found[key] = _attribute(attribute, wanted)
    if patterns.attributes:
        holds = all_hold(patterns.attributes)
        found["attributes"] = lambda entity: holds(entity.attributes)
    return found


def looked_at(patterns: Patterns) -> list[str]:
    """The attributes that the selectors of a table look at."""
    named = [attribute for key, attribute in _ATTRIBUTES.items() if getattr(patterns, key)]
    return [*named, *names(patterns.attributes)]


def _registered(named: Callable[[Registered], Iterable[str]], wanted: Iterable[str]) -> Trait:
    fits = _fitting(wanted)

    def is_so(entity: Entity) -> bool:
        return any(fits(name) for name in named(entity.registered) if name)

    return is_so


def _fitting(wanted: Iterable[str]) -> Callable[[str], bool]:
    """Tell whether a name is meant, as people gave it or as the id that Home Assistant makes of it.

    That is living_room of Living Room, and kuche of Küche. A regex may mean the name with its blanks or with underscores.
    """
    regexes = [regex(name, re.IGNORECASE) for name in wanted if is_regex(name)]
    known = {_plain(name) for name in wanted if not is_regex(name)}
    fits = matcher(known)

    def is_meant(name: str) -> bool:
        plain = _plain(name)
        found = (each.search(text) for each in regexes for text in (name, plain))
        return plain in known or slug(name) in known or fits(plain) or any(found)

    return lru_cache(4096)(is_meant)  # of few names, and asked again whenever attributes change


def _attribute(name: str, wanted: Iterable[str]) -> Trait:
    known = frozenset(wanted)
    return lambda entity: str(entity.attributes.get(name, "")) in known


def _plain(name: str) -> str:
    """Make names the same that only differ in capital letters and blanks."""
    return "_".join(name.casefold().split())
