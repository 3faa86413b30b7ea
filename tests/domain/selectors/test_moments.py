"""Times of the day and days of the week."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.selectors import Patterns
from ha_bridge.domain.selectors.moments import DAYS, Moments, days, flaw, span

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2024, 1, 1, tzinfo=BERLIN)


def micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def at(clock: str, day: int = 0) -> int:
    hour, minute = clock.split(":")
    return micros(MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute)))


def moments(*times: str, weekdays: tuple[str, ...] = ()) -> Moments:
    return Moments(Patterns(times=times, weekdays=weekdays), BERLIN)


@pytest.mark.parametrize(
    ("times", "clock", "holds"),
    [
        (("22:00-06:00",), "22:00", True),
        (("22:00-06:00",), "05:59", True),
        (("22:00-06:00",), "06:00", False),
        (("22:00-06:00",), "12:00", False),
        (("06:00-22:00",), "06:00", True),
        (("06:00-22:00",), "22:00", False),
        (("7:30 - 8:00", "17:00-24:00"), "23:59", True),
        (("7:30 - 8:00", "17:00-24:00"), "07:30", True),
        (("7:30 - 8:00", "17:00-24:00"), "08:00", False),
    ],
)
def test_a_time_begins_with_its_first_minute_and_ends_before_its_last(
    times: tuple[str, ...], clock: str, holds: bool
) -> None:
    assert moments(*times).hold(at(clock)) is holds


def test_times_and_days_both_have_to_fit_and_the_day_is_that_of_the_moment() -> None:
    night = moments("22:00-06:00", weekdays=("sat", "sun"))
    assert night.hold(at("23:00", day=5))
    assert night.hold(at("05:00", day=6))
    assert not night.hold(at("23:00", day=4))
    assert not night.hold(at("05:00", day=7))


def test_several_days_may_reach_over_the_weekend() -> None:
    assert [DAYS[day] for day in days("fri-mon")] == ["fri", "sat", "sun", "mon"]
    assert [DAYS[day] for day in days("wed")] == ["wed"]


def test_no_times_and_no_days_are_always() -> None:
    assert not moments()
    assert moments().hold(0)
    assert moments("00:00-24:00")


def test_the_clock_is_that_of_the_zone_with_its_summer_time() -> None:
    noon = moments("12:00-12:01")
    assert noon.hold(micros(datetime(2024, 1, 1, 11, tzinfo=UTC)))
    assert noon.hold(micros(datetime(2024, 7, 1, 10, tzinfo=UTC)))


def test_without_a_zone_it_is_the_systems() -> None:
    now = datetime(2024, 1, 1, 12, 30).astimezone()
    assert Moments(Patterns(times=("12:30-12:31",)), None).hold(micros(now))


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 24 * 60 - 1))
def test_a_time_and_its_reverse_share_no_moment_and_miss_none(hour: int, minute: int, now: int) -> None:
    if (hour, minute) != (3, 0):
        clock = micros(MONDAY + timedelta(minutes=now))
        one, other = moments(f"{hour}:{minute:02}-03:00"), moments(f"03:00-{hour}:{minute:02}")
        assert one.hold(clock) is not other.hold(clock)


@pytest.mark.parametrize(
    "text", ["", "22", "22:00", "24:00-01:00", "10:00-10:00", "10:60-11:00", "10:00-24:01"]
)
def test_what_is_no_time_is_told(text: str) -> None:
    assert "22:00-06:00" in flaw(span, text)


@pytest.mark.parametrize("text", ["", "monday", "mon-", "-mon", "mon-fun", "MON"])
def test_what_is_no_day_is_told(text: str) -> None:
    assert "mon-fri" in flaw(days, text)


def test_what_is_right_has_no_flaw() -> None:
    assert flaw(span, "0:00-24:00") == flaw(days, "sat-sun") == ""
