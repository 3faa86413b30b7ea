from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import Disposition
from ha_bridge.domain.intake import Intake
from tests.making import state


def test_events_get_consecutive_numbers() -> None:
    intake = Intake("ws", 10)
    assert list(intake.admit([state(), state()]).seqs) == [0, 1]
    assert list(intake.admit([state()]).seqs) == [2]


def test_what_does_not_fit_is_shed_and_counted() -> None:
    intake = Intake("ws", 2)
    assert len(intake.admit([state(), state(), state()]).events) == 2
    ledger = intake.ledger()
    assert (ledger.received, ledger.settled[Disposition.SHED], ledger.in_flight) == (3, 1, 2)


def test_what_may_not_be_shed_is_taken_in_above_the_limit() -> None:
    intake = Intake("mqtt", 1)
    assert len(intake.admit([state(), state()], sheddable=False).events) == 2


def test_only_the_contiguous_prefix_may_be_acknowledged() -> None:
    intake = Intake("ws", 10)
    intake.admit([state(), state(), state()])
    intake.settle([1, 2], Disposition.WRITTEN)
    assert intake.low == 0
    intake.settle([0], Disposition.WRITTEN)
    assert intake.low == 3


def test_it_knows_when_it_is_half_full() -> None:
    intake = Intake("ws", 4)
    intake.admit([state()])
    assert not intake.half_full
    intake.admit([state()])
    assert intake.half_full


def test_what_is_unsettled_is_sent_again_under_its_old_numbers() -> None:
    intake = Intake("ws", 10)
    intake.admit([state(time=1), state(time=2)])
    intake.settle([0], Disposition.FILTERED)
    again = intake.unsettled()
    assert (list(again.seqs), [event.time for event in again.events], again.resent) == ([1], [2], True)


def test_it_is_at_rest_only_when_closed_and_empty() -> None:
    intake = Intake("ws", 10)
    intake.admit([state()])
    intake.closed = True
    assert not intake.at_rest
    intake.settle([0], Disposition.WRITTEN)
    assert intake.at_rest


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("admit"), st.integers(0, 5)),
            st.tuples(st.just("settle"), st.lists(st.integers(0, 40), max_size=6)),
        )
    )
)
def test_the_ledger_always_balances(steps: list[tuple[str, object]]) -> None:
    intake = Intake("ws", 7)
    offered = 0
    for step, argument in steps:
        if step == "admit" and isinstance(argument, int):
            intake.admit([state()] * argument)
            offered += argument
        elif isinstance(argument, list):
            intake.settle(argument, Disposition.WRITTEN)
        ledger = intake.ledger()
        assert ledger.received == offered == sum(ledger.settled.values()) + ledger.in_flight
        assert ledger.in_flight <= 7
        assert all(seq >= intake.low for seq in intake.unsettled().seqs)


def test_the_waiting_events_are_shown_in_the_order_of_their_arrival() -> None:
    intake = Intake("ws", 10)
    events = [state(time=time) for time in (7, 5, 6)]
    intake.admit(events)
    intake.settle([0], Disposition.WRITTEN)
    assert list(intake.waiting) == events[1:]
