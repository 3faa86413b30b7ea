"""Reading what strangers publish: text and JSON, within bounds."""

import json
from functools import lru_cache
from math import isfinite
from typing import Any

import msgspec

from ha_bridge.domain.times import micros_of_float, micros_of_iso

LONGEST = 1024 * 1024  # bytes; HA's largest states are a tenth of it

_EXCERPT = 80
_EARLIEST = 946_684_800_000_000  # the year 2000: a clock that says less has not been set
_LATEST = 9_223_372_036_000_000  # the year 2262: InfluxDB's nanoseconds end there
_ON = frozenset({"on", "true", "online"})
_OFF = frozenset({"off", "false", "offline"})

_decode = msgspec.json.Decoder().decode


class Unreadable(ValueError):
    """A payload that is not what its route says; the text says why."""


def text_of(payload: bytes) -> str:
    """A payload as text; raises Unreadable."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8 text") from None


def json_of(payload: bytes) -> Any:
    """A payload as decoded JSON, in which NaN and Infinity may stand as Python writes them; raises Unreadable."""
    try:
        return _decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _json_as_python_writes_it(payload)


def _json_as_python_writes_it(payload: bytes) -> Any:
    try:
        document = json.loads(payload)
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise Unreadable("JSON nested too deep") from None
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8 text") from None
    except UnicodeEncodeError:
        raise Unreadable("half a character, which no text can hold") from None
    except ValueError as error:
        raise Unreadable(f"no JSON ({error})") from None
    return document


def iso_time_of(payload: bytes) -> int:
    """Microseconds of a payload that is an ISO 8601 time; raises Unreadable."""
    try:
        micros = micros_of_iso(text_of(payload))
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if not 0 <= micros < _LATEST:
        raise Unreadable("not a time that InfluxDB can hold")
    return micros


def finite(number: float) -> float | None:
    """A number as a finite float; None when it is not finite, or an integer too large to be one."""
    try:
        number = float(number)
    except OverflowError:
        return None
    return number if isfinite(number) else None


@lru_cache(maxsize=2048)
def number_of(text: str) -> float | None:
    """The number that a text says: of a decimal the number, of on, true and online 1.0, of their opposites 0.0."""
    word = text.strip().lower()
    if word in _ON:
        return 1.0
    if word in _OFF:
        return 0.0
    try:
        return finite(float(word)) if "_" not in word else None
    except ValueError:
        return None


def micros_of(value: Any) -> int | None:
    """Microseconds of a time that a device wrote; None when it wrote none.

    ISO 8601 with an offset, or Unix seconds, milliseconds, microseconds or nanoseconds, told apart by their size.
    """
    try:
        micros = _micros_of(value)
    except (ValueError, OverflowError):
        return None
    return micros if _EARLIEST <= micros < _LATEST else None


def _micros_of(value: Any) -> int:
    if isinstance(value, str):
        return _micros_of_number(float(value)) if _is_number(value) else micros_of_iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _micros_of_number(value)
    raise ValueError("not a time")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _micros_of_number(number: float) -> int:
    if number < 1e11:
        return micros_of_float(number)
    if number < 1e14:
        return round(number * 1_000)
    return round(number) if number < 1e17 else round(number) // 1_000


def problem(topic: str, why: str, payload: bytes) -> str:
    """What to tell the user of an unreadable message, with the beginning of it."""
    excerpt = repr(payload[:_EXCERPT]) + ("…" if len(payload) > _EXCERPT else "")
    return f"{topic[:200]!r}: {why}: {excerpt}"
