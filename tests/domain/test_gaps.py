"""Gaps as sets of microseconds: a naive model of what the arithmetic should come to."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ha_bridge.domain.gaps import absorbed, progressed, rest, window
from ha_bridge.domain.records import Gap

TIMES = st.integers(1, 60)


@st.composite
def gaps(draw: st.DrawFn, number: int = 0) -> Gap:
    start = draw(TIMES)
    end = start + draw(TIMES)
    cause = draw(st.sampled_from(["a", "b"]))
    return Gap(start, end, cause, filled=draw(st.integers(start, end)), number=number)


def moments(gap: Gap) -> set[int]:
    return set(range(gap.start + 1, gap.end + 1))


def unfilled(gap: Gap) -> set[int]:
    return set(range(gap.filled + 1, gap.end + 1))


def fresh(gap: Gap) -> Gap:
    return replace(gap, filled=gap.start)


@given(st.lists(gaps(), max_size=4), gaps().map(fresh))
def test_what_is_missed_is_on_record_with_nothing_beside_it(known: list[Gap], missed: Gap) -> None:
    known = [replace(gap, number=number) for number, gap in enumerate(known, 1)]
    kept = absorbed(known, missed)
    if not kept.number:
        assert kept == missed
        return
    before = known[kept.number - 1]
    assert moments(kept) == moments(before) | moments(missed)
    assert unfilled(kept) == unfilled(before) | (moments(missed) - moments(before))
    assert (kept.cause, kept.filled) == (missed.cause, before.filled)


@given(gaps(number=1))
def test_a_gap_that_is_missed_again_changes_nothing(gap: Gap) -> None:
    assert absorbed([gap], replace(gap, number=0, filled=gap.start)) == gap


def test_gaps_of_different_causes_stay_apart() -> None:
    missed = Gap(5, 9, "b", filled=5)
    assert absorbed([Gap(1, 5, "a", filled=1, number=7)], missed) == missed


@given(gaps(number=1), st.integers(1, 25))
def test_windows_cover_what_is_not_filled_each_moment_once(gap: Gap, length: int) -> None:
    covered: list[int] = []
    while rest(gap):
        after, until = window(gap, length)
        assert 0 < until - after <= length
        covered += range(after + 1, until + 1)
        gap = progressed(gap, replace(gap, filled=until))
    assert covered == sorted(unfilled(replace(gap, filled=covered[0] - 1)) if covered else [])


@given(gaps(number=1), st.integers(0, 120), st.booleans())
def test_progress_never_goes_back_nor_beyond_the_end(gap: Gap, filled: int, closed: bool) -> None:
    told = replace(gap, filled=filled, closed=closed)
    after = progressed(gap, told)
    assert gap.filled <= after.filled <= gap.end
    assert rest(after) == len(unfilled(after)) <= rest(gap)
    assert progressed(after, told) == after


def test_a_gap_that_has_become_longer_is_not_closed_by_word_of_the_shorter_one() -> None:
    longer = Gap(1, 20, "a", filled=1, number=1)
    after = progressed(longer, Gap(1, 10, "a", filled=10, note="some", closed=True, number=1))
    assert (after.closed, after.filled, after.note, after.end) == (False, 10, "some", 20)
    assert progressed(after, replace(after, filled=20, closed=True)).closed


def test_late_word_does_not_open_a_closed_gap_or_take_its_note_away() -> None:
    closed = Gap(1, 10, "a", filled=10, note="some", closed=True, number=1)
    assert progressed(closed, Gap(1, 10, "a", filled=4, number=1)) == closed
