"""Times of the day and days of the week, by the clock on the wall of a time zone."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from functools import lru_cache

from ha_bridge.domain.selectors.patterns import Patterns

Zone = tzinfo | None
"""A time zone; None is the system's."""
Span = tuple[int, int]
"""From the first to before the second: minutes of a day."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME_FORM = 'write such as "22:00-06:00"; it begins with the first minute and ends before the second'
DAY_FORM = 'write days such as "mon", or several such as "mon-fri": ' + ", ".join(DAYS)

_SPAN = re.compile(r"\s*(\d\d?):([0-5]\d)\s*-\s*(\d\d?):([0-5]\d)\s*")
_DAY = 24 * 60


class Moments:
    """The moments that a table of selectors names: within one of its times, on one of its days.

    A time that reaches over midnight belongs to both days; the day is always that of the moment itself.
    """

    def __init__(self, patterns: Patterns, zone: Zone) -> None:
        self._spans = [span(text) for text in patterns.times] or [(0, _DAY)]
        self._days = frozenset(day for text in patterns.weekdays for day in days(text)) or frozenset(range(7))
        self._zone = zone
        self._named = bool(patterns.times or patterns.weekdays)
        self._of_minute = lru_cache(1024)(self._of)

    def __bool__(self) -> bool:
        """Whether they are anything less than always."""
        return self._named

    def hold(self, time: int) -> bool:
        """Whether this is one of them; `time` in microseconds since the epoch."""
        return not self._named or self._of_minute(time // 60_000_000)

    def _of(self, minute: int) -> bool:
        local = datetime.fromtimestamp(minute * 60, self._zone)
        at = 60 * local.hour + local.minute
        return local.weekday() in self._days and any(_within(at, each) for each in self._spans)


def span(text: str) -> Span:
    """Read a time such as "22:00-06:00"; ValueError."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(TIME_FORM)
    start, end = (60 * int(found[hour]) + int(found[hour + 1]) for hour in (1, 3))
    if start >= _DAY or end > _DAY or start == end:
        raise ValueError(TIME_FORM)
    return start, end


def days(text: str) -> Iterable[int]:
    """Read a day such as "mon" or several such as "fri-mon"; ValueError."""
    first, dash, last = text.replace(" ", "").partition("-")
    last = last if dash else first
    if first not in DAYS or last not in DAYS:
        raise ValueError(DAY_FORM)
    start, count = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % 7
    return [(start + each) % 7 for each in range(count + 1)]


def flaw(read: Callable[[str], object], text: str) -> str:
    """What is wrong with a time or a day; "" when nothing is."""
    try:
        read(text)
    except ValueError as error:
        return str(error)
    return ""


def _within(at: int, wanted: Span) -> bool:
    start, end = wanted
    return start <= at < end if start < end else at >= start or at < end
