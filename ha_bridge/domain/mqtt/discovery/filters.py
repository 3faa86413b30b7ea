"""The filters of plain templates, which give what those of Home Assistant's template engine give (`helpers/template`)."""

from collections.abc import Callable, Mapping
from typing import Any

from ha_bridge.domain.mqtt.discovery.rendering import MISSING, NotPlain, NoValue, Undefined

Filter = Callable[[Any], Any]


def filter_named(name: str, argument: Any) -> Filter:
    """A filter with its argument, MISSING for none; raises NotPlain."""
    make = _FILTERS.get(name)
    if make is None or (name == "round" and argument is not MISSING and type(argument) is not int):
        raise NotPlain(name)
    if name in ("lower", "upper", "is_defined") and argument is not MISSING:
        raise NotPlain(name)
    return make(argument)


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


_FILTERS: Mapping[str, Callable[[Any], Filter]] = {
    "default": _default,
    "float": _float,
    "int": _int,
    "is_defined": _is_defined,
    "lower": lambda _argument: lambda value: str(value).lower(),
    "round": _round,
    "upper": lambda _argument: lambda value: str(value).upper(),
}
