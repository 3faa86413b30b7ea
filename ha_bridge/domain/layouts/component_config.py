"""What Home Assistant's own integration may be told about one entity, a glob or a domain."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import translate
from typing import TypeVar

import msgspec

T = TypeVar("T")


class ComponentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """None leaves a key to the less exact entries; "" and () set it to nothing."""

    override_measurement: str | None = None
    ignore_attributes: tuple[str, ...] | None = None


class ComponentConfig:
    """Merges the entries that concern an entity, key by key: its domain's, then each glob's in order, then its own."""

    def __init__(
        self,
        exact: Mapping[str, ComponentOptions],
        domains: Mapping[str, ComponentOptions],
        globs: Mapping[str, ComponentOptions],
    ) -> None:
        self._exact = exact
        self._domains = domains
        self._globs = [(re.compile(translate(glob)), entry) for glob, entry in globs.items()]

    def of(self, entity_id: str) -> ComponentOptions:
        entries = list(self._entries(entity_id))
        return ComponentOptions(
            override_measurement=_last([entry.override_measurement for entry in entries]),
            ignore_attributes=_last([entry.ignore_attributes for entry in entries]),
        )

    def _entries(self, entity_id: str) -> Iterator[ComponentOptions]:
        domain = entity_id.partition(".")[0]
        if domain in self._domains:
            yield self._domains[domain]
        yield from (entry for glob, entry in self._globs if glob.match(entity_id))
        if entity_id in self._exact:
            yield self._exact[entity_id]


def _last(values: list[T | None]) -> T | None:
    return next((value for value in reversed(values) if value is not None), None)
