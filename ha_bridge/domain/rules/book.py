"""All rules together: events in, changed ones out, and which of them are to be repeated."""

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from ha_bridge.domain.events import HISTORY, Batch, BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.generations import Generations
from ha_bridge.domain.points import Point
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.rules.aliases import Aliases
from ha_bridge.domain.rules.heartbeats import GRACE, Heartbeats
from ha_bridge.domain.rules.plans import Plan, Plans
from ha_bridge.domain.rules.recipe import Pass, Recipe, Trace
from ha_bridge.domain.rules.rule import Rule
from ha_bridge.domain.rules.values import Convert
from ha_bridge.domain.selectors import Zone

VERDICTS = 20_000
"""How many verdicts of gates are remembered, for events that come again: as many as the deduplicator remembers."""


class Shaped(NamedTuple):
    """An event as the rules have made it, and what they want of its points."""

    event: Event
    recipe: Recipe

    def is_for(self, sink: str) -> bool:
        return self.recipe.sinks is None or sink in self.recipe.sinks

    def reshape(self, points: Sequence[Point]) -> Sequence[Point]:
        """What the rules make of the points that a layout has made of the event."""
        reshape = self.recipe.reshape
        return reshape.points(self.event, points) if reshape else points


Told = tuple[int, Event, Shaped | None]
"""The seq of an event, the event as it came, and as the rules have made it: None where they leave it as it is."""


class Rules:
    """Outlives the actor that applies it, so that nothing that was held back or let pass is judged anew.

    An event that comes again (its carrier is the same) gets the verdict that it got; where that is forgotten it passes,
    so that no event that was to be written is lost by coming twice.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        registry: Registry,
        zone: Zone,
        convert: Convert,
        grace: int = GRACE,
    ) -> None:
        self.heartbeats = Heartbeats(grace)
        self._beating = any(rule.heartbeat for rule in rules)
        self.aliases = Aliases(registry) if any(rule.rename for rule in rules) else None
        self.plans = Plans(rules, registry, zone, convert, self.aliases)
        self.verdicts: Generations[tuple[str, int], bool] = Generations(VERDICTS)

    def apply(self, batch: Batch, wanted: Sequence[Told]) -> list[Told]:
        """What is left of the events of a batch, in order."""
        told: list[Told] = []
        plan_of, past = self.plans.of, batch.source == HISTORY
        beats = {} if past else self.heartbeats.intervals
        for each in wanted:
            seq, event, _ = each
            plan = plan_of(event, past=past)
            if plan is not None and plan.plain is None and not plan.idle:
                if shaped := self._shaped(batch, seq, event, plan):
                    told.append((seq, event, shaped))
                continue
            if beats and isinstance(event, StateEvent):
                self.heartbeats.forget(event.entity_id)
            if plan is None or plan.plain is None:
                told.append(each)
            elif (changed := plan.plain.apply(event, None)) is not None:
                told.append((seq, event, Shaped(changed, plan.plain)))
        return told

    def is_idle(self, event: Event) -> bool:
        """Whether no rule is about the event."""
        plan = self.plans.of(event)
        return plan is None or plan.idle

    def explained(self, batch: Batch, seq: int, event: Event, trace: Trace) -> Shaped | None:
        """The same for one event, with the trace told of every rule that applies."""
        plan = self.plans.of(event, past=batch.source == HISTORY)
        return None if plan is None else self._shaped(batch, seq, event, plan, trace)

    def inherit(self, before: "Rules") -> None:
        """Go on where other rules have been: rules that are the same remember what they did, and verdicts stay.

        What was repeated goes on to be, where these rules want it too.
        """
        self.verdicts = before.verdicts
        self.plans.inherit(before.plans)
        for source, event in before.heartbeats.noted():
            self._note(source, event, self.plans.of_state(event).recipe(event))
        self.heartbeats.inherit(before.heartbeats)

    def meet(self, source: str, events: Iterable[StateEvent]) -> None:
        """What was told before there were these rules: where they want it repeated, that begins at once."""
        for event in events if self._beating else ():
            self._note(source, event, self.plans.of_state(event).recipe(event))

    def repeat(self, event: StateEvent) -> Shaped | None:
        """Shape what is due to be repeated; it passes every gate. None where no rule wants it repeated."""
        recipe = self.plans.of_state(event).recipe(event)
        if recipe.dropped_by or not recipe.heartbeat:
            return None
        shaped = recipe.apply(event, None)
        return Shaped(shaped, recipe) if shaped else None

    def _shaped(
        self, batch: Batch, seq: int, event: Event, plan: Plan, trace: Trace | None = None
    ) -> Shaped | None:
        recipe = plan.recipe(event)
        if trace:
            for text in recipe.said():
                trace(text)
        if isinstance(event, StateEvent):
            self._note(batch.source, event, recipe)
        if recipe.dropped_by:
            return None
        if not recipe.rules:
            return Shaped(event, recipe)
        shaped = self._judged(batch, seq, event, recipe, trace)
        return Shaped(shaped, recipe) if shaped else None

    def _note(self, source: str, event: StateEvent, recipe: Recipe) -> None:
        if event.state is not None and recipe.heartbeat and not recipe.dropped_by:
            self.heartbeats.note(source, recipe.heartbeat, event)
        elif source != HISTORY:
            self.heartbeats.forget(event.entity_id)

    def _judged(
        self, batch: Batch, seq: int, event: Event, recipe: Recipe, trace: Trace | None
    ) -> Event | None:
        if batch.replayed:  # somebody wants a dead letter stored, whatever came after it
            return recipe.apply(event, None)
        carrier = (batch.source, seq)
        verdict = self.verdicts.get(carrier) if recipe.gated else None
        if verdict is not None:
            return recipe.apply(event, None) if verdict else None
        subject = (batch.source == HISTORY, _subject(event))
        shaped = recipe.apply(event, Pass(subject, batch.resent, trace))
        if recipe.gated:
            self.verdicts.put(carrier, shaped is not None)
        return shaped


def _subject(event: Event) -> Hashable:
    if isinstance(event, StateEvent):
        return event.entity_id
    if isinstance(event, Reading):
        return event.measurement, tuple(event.tags.items())
    assert isinstance(event, BusEvent)  # noqa: S101 - nothing else has a plan
    return event.event_type, ""
