from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.batcher import Batcher, event_boundary
from ha_bridge.domain.routing import Points
from tests.making import point


def points(*seqs: int, source: str = "ws", urgent: bool = False) -> Points:
    return Points(source, seqs, [point(time=seq) for seq in seqs], urgent=urgent)


def test_a_batch_is_ready_at_its_size() -> None:
    batcher = Batcher(3, 10)
    batcher.append(points(1, 2), now=0)
    assert not batcher.is_ready(0)
    batcher.append(points(3), now=0)
    assert batcher.is_ready(0)


def test_a_batch_is_ready_an_interval_after_its_oldest_point() -> None:
    batcher = Batcher(100, 10)
    batcher.append(points(1), now=0)
    batcher.append(points(2), now=9)
    assert not batcher.is_ready(9.9)
    assert batcher.is_ready(10)


def test_a_pressed_source_makes_it_ready_at_once() -> None:
    batcher = Batcher(100, 10)
    batcher.append(points(1, urgent=True), now=0)
    assert batcher.is_ready(0)
    batcher.take(0)
    batcher.append(points(2), now=0)
    assert not batcher.is_ready(0)
    batcher.hurry()
    assert batcher.is_ready(0)


def test_a_load_that_was_too_large_makes_later_ones_smaller_for_a_while() -> None:
    batcher = Batcher(10, 0)
    batcher.shrink(20, now=0)
    batcher.shrink(3, now=0)
    sizes = []
    for now in (59, 60, 61, 120, 200):
        batcher.append(points(*range(20)), now)
        sizes.append(len(batcher.take(now).points))
        while batcher.points:
            batcher.take(now)
    assert sizes == [3, 6, 6, 10, 10]


def test_nothing_is_never_ready() -> None:
    batcher = Batcher(1, 0)
    batcher.hurry()
    assert not batcher.is_ready(1e9)


def test_a_load_is_cut_between_events_only() -> None:
    batcher = Batcher(2, 0)
    batcher.append(points(1, 2, 2, 2, 3), now=0)
    assert [share.seqs for share in batcher.take(0).shares] == [(1, 2, 2, 2)]
    assert [share.seqs for share in batcher.take(0).shares] == [(3,)]


def test_the_events_of_a_load_come_one_by_one_with_their_points() -> None:
    batcher = Batcher(10, 0)
    batcher.append(points(1, 1, 2), now=0)
    batcher.append(points(1, source="mqtt"), now=0)
    events = [(share.source, share.seqs, len(own)) for own, share in batcher.take(0).events()]
    assert events == [("ws", (1, 1), 2), ("ws", (2,), 1), ("mqtt", (1,), 1)]


def test_what_waits_is_known_by_its_carrier() -> None:
    batcher = Batcher(10, 0)
    batcher.append(points(1, 2), now=0)
    assert batcher.carriers() == {("ws", 1), ("ws", 2)}


def test_the_boundary_after_the_end_is_the_end() -> None:
    assert event_boundary([1, 1], 9) == 2


@given(st.lists(st.lists(st.integers(0, 5), min_size=1).map(sorted), max_size=10), st.integers(1, 7))
def test_everything_comes_out_once_and_in_order(chunks: list[list[int]], size: int) -> None:
    batcher = Batcher(size, 0)
    for chunk in chunks:
        batcher.append(points(*chunk), now=0)
    out: list[int] = []
    while batcher.points:
        load = batcher.take(0)
        assert [share_seq for share in load.shares for share_seq in share.seqs] == [
            p.time for p in load.points
        ]
        out += [p.time for p in load.points]
    assert out == [seq for chunk in chunks for seq in chunk]
