"""Times as the pipeline carries them: integer microseconds since the Unix epoch, UTC.

Home Assistant gives one moment in two spellings, an ISO text and a double of Unix seconds. Both must give the same
microsecond, or one change of state becomes two points.
"""

import math
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros_of_float(seconds: float) -> int:
    """Microseconds of Unix seconds, rounded exactly as `datetime.fromtimestamp(seconds, UTC)` does.

    The fraction alone is scaled and rounded half to even; scaling the whole number would round twice. Raises
    ValueError for a number that is not finite.
    """
    fraction, whole = math.modf(seconds)
    try:
        return int(whole) * 1_000_000 + round(fraction * 1e6)
    except OverflowError:
        raise ValueError(f"not a time: {seconds}") from None


def micros_of_datetime(moment: datetime) -> int:
    """Microseconds of an aware datetime; ValueError for a naive one, which could be any time zone's."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a time zone: {moment.isoformat()}")
    return (moment - _EPOCH) // _MICROSECOND


def micros_of_iso(text: str) -> int:
    """Microseconds of an ISO 8601 text with an offset (or Z); ValueError for anything else."""
    return micros_of_datetime(datetime.fromisoformat(text))


def iso_of_micros(micros: int) -> str:
    """ISO 8601 text in UTC, with microseconds where there are any."""
    return (_EPOCH + micros * _MICROSECOND).isoformat()


def iso_of_millis(micros: int) -> str:
    """ISO 8601 text in UTC to the millisecond, cut and not rounded."""
    return (_EPOCH + micros * _MICROSECOND).isoformat(timespec="milliseconds")
