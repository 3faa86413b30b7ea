"""Durations and sizes as people write them: "1h30m", "250ms", "512MB", "1GiB"."""

import math
import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BYTES = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SHOWN = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def duration(written: object) -> float:
    """Seconds of "5s", "1h30m" or a bare number of seconds; ValueError for anything else."""
    return _amount(written, _SECONDS)


def size(written: object) -> int:
    """Bytes of "512MB" (10^6), "1GiB" (2^30) or a bare number of bytes; ValueError for anything else."""
    return round(_amount(written, _BYTES))


def duration_text(seconds: float) -> str:
    """Write seconds so that `duration` reads the same number: in one unit, the largest that fits evenly."""
    milliseconds = round(seconds * 1000)
    if milliseconds == 0 or not math.isclose(milliseconds, seconds * 1000):
        return f"{seconds:g}s"
    unit = next(name for name, length in _SHOWN.items() if milliseconds % length == 0)
    return f"{milliseconds // _SHOWN[unit]}{unit}"


def size_text(count: int) -> str:
    """Write bytes so that `size` reads the same number."""
    fitting = (name for name in ("GiB", "MiB", "GB", "MB", "kB") if count % _BYTES[name.lower()] == 0)
    unit = next(fitting, "B") if count else "B"
    return f"{count // _BYTES[unit.lower()]}{unit}"


def _amount(written: object, units: dict[str, float] | dict[str, int]) -> float:
    if isinstance(written, str):
        return _text_amount(written.strip(), units)
    if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written < math.inf:
        raise ValueError(written)
    return written


def _text_amount(written: str, units: dict[str, float] | dict[str, int]) -> float:
    if _NUMBER.fullmatch(written):
        return float(written)
    parts = _PART.findall(written)
    if not parts or _PART.sub("", written) or any(unit.lower() not in units for _, unit in parts):
        raise ValueError(written)
    return sum(float(number) * units[unit.lower()] for number, unit in parts)
