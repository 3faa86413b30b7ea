"""Comparisons with an attribute or a state: "battery_level < 20", "source_type == gps", "icon ~ mdi:*", "!icon"."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from ha_bridge.domain.selectors.patterns import matcher

Test = Callable[[Any], bool]

MISSING: Any = object()
"""Stands for an attribute that the entity does not have."""

_FORM = re.compile(r"\s*(?P<name>[^<>=!~]*?)\s*(?P<operator><=|>=|==|!=|<|>|~)\s*(?P<value>\S(?:.*\S)?)\s*")
_ORDERED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
FORMS = 'write such as "battery_level < 20" (also <=, >, >=, ==, !=, and ~ for a glob), "icon" or "!icon"'


def all_hold(written: Iterable[str]) -> Callable[[Mapping[str, Any]], bool]:
    """A function that tells whether attributes fulfil every comparison."""
    tests = [_parsed(text) for text in written]
    return lambda attributes: all(test(attributes.get(name, MISSING)) for name, test in tests)


def names(written: Iterable[str]) -> list[str]:
    """The attributes that comparisons are about."""
    return [_parsed(text)[0] for text in written]


def state_holds(written: Iterable[str]) -> Callable[[str], bool]:
    """A function that tells whether a state fulfils every comparison; a bare word is one with ==."""
    tests = [_parsed(text if _FORM.fullmatch(text) else f"== {text}")[1] for text in written]
    return tests[0] if len(tests) == 1 else lambda state: all(test(state) for test in tests)


def flaw(text: str, *, of_state: bool = False) -> str:
    """What is wrong with a comparison; "" when nothing is."""
    found = _FORM.fullmatch(text)
    try:
        name, _ = _parsed(text) if found or not of_state else ("", None)
    except ValueError as error:
        return str(error)
    if of_state and name:
        return 'write the comparison alone, such as "> 20" or "== on"'
    return FORMS if not of_state and (not name or re.search(r"[<>=~]", name)) else ""


def odd_one(written: Iterable[str], *, of_state: bool = False) -> str:
    """Give a comparison that never holds where one before it does, as the value would be two; "" where all may hold."""
    wanted: dict[str, str] = {}
    for text in written:
        found = _FORM.fullmatch(text) or (_FORM.fullmatch(f"== {text}") if of_state else None)
        if found is None or found["operator"] != "==":
            continue
        if not _test("==", wanted.setdefault(found["name"], found["value"]))(_scalar(found["value"])):
            return text
    return ""


def number(value: object) -> float | None:
    """Read a number, or a text that is one, as `float` takes it; a boolean is none."""
    if not isinstance(value, str) and (isinstance(value, bool) or not isinstance(value, (int, float))):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if found - found == 0 else None


def _parsed(text: str) -> tuple[str, Test]:
    """Give the attribute's name and the test of its value; ValueError in words for the user."""
    found = _FORM.fullmatch(text)
    if found is None:
        name = text.strip()
        if name.startswith("!"):
            return name[1:].strip(), lambda value: value is MISSING
        return name, lambda value: value is not MISSING
    return found["name"], _test(found["operator"], found["value"])


def _test(sign: str, written: str) -> Test:
    if sign in _ORDERED:
        return _ordering(_ORDERED[sign], written)
    if sign == "~":
        fits = _fitting(written)
        return lambda value: value is not MISSING and fits(str(value))
    equal = _equality(_scalar(written))
    return equal if sign == "==" else lambda value: not equal(value)


def _fitting(written: str) -> Callable[[str], bool]:
    try:
        return matcher([written])
    except re.error as error:
        raise ValueError(f"{written} is no regular expression: {error}") from error


def _ordering(compare: Callable[[float, float], bool], written: str) -> Test:
    limit = number(written)
    if limit is None:
        raise ValueError(f"{written} is no number: only numbers are smaller or larger")

    def test(value: Any) -> bool:
        found = number(value)
        return found is not None and compare(found, limit)

    return test


def _equality(wanted: Any) -> Test:
    limit = number(wanted)
    if limit is not None:
        return lambda value: number(value) == limit
    if isinstance(wanted, str):
        return lambda value: str(value) == wanted
    return lambda value: value is wanted


def _scalar(written: str) -> Any:
    """Read a value as JSON where it is a scalar of JSON, else as the text that it is."""
    try:
        value = msgspec.json.decode(written)
    except ValueError:
        return written
    return written if isinstance(value, (dict, list)) else value
