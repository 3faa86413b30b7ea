"""JSON of any shape as flat fields of which none ever changes its type.

A name that ends in `_str` is a text, any other a float: `{"a": {"b": [1, true, "x"]}}` gives `a_b_0` 1.0, `a_b_1` 1.0
and `a_b_2_str` "x". A text that says a number, or on or off, is given both ways. null, NaN and Infinity are nothing.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ha_bridge.domain.mqtt.payloads import finite, number_of

DEEPEST = 8
MOST_FIELDS = 100
BARE = "value"  # the name of what has none

Fields = dict[str, float | str | bool]


def flatten(document: Any) -> tuple[Fields, int]:
    """The fields of decoded JSON, and how many scalars, lists or objects were left out for being too many or too deep."""
    fields: Fields = {}
    if isinstance(document, dict | list):
        return fields, _add_parts(fields, "", document, 1)
    return fields, _add_parts(fields, "", {BARE: document}, 1)


def add_text(fields: Fields, prefix: str, key: str, text: str) -> None:
    """A text as `<name>_str`, and as `<name>` what it says as a number."""
    fields[_text_name(prefix, key)] = text
    number = number_of(text)
    if number is not None:
        fields[_float_name(prefix, key)] = number


def _add_parts(fields: Fields, prefix: str, parts: dict[str, Any] | list[Any], depth: int) -> int:
    """Add what is in an object or list of that depth; returns how much of it was left out."""
    if depth > DEEPEST:
        return 1
    left_out = 0
    named: Iterable[tuple[Any, Any]] = parts.items() if isinstance(parts, dict) else enumerate(parts)
    for key, value in named:
        kind = type(value)
        if kind is dict or kind is list:
            left_out += _add_parts(fields, f"{prefix}{key}_", value, depth + 1)
        elif value is None:
            pass
        elif len(fields) >= MOST_FIELDS:
            left_out += 1
        elif kind is str:
            add_text(fields, prefix, key, value)
        elif (number := finite(value)) is not None:
            fields[_float_name(prefix, key)] = number
    return left_out


@lru_cache(maxsize=4096)
def _text_name(prefix: str, key: str | int) -> str:
    return f"{prefix}{key}_str"


@lru_cache(maxsize=4096)
def _float_name(prefix: str, key: str | int) -> str:
    """`_str` belongs to texts."""
    name = f"{prefix}{key}"
    return f"{name}_num" if name.endswith("_str") else name
