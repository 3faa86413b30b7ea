from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.times import iso_of_micros, micros_of_datetime, micros_of_float, micros_of_iso

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.floats(min_value=-2e9, max_value=2e11))
def test_a_double_gives_the_microsecond_that_datetime_gives(seconds: float) -> None:
    expected = (datetime.fromtimestamp(seconds, UTC) - EPOCH) // timedelta(microseconds=1)
    assert micros_of_float(seconds) == expected


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_both_spellings_of_one_moment_give_the_same_microsecond(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert (
        micros_of_iso(moment.isoformat()) == micros_of_float(moment.timestamp()) == micros_of_datetime(moment)
    )


@pytest.mark.parametrize(
    ("seconds", "micros"),
    [(0.0000005, 0), (0.0000015, 2), (1700000000.9999999, 1700000001000000), (-0.5, -500000), (3, 3000000)],
)
def test_a_half_is_rounded_to_even_and_carries(seconds: float, micros: int) -> None:
    assert micros_of_float(seconds) == micros


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_no_time(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"not a time|cannot convert float NaN"):
        micros_of_float(seconds)


@pytest.mark.parametrize(
    "text",
    ["2024-03-01T12:00:00.123456+00:00", "2024-03-01T12:00:00.123456Z", "2024-03-01T13:00:00.123456+01:00"],
)
def test_offsets_are_honoured(text: str) -> None:
    assert micros_of_iso(text) == 1709294400123456


@pytest.mark.parametrize("text", ["2024-03-01T12:00:00", "", "yesterday"])
def test_a_text_that_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|isoformat"):
        micros_of_iso(text)


def test_a_datetime_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2024, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    assert micros_of_datetime(moment) == 1709294400000000


@given(st.integers(0, 4_102_444_800_000_000))
def test_a_microsecond_written_as_text_is_read_as_itself(micros: int) -> None:
    assert micros_of_iso(iso_of_micros(micros)) == micros
