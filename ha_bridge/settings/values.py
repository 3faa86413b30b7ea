"""From one written value to one setting. Whatever does not fit raises ValueError or msgspec.ValidationError."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from ha_bridge.settings import units
from ha_bridge.settings.kinds import DURATION, LIFE, SIZE, EntityFilterSettings
from ha_bridge.settings.wants import is_text, unit
from ha_bridge.settings.written import Given, Node, plain

_PREFIXES = {
    "event": "event_types",
    "measurement": "measurements",
    "area": "areas",
    "floor": "floors",
    "device": "devices",
    "label": "labels",
    "integration": "integrations",
    "category": "categories",
    "device_class": "device_classes",
    "unit": "units",
}
_DOMAIN = re.compile(r"[a-z0-9_]+")
_PREFIXED = re.compile(rf"({'|'.join(_PREFIXES)}):(\S(?:.*\S)?)")
_FILTER_WORD = re.compile(rf"{_DOMAIN.pattern}|{_PREFIXED.pattern}|/.+/|[^\s:]*[.*?\[][^\s:]*")
_UNITS: dict[str, Callable[[object], float]] = {DURATION: units.duration, SIZE: units.size, LIFE: units.life}


def convert(hint: Any, node: Node) -> Any:
    """Read a value of any type of `kinds` that is not a table."""
    value = node.text if isinstance(node, Given) and node.text is not None and is_text(hint) else plain(node)
    read = _UNITS.get(unit(hint))
    return msgspec.convert(read(value) if read else value, hint, dec_hook=_from_text)


def _from_text(kind: type[Any], value: object) -> Any:
    if not isinstance(value, str):
        raise TypeError(kind)
    return kind(value)


def data_match(node: Node) -> dict[str, tuple[str, ...]]:
    """Read a DataMatch; ValueError says what to write."""
    if isinstance(node, Given):
        raise ValueError('this is a table: write what to look for, such as {domain = "light"}')  # noqa: TRY004
    found: dict[str, tuple[str, ...]] = {}
    for key, child in node.items():
        if isinstance(child, dict):
            found |= {f"{key}.{path}": texts for path, texts in data_match(child).items()}
        else:
            found[key] = _texts(plain(child))
    return found


def _texts(value: object) -> tuple[str, ...]:
    texts = tuple(map(_as_json_has_it, value if isinstance(value, list) else [value]))
    if not texts:
        raise ValueError("an empty list would fit nothing: write a text, a glob or a list of them")
    return texts


def _as_json_has_it(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return msgspec.json.encode(value).decode()
    raise ValueError("write texts, globs, numbers, true or false, or a list of them")


def is_filter_word(word: str) -> bool:
    return bool(_FILTER_WORD.fullmatch(word))


def entity_filter(words: tuple[str, ...]) -> EntityFilterSettings:
    """Sort the short form: "light" is a domain, "event:NAME" an event type and so on, the rest entities."""
    keys: dict[str, tuple[str, ...]] = {}
    for word in words:
        key, name = _sorted(word)
        keys[key] = (*keys.get(key, ()), name)
    return EntityFilterSettings(**keys)


def _sorted(word: str) -> tuple[str, str]:
    if found := _PREFIXED.fullmatch(word):
        return _PREFIXES[found[1]], found[2]
    return ("domains" if _DOMAIN.fullmatch(word) else "entities"), word
