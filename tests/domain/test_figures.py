"""Ledgers, totals and means off the samples that the parts report."""

import pytest

from ha_bridge.domain.events import Disposition
from ha_bridge.domain.figures import balances, ledgers, mean, names, number, total
from ha_bridge.domain.histogram import Histogram
from ha_bridge.domain.intake import Ledger
from ha_bridge.domain.metrics import (
    EVENTS_IN_FLIGHT,
    EVENTS_RECEIVED,
    EVENTS_SETTLED,
    HELD,
    WRITE_SECONDS,
    Samples,
)

NOTHING = dict.fromkeys(Disposition, 0)


def samples() -> Samples:
    histogram = Histogram((1, 10))
    histogram.observe([0.5, 1.5])
    return {
        EVENTS_RECEIVED: {("mqtt",): 5, ("home_assistant",): 7},
        EVENTS_SETTLED: {("mqtt", "duplicate"): 4, ("home_assistant", "written"): 7},
        EVENTS_IN_FLIGHT: {("mqtt",): 1},
        HELD: {(): 3.0},
        WRITE_SECONDS: {("main",): histogram.buckets(), ("new",): Histogram((1,)).buckets()},
    }


def test_a_number_is_found_by_its_labels_and_is_0_before_it_is_reported() -> None:
    assert number(samples(), EVENTS_RECEIVED, "mqtt") == 5
    assert number(samples(), HELD) == 3
    assert number(samples(), EVENTS_RECEIVED, "nobody") == 0
    assert number({}, EVENTS_RECEIVED, "mqtt") == 0
    assert number(samples(), WRITE_SECONDS, "main") == 0


def test_the_mean_of_a_histogram_is_unknown_while_it_is_empty() -> None:
    assert mean(samples(), WRITE_SECONDS, "main") == 1
    assert mean(samples(), WRITE_SECONDS, "new") is None
    assert mean(samples(), WRITE_SECONDS, "nobody") is None
    assert mean(samples(), EVENTS_RECEIVED, "mqtt") is None


def test_whoever_reports_is_named_once() -> None:
    assert names(samples(), EVENTS_SETTLED) == ["home_assistant", "mqtt"]


def test_the_ledger_of_each_source_is_what_it_reported() -> None:
    assert ledgers(samples()) == {
        "home_assistant": Ledger(7, NOTHING | {Disposition.WRITTEN: 7}, 0),
        "mqtt": Ledger(5, NOTHING | {Disposition.DUPLICATE: 4}, 1),
    }


def test_ledgers_add_up() -> None:
    added = total(ledgers(samples()).values())
    assert added == Ledger(12, NOTHING | {Disposition.WRITTEN: 7, Disposition.DUPLICATE: 4}, 1)
    assert total([]) == Ledger(0, NOTHING, 0)


@pytest.mark.parametrize(("received", "right"), [(4, False), (5, True), (6, False)])
def test_a_ledger_balances_when_every_event_is_accounted_for(received: int, *, right: bool) -> None:
    assert balances(Ledger(received, {Disposition.WRITTEN: 3, Disposition.SHED: 1}, 1)) is right
