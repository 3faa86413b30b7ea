"""Rates over the last seconds."""

from ha_bridge.demo.rates import Rates
from ha_bridge.domain.metrics import EVENTS_RECEIVED, Samples


def total(count: float) -> Samples:
    return {EVENTS_RECEIVED: {("mqtt",): count}}


def test_a_steady_counter_has_a_steady_rate_however_often_one_looks() -> None:
    # The parts report once a second; looking twice as often must not show 0 and twice the rate by turns.
    rates = Rates(window=5)
    rates.note({}, 100)
    shown = []
    for step in range(1, 40):
        rates.note(total(step // 2 * 10), 100 + step / 2)
        shown.append(rates.per_second(EVENTS_RECEIVED, "mqtt"))
    assert shown[0] is None
    assert all(rate is not None and 6 <= rate <= 12 for rate in shown[1:])


def test_what_was_before_the_window_is_forgotten() -> None:
    rates = Rates(window=5)
    rates.note(total(0), 0)
    rates.note(total(1000), 1)
    for second in range(2, 8):
        rates.note(total(1000), second)
    assert rates.per_second(EVENTS_RECEIVED, "mqtt") == 0


def test_a_rate_over_an_instant_is_none() -> None:
    rates = Rates()
    assert rates.per_second(EVENTS_RECEIVED, "mqtt") is None
    rates.note(total(0), 1)
    rates.note(total(500), 1.001)
    assert rates.per_second(EVENTS_RECEIVED, "mqtt") is None
