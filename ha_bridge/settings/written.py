"""Values as somebody wrote them, each with the place where it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ha_bridge.settings.paths import Path


@dataclass(frozen=True)
class Given:
    """One value, or a list of nodes. `text` is what a setting that takes text reads; None: only a text will do.

    The wrapper also keeps dynaconf, which merges lists and interprets texts that begin with "@", from seeing either.
    """

    value: Any
    origin: str
    text: str | None = None


Node = Given | dict[str, Any]


def nodes(data: Any, place: Callable[[Path], str], path: Path = ()) -> Any:
    """Wrap every value within parsed TOML; `place` says where a path is written."""
    if isinstance(data, dict):
        return {key: nodes(value, place, (*path, key)) for key, value in data.items()}
    if isinstance(data, list):
        return Given([nodes(item, place, (*path, index)) for index, item in enumerate(data)], place(path))
    return Given(data, place(path))


def plain(node: Node) -> Any:
    """Give the data within a node, as TOML had it."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, list) else node.value


def origin(node: Node) -> str:
    """Say where a node stands: for a table, where its first value does; empty for an empty table."""
    if isinstance(node, Given):
        return node.origin
    return next((found for found in map(origin, node.values()) if found), "")
