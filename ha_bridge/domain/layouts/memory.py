"""Bounded memory for what a layout works out once per entity or series."""

from collections.abc import Mapping
from typing import TypeVar

from ha_bridge.domain.points import Series

Key = TypeVar("Key")
Value = TypeVar("Value")

LIMIT = 65_536


def remember(memory: dict[Key, Value], key: Key, value: Value, limit: int | None = None) -> Value:
    """Put the value into memory and return it; a full memory starts afresh, for it can be worked out again."""
    if len(memory) >= (limit or LIMIT) and key not in memory:
        memory.clear()
    memory[key] = value
    return value


class SeriesMemory:
    """Makes each series once: entities change their attributes far more often than those that are tags."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Series] = {}

    def series(self, measurement: str, tags: Mapping[str, str]) -> Series:
        identity = (measurement, *tags.items())
        known = self._known.get(identity)
        return remember(self._known, identity, Series(measurement, tags)) if known is None else known
