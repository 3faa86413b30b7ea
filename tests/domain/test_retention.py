"""The plan: what it does, in which order, and that it comes to an end."""

from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.retention import (
    FOREVER,
    OWN,
    Alter,
    Found,
    Make,
    Sample,
    Sampling,
    Unsample,
    Wanted,
    after,
    beginning,
    deletes,
    spans,
    steps,
)

HOUR, DAY = 3600, 86_400
PLACES = st.sampled_from([OWN, "energy", "debug", "1h"])
LIVES = st.dictionaries(PLACES, st.sampled_from([FOREVER, DAY, 30 * DAY]))
NAMES = st.sampled_from(["ours.a", "ours.b", "ours.c"])


def sampling(name: str) -> Sampling:
    return Sampling(name=name, source=OWN, target="1h", every=HOUR, fields=("value",))


wanteds = st.builds(
    Wanted, LIVES, st.lists(NAMES, unique=True).map(lambda names: tuple(sampling(name) for name in names))
)
founds = st.builds(Found, LIVES, st.frozensets(NAMES))


MOMENTS = st.integers(10**9, 2 * 10**9)
SOME = st.integers(1, 10**7)


@given(MOMENTS, st.integers(1, 10**6), st.just(FOREVER) | SOME, st.just(FOREVER) | SOME)
def test_the_first_window_is_whole_and_still_taken(now: int, every: int, source: int, target: int) -> None:
    start = beginning(now, every, source, target)
    assert start % every == 0
    if source == target == FOREVER:
        assert start == 0
    if source != FOREVER:
        assert start >= now - source
    if target != FOREVER:
        assert start > now - target + every
    earlier = start - every
    assert start == 0 or (source != FOREVER and earlier < now - source) or earlier <= now - target + every


@given(wanteds, founds)
def test_carrying_out_the_plan_gives_what_is_declared_and_there_is_nothing_left_to_do(
    wanted: Wanted, found: Found
) -> None:
    then = after(found, steps(wanted, found))
    assert then.lives == {**found.lives, **wanted.lives}
    assert then.samplings == {each.name for each in wanted.samplings}
    assert steps(wanted, then) == []


@given(wanteds, founds)
def test_nothing_goes_before_everything_else_is_done(wanted: Wanted, found: Found) -> None:
    going = [deletes(step) for step in steps(wanted, found)]
    assert going == sorted(going)


@given(founds)
def test_nothing_declared_is_nothing_done_but_for_summaries_of_ours(found: Found) -> None:
    assert steps(Wanted(), found) == [Unsample(name) for name in sorted(found.samplings)]


def test_places_are_made_first_and_lives_shortened_last() -> None:
    wanted = Wanted({OWN: DAY, "1h": FOREVER, "energy": FOREVER}, (sampling("ours.b"),))
    found = Found({OWN: FOREVER, "energy": DAY}, frozenset({"ours.a", "ours.c"}))
    assert steps(wanted, found) == [
        Make("1h", FOREVER),
        Alter("energy", DAY, FOREVER),
        Unsample("ours.a"),
        Unsample("ours.c"),
        Sample(sampling("ours.b")),
        Alter(OWN, FOREVER, DAY),
    ]


def test_only_a_shorter_life_deletes() -> None:
    assert deletes(Alter(OWN, FOREVER, DAY))
    assert deletes(Alter(OWN, DAY, HOUR))
    assert not deletes(Alter(OWN, HOUR, DAY))
    assert not deletes(Alter(OWN, DAY, FOREVER))
    assert not deletes(Make(OWN, HOUR))
    assert not deletes(Unsample("ours.a"))


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(1, 10**6), st.sampled_from([1, 7, HOUR]))
def test_spans_are_whole_windows_side_by_side(start: int, length: int, longest: int, every: int) -> None:
    end = start + length
    found = list(spans(start, end, longest, every))
    edges = [edge for span in found for edge in span]
    assert all(edge % every == 0 for edge in edges)
    assert all(0 < until - since <= max(longest, every) for since, until in found)
    assert edges[1:-1:2] == edges[2::2]
    if found:
        assert (edges[0], edges[-1]) == (start - start % every, end - end % every)
    else:
        assert end // every <= start // every
