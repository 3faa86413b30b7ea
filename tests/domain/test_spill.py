from ha_bridge.domain.batcher import Share
from ha_bridge.domain.parcel import Parcel
from ha_bridge.domain.spill import Spillway


def parcel(seq: int) -> Parcel:
    return Parcel(b"", [Share("ws", (seq,))], (0,))


def test_nothing_is_due_while_the_sink_is_there() -> None:
    spillway = Spillway()
    assert not spillway.is_due(0, away=False, urgent=True)


def test_a_sink_that_came_back_meanwhile_starts_the_patience_afresh() -> None:
    spillway = Spillway()
    assert not spillway.is_due(0, away=True, urgent=False)
    assert not spillway.is_due(4, away=False, urgent=False)
    assert not spillway.is_due(6, away=True, urgent=False)
    assert spillway.is_due(11, away=True, urgent=False)


def test_one_spill_is_underway_at_a_time() -> None:
    spillway = Spillway()
    tickets = spillway.send([parcel(1)], now=0)
    assert not spillway.is_due(100, away=True, urgent=True)
    assert spillway.carriers() == {("ws", 1)}
    assert len(spillway) == 1
    assert spillway.answered([tickets[0][0]], "") == [tickets[0][1]]
    assert spillway.is_due(100, away=True, urgent=True)


def test_no_answer_is_overdue_where_none_is_awaited() -> None:
    assert not Spillway().overdue(1000)
