"""Which events of HA's event bus are wanted, by what they carry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from ha_bridge.domain.hass.globs import matching

REMEMBERED = 4096

Texts = Mapping[str, Sequence[str]]
"""By the path to a value ("service_data.entity_id") the texts and globs of which one has to fit it."""


class EventRule(msgspec.Struct, frozen=True):
    """Events of a type, a name or a glob, are wanted where their data fit `include` and do not fit `exclude`.

    Data fit where every path does. Of a list any element may; numbers, true, false and null are meant as JSON has them.
    An empty `include` fits everything, an empty `exclude` nothing.
    """

    event_type: str
    include: Texts = {}
    exclude: Texts = {}


class EventRules:
    """Several rules of a type are alternatives, but what one of them excludes none brings back.

    A type that no rule names is wanted as it is, one that is excluded never.
    """

    def __init__(self, rules: Iterable[EventRule] = (), excluded: Iterable[str] = ()) -> None:
        self._excluded = matching(excluded)
        self._rules = [
            (matching([rule.event_type]), _Data(rule.include), _Data(rule.exclude)) for rule in rules
        ]
        self._of = lru_cache(REMEMBERED)(self._find)

    def wants(self, event_type: str, data: Mapping[str, Any]) -> bool:
        rules = self._of(event_type)
        if rules is None:
            return False
        if not rules:
            return True
        included = any(include.fits(data) for include, _ in rules)
        return included and not any(exclude.paths and exclude.fits(data) for _, exclude in rules)

    def _find(self, event_type: str) -> list[tuple["_Data", "_Data"]] | None:
        """Give the rules of a type; None where it is excluded."""
        if self._excluded.fullmatch(event_type):
            return None
        return [(include, exclude) for name, include, exclude in self._rules if name.fullmatch(event_type)]


class _Data:
    """What data have to be like."""

    def __init__(self, texts: Texts) -> None:
        self.paths = [(path.split("."), matching(wanted)) for path, wanted in texts.items()]

    def fits(self, data: Mapping[str, Any]) -> bool:
        return all(
            any(pattern.fullmatch(text) for text in _texts(data, path)) for path, pattern in self.paths
        )


def _texts(value: Any, path: Sequence[str]) -> Iterator[str]:
    """Give the texts of all values at the path."""
    if isinstance(value, list):
        for element in value:
            yield from _texts(element, path)
    elif not path:
        yield value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _texts(value[path[0]], path[1:])
