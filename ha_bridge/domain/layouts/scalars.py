"""Values of JSON as fields whose types never change: numbers under their own name, text under `<name>_str`."""

import math
from collections.abc import Collection
from typing import Any

import msgspec

MAX_BYTES = 4096
"""A text longer than this is cut and ends in CUT; InfluxDB refuses strings of 64 kB."""
CUT = "…"

_CHARACTERS_OF_A_NUMBER = "0123456789+-.eE"
_TEXT = "_str"


def number(text: str) -> float | None:
    """Read a text that is a finite decimal number, and nothing else that Python's `float` takes.

    Not "nan", "inf", "1_000", " 5 " or digits of other scripts: in Home Assistant these are names, ids and typing
    errors, and never a measurement.
    """
    if text.strip(_CHARACTERS_OF_A_NUMBER):  # true as soon as there is any other character
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value - value == 0 else None


def field(name: str, value: Any) -> tuple[str, float | str] | None:
    """Make the field of a JSON value; its own type decides, and true is 1. None for null and numbers beyond floats."""
    if isinstance(value, str):
        return name + _TEXT, bounded(value)
    if isinstance(value, (bool, int, float)):
        finite = finite_float(value)
        return None if finite is None else (name, finite)
    return None if value is None else (name + _TEXT, json_text(value))


def finite_float(value: float) -> float | None:
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def json_text(value: Any) -> str:
    return bounded(msgspec.json.encode(value, enc_hook=str).decode())


def bounded(text: str) -> str:
    """Cut a text to MAX_BYTES of UTF-8, its mark included."""
    if len(text) <= MAX_BYTES // 4 or len(encoded := text.encode("utf-8", "replace")) <= MAX_BYTES:
        return text
    return encoded[: MAX_BYTES - len(CUT.encode())].decode("utf-8", "ignore") + CUT


def free_name(name: str, reserved: Collection[str]) -> str:
    """Append an underscore to a name that is reserved or looks as if it had got one here; two names never become one."""
    return f"{name}_" if name.rstrip("_") in reserved else name


def typed_name(name: str, reserved: Collection[str]) -> str:
    """Free a name of `field`, which must not look like another name's text either."""
    return f"{name}_" if name.rstrip("_").endswith(_TEXT) else free_name(name, reserved)
