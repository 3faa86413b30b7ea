from msgspec.structs import replace

from ha_bridge.domain.agenda import Agenda
from ha_bridge.domain.records import Gap

ONE = Gap(10, 20, "a", filled=10, number=1)
TWO = Gap(30, 40, "a", filled=30, number=2)


def closed(gap: Gap) -> Gap:
    return replace(gap, filled=gap.end, closed=True)


def is_unconfirmed(agenda: Agenda) -> bool:
    return agenda.unconfirmed


def test_gaps_are_filled_oldest_first_and_none_before_its_time() -> None:
    agenda = Agenda(delay=10)
    assert agenda.told([ONE], now=0) == []
    agenda.told([ONE, TWO], now=5)
    assert agenda.next(9) is None
    assert agenda.next(10) == ONE
    agenda.filled(closed(ONE))
    assert agenda.next(14) is None
    assert agenda.next(15) == TWO


def test_a_gap_that_has_become_longer_is_young_again() -> None:
    agenda = Agenda(delay=10)
    agenda.told([ONE], now=0)
    longer = replace(ONE, end=25)
    agenda.told([longer], now=8)
    assert agenda.next(17) is None
    assert agenda.next(18) == longer


def test_a_gap_that_is_on_record_no_more_is_not_filled() -> None:
    agenda = Agenda(delay=0)
    agenda.told([ONE], now=0)
    agenda.told([], now=0)
    assert agenda.next(0) is None


def test_a_gap_told_as_open_after_it_was_filled_is_told_of_again_and_not_filled_again() -> None:
    agenda = Agenda(delay=0)
    agenda.told([ONE], now=0)
    agenda.filled(closed(ONE))
    assert agenda.told([ONE, TWO], now=1) == [closed(ONE)]
    assert agenda.next(1) == TWO
    assert is_unconfirmed(agenda)
    agenda.told([TWO], now=2)
    assert not is_unconfirmed(agenda)
    assert agenda.told([ONE], now=3) == []
    assert agenda.next(3) == ONE


def test_a_gap_that_became_longer_while_it_was_filled_goes_on_from_there() -> None:
    agenda = Agenda(delay=0)
    longer = replace(ONE, end=25)
    agenda.told([longer], now=0)
    agenda.filled(closed(ONE))
    rest = agenda.next(0)
    assert rest == replace(longer, filled=20)
    assert agenda.told([rest], now=1) == []
    agenda.filled(closed(longer))
    assert agenda.next(1) is None
    assert agenda.told([rest], now=1) == [closed(longer)]


def test_another_gap_with_the_same_number_is_another_gap() -> None:
    agenda = Agenda(delay=0)
    agenda.told([ONE], now=0)
    agenda.filled(closed(ONE))
    other = replace(TWO, number=1)
    assert agenda.told([other], now=1) == []
    assert agenda.next(1) == other
