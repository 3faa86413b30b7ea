"""What rules do to one value: a state (a text), an attribute or a field (any scalar of JSON).

Each of these gives a function from value to value. What it is not made for passes unchanged; None means that nothing is
left of the value.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ha_bridge.domain.layouts.words import NO_STATE, ON_OFF
from ha_bridge.domain.rules.rule import Rule, Scalar, Type
from ha_bridge.domain.selectors.comparisons import number

Work = Callable[[Any], Any]
Convert = Callable[[str, str], Callable[[float], float] | None]
"""The function from one unit to another; None where there is none."""

_TRUE = frozenset({"true", "yes", "1", *(word for word, on in ON_OFF.items() if on)})
_FALSE = frozenset({"false", "no", "0", *(word for word, on in ON_OFF.items() if not on)})


class Step(NamedTuple):
    """One thing done to a value, and its name for people."""

    label: str
    work: Work


def steps(rule: Rule, unit: str, convert: Convert) -> Iterator[Step]:
    """What a rule does to a value of this unit ("" when it has none), in order."""
    if rule.map:
        yield Step("map", _mapped(rule.map))
    if rule.type:
        yield Step(f"type {rule.type}", _typed(rule.type, rule.default))
    if (rule.scale, rule.offset) != (1.0, 0.0):
        scale, offset = rule.scale, rule.offset
        yield Step("scale and offset", _numeric(lambda value: value * scale + offset))
    if rule.convert:
        yield from _converted(rule.convert_from or unit, rule.convert, convert)
    if (places := rule.round) is not None:
        yield Step(f"round to {places}", _numeric(lambda value: round(value, places)))


def state_text(value: Scalar) -> str:
    """Write a value as Home Assistant writes a state."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _mapped(table: Mapping[str, Scalar]) -> Work:
    return lambda value: table.get(_text(value), value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _numeric(work: Callable[[float], float]) -> Work:
    def changed(value: Any) -> Any:
        found = number(value)
        if found is None:
            return value
        result = work(found)
        return result if math.isfinite(result) else None

    return changed


def _converted(unit: str, wanted: str, convert: Convert) -> Iterator[Step]:
    if unit == wanted:
        return
    work = convert(unit, wanted)
    if work is None:
        yield Step(f"convert to {wanted}: not possible from {unit or 'no unit'}, left as it is", leave)
    else:
        yield Step(f"convert {unit} to {wanted}", _numeric(work))


def leave(value: Any) -> Any:
    """What cannot be done is not."""
    return value


def _typed(wanted: Type, default: Scalar | None) -> Work:
    as_type = {"number": number, "integer": _integer, "text": _text, "boolean": _boolean}[wanted]

    def changed(value: Any) -> Any:
        if isinstance(value, str) and value in NO_STATE:
            return value
        found = as_type(value)
        return default if found is None else found

    return changed


def _integer(value: Any) -> int | None:
    found = number(value)
    return None if found is None else round(found)


def _boolean(value: Any) -> bool | None:
    word = _text(value).casefold()
    return word in _TRUE if word in _TRUE or word in _FALSE else None
