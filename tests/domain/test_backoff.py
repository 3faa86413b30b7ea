from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.backoff import Backoff


def test_delays_double_up_to_the_cap() -> None:
    backoff = Backoff(initial=1, factor=2, maximum=5, jitter=0)
    assert [backoff.delay(attempt, 0) for attempt in (1, 2, 3, 4, 5)] == [1, 2, 4, 5, 5]


def test_a_factor_of_one_keeps_the_delay() -> None:
    backoff = Backoff(initial=3, factor=1, maximum=60, jitter=0)
    assert backoff.delay(1, 0) == 3
    assert backoff.delay(50, 0) == 3


@given(
    st.builds(
        Backoff,
        initial=st.floats(0.001, 100),
        factor=st.floats(1, 100),
        maximum=st.floats(0.001, 1000),
        jitter=st.floats(0, 1),
    ),
    st.integers(1, 10**9),
    st.floats(0, 1, exclude_max=True),
)
def test_no_attempt_overflows_or_passes_the_cap(backoff: Backoff, attempt: int, chance: float) -> None:
    assert 0 <= backoff.delay(attempt, chance) <= backoff.maximum


@given(st.floats(0, 1, exclude_max=True))
def test_jitter_takes_away_its_share_at_most(chance: float) -> None:
    assert 8 <= Backoff(initial=10, jitter=0.2).delay(1, chance) <= 10
