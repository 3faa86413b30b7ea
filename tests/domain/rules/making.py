"""Rules without ceremony."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.rules import Match, Rule, Rules, Shaped
from ha_bridge.unit_conversion import conversion
from tests.making import SECOND, batch


def rule(match: Mapping[str, Any] | None = None, **actions: Any) -> Rule:
    """A rule whose actions are written in this order."""
    return Rule(match=Match(**(match or {})), **actions, order=tuple(actions))


def registry(**areas: str) -> Registry:
    """Entities (with __ for the dot) and the areas that they are in."""
    found = Registry()
    found.learn({name.replace("__", "."): Registered(area=area) for name, area in areas.items()})
    return found


def rules(*given: Rule, known: Registry | None = None) -> Rules:
    return Rules(given, known or Registry(), UTC, conversion)


def state(
    value: str | None,
    seconds: float = 1,
    entity_id: str = "sensor.a",
    previous: str | None = "x",
    **attributes: Any,
) -> StateEvent:
    return StateEvent(round(seconds * SECOND), entity_id, value, attributes or None, previous)


class Told:
    """What a batch came to."""

    def __init__(self, applied: list[tuple[int, Event, Shaped | None]]) -> None:
        self.seqs = [seq for seq, _, _ in applied]
        self.events = [shaped.event if shaped else event for _, event, shaped in applied]
        self.shaped = [shaped for _, _, shaped in applied]
        self.states = [event.state for event in self.events if isinstance(event, StateEvent)]


def apply(
    to: Rules, *events: Event, source: str = "home_assistant", first: int = 0, resent: bool = False
) -> Told:
    made = batch(events, source, first)
    if resent:
        made = type(made)(made.source, made.seqs, made.events, resent=True)
    return Told(to.apply(made, [(seq, event, None) for seq, event in zip(made.seqs, events, strict=True)]))
