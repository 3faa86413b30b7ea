import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.payloads import (
    Unreadable,
    finite,
    iso_time_of,
    json_of,
    micros_of,
    number_of,
    problem,
    text_of,
)
from tests.domain.mqtt.messages import STAMP, STAMP_MICROS


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"{", "no JSON"),
        (b"", "no JSON"),
        (b"on", "no JSON"),
        (b'{"a":1} x', "no JSON"),
        (b'"\xff"', "not UTF-8"),
        (b"[" * 100_000, "too deep"),
        (b"9" * 5_000_000, "no JSON"),
        (rb'[NaN, "\ud83d"]', "half a character"),
    ],
)
def test_what_is_no_json_is_unreadable(payload: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        json_of(payload)


def test_json_may_say_nan_as_python_does() -> None:
    assert math.isnan(json_of(b'{"a": NaN}')["a"])
    assert json_of(rb'[Infinity, "\ud83d\ude00"]') == [math.inf, "😀"]


def test_text_is_utf8() -> None:
    assert text_of("°C".encode()) == "°C"
    with pytest.raises(Unreadable, match="not UTF-8"):
        text_of(b"\xff")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("21.5", 21.5),
        (" -3 ", -3.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("ON", 1.0),
        ("Offline", 0.0),
        ("true", 1.0),
        ("1_000", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("0x1f", None),
        ("", None),
        ("idle", None),
    ],
)
def test_a_text_may_say_a_number(text: str, number: float | None) -> None:
    assert number_of(text) == number


def test_an_integer_too_large_is_no_number() -> None:
    assert finite(10**400) is None
    assert finite(True) == 1.0


@pytest.mark.parametrize(
    "value",
    [STAMP, "2024-03-04T06:06:07.000008+01:00", STAMP_MICROS, STAMP_MICROS * 1000, 1_709_528_767.000008],
)
def test_a_device_may_write_its_time_in_many_ways(value: Any) -> None:
    assert micros_of(value) == STAMP_MICROS


@pytest.mark.parametrize(
    "value", [1_709_528_767, 1_709_528_767_000, "1709528767", "1709528767.0", 1_709_528_767_000.0]
)
def test_seconds_and_milliseconds_are_told_apart_by_their_size(value: Any) -> None:
    assert micros_of(value) == 1_709_528_767_000_000


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        "",
        "yesterday",
        "2024-03-04T05:06:07",
        "nan",
        "inf",
        math.nan,
        12,
        -1,
        1e30,
        10**400,
        "1970-01-01T00:00:09Z",
    ],
)
def test_what_is_no_time_or_that_of_an_unset_clock_is_none(value: Any) -> None:
    assert micros_of(value) is None


@given(st.floats() | st.integers() | st.text())
def test_any_time_is_one_that_influxdb_can_hold(value: Any) -> None:
    micros = micros_of(value)
    assert micros is None or 0 < micros * 1000 < 2**63


def test_an_iso_time_is_read_or_unreadable() -> None:
    assert iso_time_of(STAMP.encode()) == STAMP_MICROS
    for payload in (b"", b"soon", b"2024-03-04", b"\xff", b"9999-01-01T00:00:00Z", b"1969-01-01T00:00:00Z"):
        with pytest.raises(Unreadable):
            iso_time_of(payload)


def test_a_problem_names_topic_and_reason_and_shows_the_beginning() -> None:
    assert problem("a/b", "no JSON", b"x\ny") == "'a/b': no JSON: b'x\\ny'"
    assert len(problem("t" * 9999, "too long", b"\xff" * 9999)) < 700
