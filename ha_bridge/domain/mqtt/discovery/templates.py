"""The plain forms of `value_template`, read and never run: a template is a program, and these come from strangers.

`{{ value }}`, `{{ value_json.a.b }}`, `{{ value_json['a'][0] }}`, and behind them any of `| float`, `| float(0)`, `| int`,
`| round(1)`, `| default(x)`, `| is_defined`. What they give is what Home Assistant's template engine gives
(`helpers/template`); it makes a value that is missing an empty text.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

Filter = Callable[[Any], Any]


class NotPlain(ValueError):
    """A template that is none of the plain forms."""


class NoValue(ValueError):
    """The template fails on this payload: Home Assistant ignores the message."""


class Undefined(NoValue):
    """The template asks for something within nothing: most components then take the payload as it is."""


MISSING: Any = type("Missing", (), {"__str__": lambda _self: ""})()

_PLAIN = re.compile(r"\s*\{\{-?\s*(value_json|value)\b(.*?)\s*-?\}\}\s*", re.DOTALL)
_STEP = re.compile(r"""\s*(?:\.\s*([A-Za-z]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|(-?\d+))\s*\])\s*""", re.ASCII)
_FILTER = re.compile(r"""\|\s*(\w+)\s*(?:\(\s*(-?\d+(?:\.\d+)?|'[^']*'|"[^"]*"|[A-Za-z]+)?\s*\))?\s*""")
_WORDS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}
# `{{ value_json.items }}` is a method of Python's dict to Home Assistant, whatever the payload says.
_METHODS = {name for kind in (dict, list, str, int, float) for name in dir(kind)}

_decode = msgspec.json.Decoder().decode


class Payload:
    """A payload as templates see it; decoded as JSON once, by the first that asks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._document: Any = None
        self._decoded = False

    @property
    def document(self) -> Any:
        """The decoded JSON, MISSING where it is none."""
        if not self._decoded:
            self._decoded = True
            try:
                self._document = _decode(self.text)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                self._document = MISSING
        return self._document


class Template(msgspec.Struct, frozen=True):
    """A plain template: where the value stands in the payload, and what is done with it."""

    from_json: bool
    steps: tuple[str | int, ...]
    filters: tuple[Filter, ...]

    def render(self, payload: Payload) -> str:
        """The text that Home Assistant would make of the payload; raises NoValue."""
        value = payload.document if self.from_json else payload.text
        for step in self.steps:
            value = _inside(value, step)
        for each in self.filters:
            value = each(value)
        return str(value).strip()


def parse(text: str) -> Template:
    """Read a template; raises NotPlain."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        raise NotPlain(text)
    steps, rest = _all(_STEP, found[2])
    filters, rest = _all(_FILTER, rest)
    if rest or any(each[1] in _METHODS for each in steps):
        raise NotPlain(text)
    return Template(
        found[1] == "value_json",
        tuple(_step(each) for each in steps),
        tuple(_filter(each, text) for each in filters),
    )


def _all(pattern: re.Pattern[str], text: str) -> tuple[list[re.Match[str]], str]:
    """The matches that the text begins with, and what is behind them."""
    found: list[re.Match[str]] = []
    position = 0
    while match := pattern.match(text, position):
        found.append(match)
        position = match.end()
    return found, text[position:].strip()


def _step(found: re.Match[str]) -> str | int:
    if found[4] is not None:
        return int(found[4])
    return next(each for each in found.groups() if each is not None)


def _inside(value: Any, step: str | int) -> Any:
    if value is MISSING:
        raise Undefined(step)
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return MISSING


def _filter(found: re.Match[str], template: str) -> Filter:
    name, argument = found[1], found[2]
    if argument is not None and argument[0] not in "'\"-0123456789" and argument not in _WORDS:
        raise NotPlain(template)
    wanted = MISSING if argument is None else _literal(argument)
    make = {
        "float": _float,
        "int": _int,
        "round": _round,
        "default": _default,
        "is_defined": _is_defined,
    }.get(name)
    if make is None or (name == "round" and (type(wanted) not in (int, type(MISSING)))):
        raise NotPlain(template)
    return make(wanted)


def _literal(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    return _WORDS[text] if text in _WORDS else float(text) if "." in text else int(text)


def _float(default: Any) -> Filter:
    def convert(value: Any) -> Any:
        return _number(value, float, default)

    return convert


def _int(default: Any) -> Filter:
    def whole(value: Any) -> int:
        try:
            return int(value)
        except ValueError:
            return int(float(value))

    def convert(value: Any) -> Any:
        return _number(value, whole, default)

    return convert


def _number(value: Any, kind: Callable[[Any], Any], default: Any) -> Any:
    if value is MISSING:
        raise Undefined("no number")
    try:
        return kind(value)
    except (ValueError, TypeError, OverflowError):
        if default is MISSING:
            raise NoValue("no number") from None
        return default


def _round(digits: Any) -> Filter:
    precision = 0 if digits is MISSING else digits

    def convert(value: Any) -> Any:
        rounded = round(_number(value, float, MISSING), precision)
        try:
            return rounded if precision else int(rounded)
        except (ValueError, OverflowError):
            raise NoValue("not finite") from None

    return convert


def _default(default: Any) -> Filter:
    other = "" if default is MISSING else default
    return lambda value: other if value is MISSING else value


def _is_defined(_argument: Any) -> Filter:
    def check(value: Any) -> Any:
        if value is MISSING:
            raise Undefined("is_defined")
        return value

    return check
