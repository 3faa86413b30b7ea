"""The selectors as they are written, and the three ways to name things: exactly, by glob, by regular expression."""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate

import msgspec

_GLOB = re.compile(r"[*?\[]")


class Patterns(msgspec.Struct, frozen=True, kw_only=True):
    """A table of selectors; a name within a key is one of several.

    `entities` are entity ids, globs or `/regular expressions/`; `event_types` and `measurements` names or globs.
    `attributes` are comparisons (comparisons.py), `times` and `weekdays` as in moments.py.
    """

    domains: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    measurements: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    device_classes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()


OF_ANY = ("times", "weekdays")
OF_EVENTS = ("event_types",)
OF_READINGS = ("measurements",)
OF_ENTITIES = tuple(
    key for key in Patterns.__struct_fields__ if key not in (*OF_ANY, *OF_EVENTS, *OF_READINGS)
)
"""The keys of a table by what they are about."""


def is_regex(text: str) -> bool:
    return len(text) > 2 and text[0] == text[-1] == "/"


def is_pattern(text: str) -> bool:
    """Tell globs and regular expressions from names."""
    return is_regex(text) or bool(_GLOB.search(text))


def regex(text: str, flags: int = 0) -> "re.Pattern[str]":
    """Compile what stands between the slashes; re.error where it is none."""
    return re.compile(text[1:-1], flags)


def matcher(names: Iterable[str]) -> Callable[[str], bool]:
    """A function that tells whether a text is one of the names, fits one of the globs or is found by a regex."""
    regexes = [regex(name) for name in names if is_regex(name)]
    alternatives = "|".join(translate(name) for name in names if not is_regex(name))
    pattern = re.compile(alternatives or r"(?!)")
    if not regexes:
        return lambda text: pattern.match(text) is not None
    return lambda text: pattern.match(text) is not None or any(each.search(text) for each in regexes)
