"""A suite that could not complain would prove nothing."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos import judge
from tests.chaos.book import Book
from tests.chaos.held import Damage
from tests.chaos.roads import Road, json_road, poison_road, states_road, value_road
from tests.chaos.run import Struck
from tests.chaos.schedule import Step
from tests.chaos.table import Blame, printed, rows, total
from tests.chaos.verdict import Fate


def book(*moments: float) -> Book:
    """Numbers from 1 that were sent, and acknowledged at once, at these moments."""
    found = Book()
    found.sent = dict(enumerate(moments, 1))
    found.acknowledged = dict(found.sent)
    return found


def fate(road: Road, arrived: list[int], dead: tuple[int, ...] = (), sink: str = "influx") -> Fate:
    twice = frozenset(number for number in arrived if arrived.count(number) > 1)
    return Fate(sink, road, frozenset(road.book.due), frozenset(arrived), frozenset(dead), frozenset(), twice)


def struck(kind: str, start: float, recovery: float | None = 1.0) -> Struck:
    return Struck(Step(kind, "", 0, 0, 0), start, start + 1, recovery)


PLAYED = [struck("kill bridge", 10), struck("journal damaged", 20, 3.0), struck("kill bridge", 30, 2.0)]


def test_a_number_belongs_to_the_fault_that_struck_last_before_it() -> None:
    sent = book(5, 15, 25, 35)
    faults = Blame(PLAYED).faults(fate(json_road(sent), []), [1, 2, 3, 4])
    assert list(faults) == ["before any fault", "kill bridge", "journal damaged", "kill bridge"]


def test_the_table_has_what_each_fault_has_cost() -> None:
    found = [
        fate(json_road(book(5, 15, 25, 35)), [1, 1, 2, 2]),
        fate(value_road(book(15)), [1, 1]),
        fate(json_road(book(5, 15, 25, 35)), [1, 2, 3], sink="mirror"),
    ]
    table = rows(PLAYED, found)
    assert [row[:5] for row in table] == [
        ("before any fault", 0, 1, 0, 1),
        ("journal damaged", 1, 1, 1, 0),
        ("kill bridge", 2, 3, 2, 1),
    ]
    assert total(table)[:5] == ("total", 3, 5, 3, 2)
    assert [line.split() for line in printed(table).splitlines()[2:]] == [
        ["journal", "damaged", "1", "1", "1", "0", "3.0", "s", "3.0", "s"],
        ["kill", "bridge", "2", "3", "2", "1", "1.5", "s", "2.0", "s"],
        ["total", "3", "5", "3", "2", "2.0", "s", "3.0", "s"],
    ]


def world(said: tuple[str, ...] = (), **more: Any) -> Any:
    """As much of a world as the judge looks at."""
    rest = SimpleNamespace(at_rest=True)
    bridge = SimpleNamespace(
        losses=lambda: said,
        open_gaps=lambda: more.get("gaps", []),
        metrics=lambda: SimpleNamespace(ledger=lambda _: more.get("ledger", rest)),
    )
    memory = SimpleNamespace(look=lambda: None, peak=more.get("peak", 0))
    return SimpleNamespace(
        bridge=bridge,
        memory=memory,
        arrivals={"influx": None},
        sources=("mqtt",),
        damages=more.get("damages", []),
    )


def damage(*values: int) -> Damage:
    """What took these numbers of the JSON road."""
    return Damage("1 bits", {"influx": Counter(("chaos_json", "1", value, value) for value in values)})


SENT = book(5, 15, 25, 35)
WELL = fate(json_road(SENT), [1, 2, 3, 4])
LOST_ONE = "1 of 2 payloads with 1 point for sink influx could not be read"


def test_there_is_nothing_to_complain_of_where_all_is_well() -> None:
    assert judge.complaints(world(), PLAYED, [WELL, fate(value_road(SENT), [1, 1, 2, 3, 4])]) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (fate(json_road(SENT), [1, 3, 4]), "1 lost: 2"),
        (fate(json_road(SENT), [1, 2, 3, 4, 4]), "1 more than once: 4"),
        (fate(json_road(SENT), [1, 2, 3], dead=(4,)), "1 good ones in the dead letters: 4"),
        (fate(poison_road(SENT), [1, 2, 3]), "1 lost: 4"),
    ],
)
def test_what_is_wrong_with_events_is_said(found: Fate, words: str) -> None:
    (complaint,) = judge.complaints(world(), PLAYED, [found])
    assert words in complaint


@pytest.mark.parametrize(
    ("played", "chaos", "words"),
    [
        ([struck("kill bridge", 10, None)], world(), "not live again"),
        (PLAYED, world(gaps=[{"number": 1}]), "1 gaps are open"),
        (PLAYED, world(ledger=SimpleNamespace(at_rest=False)), "does not balance"),
        (PLAYED, world(peak=judge.MEMORY_CAP + 1), "300 MB resident"),
        (PLAYED, world((LOST_ONE,)), "0 points for influx cannot be read any more, 1 were reported"),
        (PLAYED, world(damages=[damage(3)]), "1 points for influx cannot be read any more, 0 were reported"),
    ],
)
def test_what_is_wrong_with_the_bridge_is_said(played: list[Struck], chaos: Any, words: str) -> None:
    (complaint,) = judge.complaints(chaos, played, [WELL])
    assert words in complaint


def test_a_few_states_may_be_told_late_and_without_their_time() -> None:
    well = fate(states_road(book(*range(1000))), list(range(1, 1001)))
    few, many = (well._replace(late=frozenset(range(1, count + 1))) for count in (5, 6))
    assert judge.complaints(world(), PLAYED, [few]) == []
    (complaint,) = judge.complaints(world(), PLAYED, [many])
    assert "6 at two times" in complaint


@pytest.mark.parametrize("said", [LOST_ONE, "at least " + LOST_ONE])
def test_a_loss_that_was_reported_is_none(said: str) -> None:
    chaos = world((said,), damages=[damage(3)])
    assert judge.complaints(chaos, PLAYED, [fate(json_road(SENT), [1, 2, 4])]) == []


def test_what_a_damaged_journal_never_held_is_lost_all_the_same() -> None:
    chaos = world((LOST_ONE,), damages=[damage(3)])
    (complaint,) = judge.complaints(chaos, PLAYED, [fate(json_road(SENT), [1, 4])])
    assert complaint == "MQTT, JSON, in influx: 1 lost: 2"


def test_more_may_be_lost_where_at_least_so_many_were_reported() -> None:
    found = [fate(json_road(book(22, 23, 24)), [])]
    damages = [damage(1, 2, 3)]
    assert judge.complaints(world(("at least " + LOST_ONE,), damages=damages), PLAYED, found) == []
    assert len(judge.complaints(world((LOST_ONE,), damages=damages), PLAYED, found)) == 1


def test_poison_may_be_among_the_dead_letters() -> None:
    assert judge.complaints(world(), PLAYED, [fate(poison_road(SENT), [1, 2, 3], dead=(4,))]) == []
