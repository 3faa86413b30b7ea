"""Durations, lives and sizes as people write them: "1h30m", "250ms", "forever", "512MB", "1GiB"."""

import math
import re
from decimal import Decimal
from fractions import Fraction

FOREVER = "forever"

_SECONDS = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
    "w": Fraction(604_800),
}
_BYTES = {
    "b": Fraction(1),
    "kb": Fraction(10**3),
    "mb": Fraction(10**6),
    "gb": Fraction(10**9),
    "kib": Fraction(2**10),
    "mib": Fraction(2**20),
    "gib": Fraction(2**30),
}
_SHOWN = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def duration(written: object) -> float:
    """Seconds of "5s", "1h30m" or a bare number of seconds; ValueError for anything else."""
    return float(_amount(written, _SECONDS))


def life(written: object) -> float:
    """Seconds that data live: "365d", infinity for "forever", 0 for "" (not said); ValueError for anything else.

    "0s" too, which is for ever to an InfluxDB and no time at all to anybody else.
    """
    if written == "":
        return 0.0
    seconds = math.inf if written == FOREVER else duration(written)
    if not seconds:
        raise ValueError(written)
    return seconds


def size(written: object) -> int:
    """Bytes of "512MB" (10^6), "1GiB" (2^30) or a bare number of bytes; ValueError for anything else."""
    return round(_amount(written, _BYTES))


def duration_text(seconds: float) -> str:
    """Write seconds in the largest unit that they fill evenly; `duration` reads the same number."""
    milliseconds = Fraction(str(seconds)) * 1000
    if not milliseconds or milliseconds.denominator != 1:
        return f"{Decimal(str(seconds)).normalize():f}s"
    unit = next(name for name, length in _SHOWN.items() if milliseconds % length == 0)
    return f"{milliseconds / _SHOWN[unit]}{unit}"


def life_text(seconds: float) -> str:
    """Write what `life` reads, a day and more in days."""
    if not seconds:
        return ""
    return FOREVER if math.isinf(seconds) else duration_text(seconds)


def size_text(count: int) -> str:
    """Write bytes in the largest unit that they fill evenly; `size` reads the same number."""
    evenly = (
        unit for unit in ("GiB", "GB", "MiB", "MB", "kB") if count and count % _BYTES[unit.lower()] == 0
    )
    unit = next(evenly, "B")
    return f"{count / _BYTES[unit.lower()]}{unit}"


def _amount(written: object, units: dict[str, Fraction]) -> Fraction:
    if isinstance(written, str):
        return _from_text(written.strip(), units)
    if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written < math.inf:
        raise ValueError(written)
    return Fraction(written)


def _from_text(written: str, units: dict[str, Fraction]) -> Fraction:
    if _NUMBER.fullmatch(written):
        return Fraction(written)
    parts = _PART.findall(written)
    if not parts or _PART.sub("", written) or any(unit.lower() not in units for _, unit in parts):
        raise ValueError(written)
    return sum((Fraction(number) * units[unit.lower()] for number, unit in parts), Fraction())
