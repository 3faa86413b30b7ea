"""Which rule did what, in words."""

from typing import Any

from ha_bridge.domain.events import BusEvent, Event, Reading, Unreadable
from ha_bridge.domain.rules import Rules
from tests.domain.rules.making import rule, rules, state
from tests.making import batch


def said(of: Rules, event: Event, seq: int = 0) -> tuple[bool, list[str]]:
    """Tell whether anything is left, and what is said."""
    told: list[str] = []
    shaped = of.explained(batch([event], first=seq), seq, event, told.append)
    return shaped is not None, told


def test_every_rule_that_applies_is_told_and_what_it_makes_of_the_value() -> None:
    explained = rules(
        rule({"domains": ("light",)}, drop=True),
        rule(name="watts", convert="W", round=0, set_tags={"a": "b"}),
        rule(convert="°C", deadband=5),
    )
    kilo: dict[str, Any] = {"unit_of_measurement": "kW"}
    assert said(explained, state("1.5006", **kilo)) == (
        True,
        [
            'rule 2 "watts": convert, round, set_tags',
            "rule 3: convert, deadband",
            'rule 2 "watts": convert kW to W: 1.5006 -> 1500.6',
            'rule 2 "watts": round to 0: 1500.6 -> 1501.0',
            "rule 3: convert to °C: not possible from W, left as it is",
        ],
    )
    left, texts = said(explained, state("1.501", **kilo), 1)
    assert (left, texts[-1]) == (False, "rule 3: held back by deadband")


def test_what_drops_an_event_is_told() -> None:
    assert said(rules(rule(name="none", drop=True)), state("1")) == (False, ['rule 1 "none": drop'])
    assert said(rules(rule(type="number")), state("x")) == (
        False,
        ["rule 1: type", "rule 1: type number: x -> nothing"],
    )


def test_events_without_a_state_are_explained_too() -> None:
    gated = rules(rule(rate_limit=5))
    assert said(gated, Reading(1, "m", {}, {"v": 1})) == (True, ["rule 1: rate_limit"])
    left, texts = said(gated, Reading(2, "m", {}, {"v": 1}), 1)
    assert (left, texts[-1]) == (False, "rule 1: held back by rate_limit")


def test_an_event_that_no_rule_is_about_is_idle() -> None:
    lights = rules(rule({"domains": ("light",)}, drop=True))
    assert lights.is_idle(state("1"))
    assert not lights.is_idle(state("1", 1, "light.a"))
    assert lights.is_idle(BusEvent(1, "x", {}))
    assert lights.is_idle(Unreadable(1, "a", b"", "b"))
    assert said(lights, Unreadable(1, "a", b"", "b")) == (False, [])
