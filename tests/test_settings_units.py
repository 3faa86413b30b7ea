import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.settings.kinds import Bytes
from ha_bridge.settings.units import duration, duration_text, size, size_text
from ha_bridge.settings.values import convert
from ha_bridge.settings.wants import wants
from ha_bridge.settings.written import Given


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("250ms", 0.25),
        ("5s", 5.0),
        ("1.5m", 90.0),
        ("1h30m", 5400.0),
        ("1h 30m", 5400.0),
        (" 2H ", 7200.0),
        ("30d", 2_592_000.0),
        ("2w", 1_209_600.0),
        ("90", 90.0),
        (90, 90.0),
        (0.1, 0.1),
        (0, 0.0),
    ],
)
def test_a_duration_is_read_as_seconds(written: object, seconds: float) -> None:
    assert duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "s", "5 parsecs", "-5s", "5s!", "5s5", "1e3", "٣s", -1, True, None, [], 1e400, float("nan")],
)
def test_what_is_not_a_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        duration(written)


@given(st.floats(min_value=0, max_value=1e12, allow_nan=False))
def test_a_duration_survives_being_written_and_read(seconds: float) -> None:
    assert duration(duration_text(seconds)) == seconds


@given(st.integers(min_value=0, max_value=2**62))
def test_a_size_survives_being_written_and_read(count: int) -> None:
    assert size(size_text(count)) == count


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "100ms"), (10, "10s"), (600, "10m"), (604_800, "7d"), (0, "0s"), (1e-7, "0.0000001s")],
)
def test_a_duration_is_written_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("written", "count"),
    [("512MB", 512_000_000), ("1GiB", 2**30), ("64 kib", 65_536), ("1.5kB", 1500), (7, 7), ("7", 7)],
)
def test_a_size_is_read_as_bytes(written: object, count: int) -> None:
    assert size(written) == count


@pytest.mark.parametrize("written", ["MB", "5 pages", "-1", -1, False])
def test_what_is_not_a_size_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        size(written)


def test_a_setting_may_be_a_size() -> None:
    assert convert(Bytes, Given("64MB", "here")) == 64_000_000
    assert wants(Bytes) == 'a size such as "64MB" or "1GiB" from 1B'
