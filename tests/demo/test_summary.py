"""What a demo says at its end."""

from pathlib import Path

import pytest

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.demo.summary import equation, is_settled, summary
from ha_bridge.domain.board import Snapshot, Status
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.intake import Ledger
from ha_bridge.domain.supervision import ChildState, Health
from tests.making import point

WELL = Ledger(1500, {Disposition.WRITTEN: 1000, Disposition.DEAD_LETTERED: 500, Disposition.SHED: 0}, 0)


def snapshot(*children: Health) -> Snapshot:
    return Snapshot(Status.OK, True, True, "1.2.3", 5, children)


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        (WELL, "1,500 received = 1,000 written + 500 dead-lettered"),
        (Ledger(3, {Disposition.WRITTEN: 1}, 2), "3 received = 1 written + 2 in flight"),
        (Ledger(3, {Disposition.WRITTEN: 1}, 0), "3 received is not 1 written"),
        (Ledger(0, {}, 0), "0 received = 0"),
    ],
)
def test_the_ledger_is_an_equation(ledger: Ledger, words: str) -> None:
    assert equation(ledger) == words


@pytest.mark.parametrize(
    ("ledger", "settled"),
    [
        (WELL, True),
        (Ledger(3, {Disposition.WRITTEN: 1}, 2), False),
        (Ledger(3, {Disposition.WRITTEN: 1}, 0), False),
        (Ledger(0, {}, 0), False),
    ],
)
def test_all_is_settled_when_something_came_and_everything_has_its_end(
    ledger: Ledger, *, settled: bool
) -> None:
    assert is_settled(ledger) is settled


def test_the_summary_counts_what_is_in_the_store(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "a.db")
    store.deliver(store.encode([point(time) for time in range(3)]))
    store.close()
    lines = summary(WELL, snapshot(), LocalReader(tmp_path / "a.db")).splitlines()
    assert lines[1].startswith("Stored   3 values of 1 series in 0.")
    assert lines[2:] == ["Verdict  every event is accounted for"]


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("no database, but long enough to be looked at as one" * 20)
    assert "Stored   unknown: " in summary(WELL, snapshot(), LocalReader(tmp_path / "a.db"))


def test_what_is_missing_is_told_with_the_parts_that_are_to_blame(tmp_path: Path) -> None:
    parts = (
        Health("mqtt", ChildState.UP, "", 0, 0),
        Health("writer.local", ChildState.DEGRADED, "no space left", 0, 0),
    )
    ledger = Ledger(3, {Disposition.WRITTEN: 1}, 2)
    lines = summary(ledger, snapshot(*parts), LocalReader(tmp_path / "none.db")).splitlines()
    assert lines[2:] == [
        "Verdict  2 events have not reached an end",
        "         writer.local is degraded: no space left",
    ]
    nothing = summary(Ledger(0, {}, 0), snapshot(), LocalReader(tmp_path / "none.db"))
    assert nothing.endswith("Verdict  nothing came in")
