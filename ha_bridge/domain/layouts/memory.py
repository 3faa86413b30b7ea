"""Bounded memory for what a layout works out once per entity or series."""

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

LIMIT = 65_536


def remember(memory: dict[Key, Value], key: Key, value: Value) -> Value:
    """Put the value into memory and return it; a full memory starts afresh, for it can be worked out again."""
    if len(memory) >= LIMIT and key not in memory:
        memory.clear()
    memory[key] = value
    return value
