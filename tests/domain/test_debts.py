from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.debts import Debts
from ha_bridge.domain.dedup import Duplicate
from ha_bridge.domain.events import Disposition

WRITTEN, DEAD, DUPLICATE = Disposition.WRITTEN, Disposition.DEAD_LETTERED, Disposition.DUPLICATE


def test_an_event_is_settled_when_its_last_sink_has_answered() -> None:
    debts = Debts()
    debts.owe("ws", {1: 0b11, 2: 0b01})
    assert debts.answer(0b01, "ws", [1, 2], WRITTEN) == {("ws", WRITTEN): [2]}
    assert debts.open == 1
    assert debts.answer(0b10, "ws", [1], WRITTEN) == {("ws", WRITTEN): [1]}
    assert debts.open == 0


def test_the_worst_answer_counts() -> None:
    debts = Debts()
    debts.owe("ws", {1: 0b111, 2: 0b11})
    debts.answer(0b01, "ws", [1], DEAD)
    debts.answer(0b10, "ws", [1], WRITTEN)
    assert debts.answer(0b100, "ws", [1], WRITTEN) == {("ws", DEAD): [1]}
    debts.answer(0b01, "ws", [2], WRITTEN)
    assert debts.answer(0b10, "ws", [2], DEAD) == {("ws", DEAD): [2]}


def test_one_sink_answering_twice_does_not_answer_for_another() -> None:
    debts = Debts()
    debts.owe("ws", {1: 0b11})
    assert not debts.answer(0b01, "ws", [1], WRITTEN)
    assert not debts.answer(0b01, "ws", [1], WRITTEN)


def test_an_answer_nobody_waits_for_is_ignored() -> None:
    assert not Debts().answer(1, "ws", [7], WRITTEN)


def test_a_duplicate_shares_the_fate_of_its_first() -> None:
    debts = Debts()
    debts.owe("ws", {1: 1})
    assert not debts.follow([Duplicate(("mqtt", 5), ("ws", 1)), Duplicate(("mqtt", 6), ("ws", 1))])
    assert debts.answer(1, "ws", [1], WRITTEN) == {("ws", WRITTEN): [1], ("mqtt", DUPLICATE): [5, 6]}


def test_a_duplicate_of_what_is_settled_is_settled_at_once() -> None:
    assert Debts().follow([Duplicate(("mqtt", 5), ("ws", 1))]) == {("mqtt", DUPLICATE): [5]}


def test_a_resend_starts_afresh() -> None:
    debts = Debts()
    debts.owe("ws", {1: 0b11})
    debts.answer(0b01, "ws", [1], WRITTEN)
    debts.owe("ws", {1: 0b11})
    assert not debts.answer(0b10, "ws", [1], WRITTEN)
    assert debts.answer(0b01, "ws", [1], WRITTEN) == {("ws", WRITTEN): [1]}


@given(st.dictionaries(st.integers(0, 20), st.integers(1, 7)), st.randoms(use_true_random=False))
def test_every_event_is_settled_exactly_once_after_all_have_answered(
    owing: dict[int, int], random: object
) -> None:
    debts = Debts()
    debts.owe("ws", owing)
    answers = [(bit, seq) for seq, bits in owing.items() for bit in (1, 2, 4) if bits & bit]
    random.shuffle(answers)  # type: ignore[attr-defined]
    settled = [
        seq
        for bit, seq in answers
        for seqs in debts.answer(bit, "ws", [seq], WRITTEN).values()
        for seq in seqs
    ]
    assert sorted(settled) == sorted(owing)
