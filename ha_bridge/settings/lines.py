"""Finds the line on which each key of a TOML text stands, which no TOML parser tells."""

import re
import tomllib
from typing import Any

from ha_bridge.settings.paths import Path

_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEY})\s*\]\]?\s*(?:#.*)?")
_ENTRY = re.compile(rf"\s*({_KEY})\s*=")


def key_lines(text: str) -> dict[Path, int]:
    """Give the first line (from 1) of every table and key; what stands in inline tables is left out."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.fullmatch(line):
            table = _table(_parts(header[2]), counts, one_of_many=header[1] == "[[")
            lines.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            lines.setdefault((*table, *_parts(entry[1])), number)
    return lines


def _table(parts: list[str], counts: dict[Path, int], *, one_of_many: bool) -> Path:
    """Give the path a header opens: within an array of tables, that is its last table so far."""
    path: Path = ()
    for part in parts[:-1]:
        path = (*path, part)
        path = (*path, counts[path]) if path in counts else path
    path = (*path, parts[-1])
    if one_of_many:
        counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path]) if path in counts else path


def _parts(key: str) -> list[str]:
    """Split a dotted key as TOML does, quotes and all."""
    table: Any = tomllib.loads(f"{key} = 0")
    found: list[str] = []
    while table:
        found += table
        table = table[found[-1]]
    return found
