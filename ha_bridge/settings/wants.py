"""What a setting's type asks for, in words that tell the user what to write."""

import json
from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import inspect

from ha_bridge.settings.kinds import DURATION, LIFE, SIZE, Order, Section
from ha_bridge.settings.units import duration_text, size_text


@cache
def hints(section: type[Section]) -> dict[str, Any]:
    """Give the keys of a section, each with the annotated type that may be written: None is for what is not."""
    found = get_type_hints(section, include_extras=True)
    return {key: _written(hint) for key, hint in found.items() if hint != Order}


def _written(hint: Any) -> Any:
    if NoneType not in get_args(hint):
        return hint
    return Union[tuple(kind for kind in get_args(hint) if kind is not NoneType)]  # noqa: UP007 - of kinds not known here


def unit(hint: object) -> str:
    """Tell whether a number is written as a duration or as a size; empty for any other type."""
    kind = inspect.type_info(hint)
    return str((kind.extra or {}).get("unit", "")) if isinstance(kind, inspect.Metadata) else ""


def is_text(hint: object) -> bool:
    """Tell whether the type takes text, so that 12345 from the environment has to stay "12345"."""
    text = (inspect.StrType, inspect.CustomType, inspect.LiteralType)
    return isinstance(inspect.type_info(hint), text)


def choices(hint: object) -> tuple[str, ...]:
    """Give the texts that the type allows, if it allows only some."""
    return get_args(hint) if get_origin(hint) is Literal else ()


def wants(hint: object) -> str:
    """Say what to write for a type of `kinds`."""
    kind = inspect.type_info(hint)
    match kind.type if isinstance(kind, inspect.Metadata) else kind:
        case inspect.BoolType():
            words = "true or false, without quotes"
        case inspect.IntType() | inspect.FloatType() as number:
            words = _number(number, unit(hint))
        case inspect.LiteralType():
            words = "one of " + ", ".join(map(json.dumps, choices(hint)))
        case inspect.VarTupleType():
            words = 'a list of texts such as ["one", "two"], none of them empty'
        case inspect.UnionType():
            words = "a text in quotes, a number, or true or false"
        case inspect.StrType(min_length=1):
            words = "a text in quotes that is not empty"
        case _:
            words = "a text in quotes"
    return words


def _number(number: inspect.IntType | inspect.FloatType, written: str) -> str:
    if written == SIZE:
        return f'a size such as "64MB" or "1GiB"{_range(number, size_text)}'
    if written == LIFE:
        return 'how long data live, such as "7d" or "forever"; "" leaves it to the server'
    if written == DURATION:
        return f'a duration such as "250ms", "10s" or "1h30m"{_range(number, duration_text)}'
    if isinstance(number, inspect.IntType):
        return f"a whole number{_range(number, str)}"
    return f"a number{_range(number, '{:g}'.format)}"


def _range(number: inspect.IntType | inspect.FloatType, show: Callable[[Any], str]) -> str:
    limits = (("from", number.ge), ("to", number.le), ("above", number.gt), ("below", number.lt))
    return "".join(f" {word} {show(limit)}" for word, limit in limits if limit is not None)
