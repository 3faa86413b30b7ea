"""What rules do to one value: a state (a text), an attribute or a field (any scalar of JSON).

Each of these gives a function from value to value. What it is not made for passes unchanged; None means that nothing is
left of the value.
"""

import math
from collections.abc import Callable, Mapping
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


def step(rule: Rule, key: str, unit: str, convert: Convert) -> Step | None:
    """What an action of a rule does to a value of this unit ("" when it has none); None where it does nothing to values."""
    if key == "convert":
        return _converted(rule.convert_from or unit, rule.convert, convert)
    made = _STEPS.get(key)
    return made(rule) if made else None


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


def _converted(unit: str, wanted: str, convert: Convert) -> Step | None:
    if unit == wanted:
        return None
    work = convert(unit, wanted)
    if work is None:
        return Step(f"convert to {wanted}: not possible from {unit or 'no unit'}, left as it is", leave)
    return Step(f"convert {unit} to {wanted}", _numeric(work))


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


def _scaled(rule: Rule) -> Step:
    return Step(f"scale by {rule.scale:g}", _numeric(lambda value: value * rule.scale))


def _offset(rule: Rule) -> Step:
    return Step(f"offset by {rule.offset:g}", _numeric(lambda value: value + rule.offset))


def _rounded(rule: Rule) -> Step:
    places = rule.round
    return Step(f"round to {places}", _numeric(lambda value: round(value, places)))


_STEPS: Mapping[str, Callable[[Rule], Step]] = {
    "map": lambda rule: Step("map", _mapped(rule.map)),
    "type": lambda rule: Step(f"type {rule.type}", _typed(rule.type, rule.default)),
    "scale": _scaled,
    "offset": _offset,
    "round": _rounded,
}
