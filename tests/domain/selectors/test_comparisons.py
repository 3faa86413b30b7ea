"""Comparisons with attributes and states."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.selectors.comparisons import all_hold, flaw, state_holds

HOME = {"battery": 19, "text": "19.5", "source": "gps", "on": True, "none": None, "list": [1], "odd name": 1}


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("battery < 20", True),
        ("battery<20", True),
        ("battery <= 19", True),
        ("battery < 19", False),
        ("battery > 18.5", True),
        ("battery >= 20", False),
        ("text < 20", True),
        ("battery == 19", True),
        ("battery == 19.0", True),
        ("battery != 19", False),
        ("source == gps", True),
        ('source == "gps"', True),
        ("source != gps", False),
        ("source < 20", False),
        ("on == true", True),
        ("on == 1", False),
        ("on > 0", False),
        ("none == null", True),
        ("source ~ g*", True),
        ("source ~ /p.$/", True),
        ("source ~ G*", False),
        ("list == [1]", True),
        ("odd name == 1", True),
        ("battery", True),
        ("!battery", False),
        ("! missing", True),
        ("missing", False),
        ("missing == 1", False),
        ("missing != 1", True),
        ("missing < 1", False),
        ("missing ~ *", False),
    ],
)
def test_a_comparison_is_what_it_looks_like(written: str, holds: bool) -> None:
    assert all_hold([written])(HOME) is holds


def test_all_of_them_must_hold() -> None:
    assert all_hold(["battery > 10", "battery < 20"])(HOME)
    assert not all_hold(["battery > 10", "battery < 19"])(HOME)
    assert all_hold([])({})


@pytest.mark.parametrize(
    ("written", "state", "holds"),
    [
        ("> 20", "20.5", True),
        ("> 20", "20", False),
        ("== on", "on", True),
        ("on", "on", True),
        ("on", "off", False),
        ("!= unavailable", "on", True),
        ("~ un*", "unknown", True),
        ("> 20", "unavailable", False),
        ("< 1e999", "nan", False),
        ("not_home", "not_home", True),
    ],
)
def test_a_state_is_compared_in_the_same_way(written: str, state: str, holds: bool) -> None:
    if not flaw(written, of_state=True):
        assert state_holds([written])(state) is holds


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_ordered_as_numbers(value: float, limit: float) -> None:
    for sign, expected in (("<", value < limit), (">=", value >= limit), ("==", value == limit)):
        assert state_holds([f"{sign} {limit!r}"])(repr(value)) is expected
        assert all_hold([f"a {sign} {limit!r}"])({"a": value}) is expected


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("battery < low", "low is no number"),
        ("< 20", "battery_level < 20"),
        ("battery <", "battery_level < 20"),
        ("!", "battery_level < 20"),
        ("battery = 3", "battery_level < 20"),
        ("battery < 20", ""),
        ("battery", ""),
    ],
)
def test_what_is_no_comparison_is_told_with_the_forms_that_are(written: str, complaint: str) -> None:
    found = flaw(written)
    assert complaint in found
    assert bool(found) is bool(complaint)


@pytest.mark.parametrize(
    ("written", "good"), [("> 20", True), ("on", True), ("a > 20", False), ("> x", False)]
)
def test_a_state_has_no_name(written: str, good: bool) -> None:
    assert (flaw(written, of_state=True) == "") is good


@given(st.text(), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.integers())))
def test_whatever_is_written_is_either_a_flaw_or_a_test_that_answers(written: str, value: Any) -> None:
    if not flaw(written):
        assert all_hold([written])({"a": value}) in (True, False)
