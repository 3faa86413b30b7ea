"""Paths into JSON documents: `a.b`, `a[0].b`, `a["b.c"]`; where parts are selected also `a.*`, `a[*].b`."""

import re
from collections.abc import Sequence
from typing import Any

Path = tuple[str, ...]

_STEP = re.compile(r"""\.?([^.\[\]]+)|\[(\d+|\*)\]|\["([^"]*)"\]|\['([^']*)'\]""")
ANY = "*"  # the step that every key and every index is, where a path selects

_INDEX = re.compile(r"[0-9]{1,9}")


class PathError(ValueError):
    """A text is no JSON path; says which."""


def parse_path(text: str) -> Path:
    """The steps of a path, none for the whole document; PathError when it is none."""
    steps: list[str] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        joined = text[position] in ".[" if position else text[position] != "."
        if found is None or not joined:
            raise PathError(f'{text!r} is no path: write "a.b", "a[0]" or a["b.c"]')
        steps.append(next(step for step in found.groups() if step is not None))
        position = found.end()
    return tuple(steps)


def lookup(document: Any, path: Path) -> Any:
    """What stands there in decoded JSON; None where nothing does."""
    for step in path:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and _INDEX.fullmatch(step) and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def drop(document: Any, path: Path) -> None:
    """Remove what stands there from its object; elements of lists stay."""
    holder = lookup(document, path[:-1])
    if isinstance(holder, dict):
        holder.pop(path[-1], None)


def selected(document: Any, pick: Sequence[Path], drop: Sequence[Path]) -> Any:
    """What is left of decoded JSON: of what stands at or below a path of `pick` all that does so at none of `drop`.

    No `pick` picks everything. A list that lost elements becomes an object of those left, by index.
    """
    if () in drop:
        return None
    picks_all = not pick or () in pick
    if picks_all and not drop:
        return document
    if not isinstance(document, dict | list):
        return document if picks_all else None
    parts: dict[str | int, Any] = {}
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        inner = () if picks_all else _below(pick, str(key))
        if picks_all or inner:
            parts[key] = selected(value, inner, _below(drop, str(key)))
    return parts


def _below(paths: Sequence[Path], step: str) -> list[Path]:
    return [path[1:] for path in paths if path and path[0] in (step, ANY)]
