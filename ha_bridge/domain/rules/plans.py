"""Which rules concern an entity, asked once and kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.layouts.memory import remember
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.rules.aliases import Aliases
from ha_bridge.domain.rules.matching import Condition, Matcher, compiled
from ha_bridge.domain.rules.recipe import FieldsRecipe, Numbered, Recipe, StateRecipe
from ha_bridge.domain.rules.rule import Rule
from ha_bridge.domain.rules.values import Convert
from ha_bridge.domain.selectors import Zone
from ha_bridge.domain.selectors.comparisons import MISSING
from ha_bridge.domain.selectors.traits import Entity, looked_at

FEW = 256
"""How much is remembered for one entity: as many as the steps of a brightness."""

_MINUTE = 60_000_000

Candidate = tuple[Numbered, Matcher]
Cook = Callable[[Sequence[Numbered]], Recipe]


class Plan:
    """The rules that concern an entity, and the recipes they come to: one for each set of conditions that hold.

    `plain`: the recipe where it is always the same one, and plain; else None.
    """

    def __init__(self, rules: Sequence[Candidate], cook: Cook) -> None:
        self._rules = _until_the_end(rules)
        self._conditions: list[Condition] = [each.condition for _, each in self._rules if each.condition]
        self._cook = cook
        self._recipes: dict[tuple[bool, ...], Recipe] = {}
        matches = [each.rule.match for each, _ in self._rules]
        self._by_time = any(match.times or match.weekdays for match in matches)
        self._by_state = any(match.state for match in matches)
        self._known: dict[tuple[int, str | None], Recipe] = {}
        self.idle = not self._rules
        only = None if self._conditions or self.idle else self._recipe(())
        self.plain = only if only and only.plain else None

    def recipe(self, event: Event) -> Recipe:
        """Conditions are asked once for each state, and for each minute, for that is how times are written."""
        state = event.state if self._by_state and isinstance(event, StateEvent) else None
        moment = (event.time // _MINUTE if self._by_time else 0, state)
        known = self._known.get(moment)
        if known is None:
            holding = tuple([condition(event) for condition in self._conditions])
            known = remember(self._known, moment, self._recipe(holding), FEW)
        return known

    def _recipe(self, holding: tuple[bool, ...]) -> Recipe:
        known = self._recipes.get(holding)
        return known or remember(self._recipes, holding, self._cook(self._holding(holding)))

    def _holding(self, holding: tuple[bool, ...]) -> list[Numbered]:
        answers = iter(holding)
        found: list[Numbered] = []
        for numbered, matcher in self._rules:
            if matcher.condition is None or next(answers):
                found.append(numbered)
                if numbered.rule.keep or numbered.rule.drop:
                    break
        return found


class _Of(msgspec.Struct):
    """An entity's plan, with what it was made for.

    `candidates`: the rules that only its attributes can rule out. `seen`: the attributes that rules look at, which decide
    of the `rules`; `answers`: what they have decided.
    """

    attributes: Mapping[str, Any] | None
    registered: Registered
    candidates: Sequence[Candidate]
    seen: tuple[Any, ...]
    rules: Sequence[Candidate]
    plan: Plan
    answers: dict[tuple[Any, ...], Sequence[Candidate]] = {}


def _exactly(value: Any) -> Any:
    """What is equal for equal values alone: to rules 1, 1.0 and true are three. It can be looked up, a list's too."""
    return value if isinstance(value, str) else (type(value), repr(value))


class Plans:
    """The plan of every event: one look-up where its entity, event type or measurement is known.

    `asked`: how often a rule was asked whether it is about something, which happens for what is not known alone.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        registry: Registry,
        zone: Zone,
        convert: Convert,
        aliases: Aliases | None,
    ) -> None:
        self.rules = [
            (Numbered.of(number, rule), compiled(rule.match, zone)) for number, rule in enumerate(rules, 1)
        ]
        self._looked_at = sorted({name for rule in rules for name in looked_at(rule.match)})
        self._registry = registry
        self._convert = convert
        self._aliases = aliases
        self._present: dict[str, _Of] = {}
        # What history tells has the attributes of its time, which must not displace those of today.
        self._past: dict[str, _Of] = {}
        self._events: dict[str, Plan] = {}
        self._readings: dict[str, Plan] = {}
        self.asked = 0

    def inherit(self, before: "Plans") -> None:
        """Take over the gates of those rules that are the same; nothing must have been planned yet."""
        gates = [(each.rule, each.gate) for each, _ in before.rules if each.gate]
        self.rules = [
            (
                each._replace(gate=next((gate for rule, gate in gates if rule == each.rule), each.gate)),
                matcher,
            )
            for each, matcher in self.rules
        ]

    def of(self, event: Event, *, past: bool = False) -> Plan | None:
        """The plan of an event, None for one that no rule can be about; `past`: history tells it."""
        if isinstance(event, StateEvent):
            return self.of_state(event, past=past)
        if isinstance(event, BusEvent):
            name = event.event_type
            return self._events.get(name) or remember(self._events, name, self._of_event(name))
        if isinstance(event, Reading):
            name = event.measurement
            return self._readings.get(name) or remember(self._readings, name, self._of_reading(name))
        return None

    def of_state(self, event: StateEvent, *, past: bool = False) -> Plan:
        entities = self._past if past else self._present
        known = entities.get(event.entity_id)
        registered = self._registry.of(event.entity_id)
        if known is not None and known.registered is registered:
            if known.attributes is event.attributes:
                return known.plan
            self._renew(event, known)
            return known.plan
        made = self._made(event, registered)
        return remember(entities, event.entity_id, made).plan

    def _made(self, event: StateEvent, registered: Registered) -> _Of:
        entity = Entity(event.entity_id, event.attributes or {}, registered)
        candidates = self._those(self.rules, lambda matcher: matcher.is_about(entity))
        rules = self._those(candidates, lambda matcher: matcher.is_so(entity))
        plan = Plan(rules, self._cook(event.entity_id))
        return _Of(event.attributes, registered, candidates, self._seen(event), rules, plan)

    def _renew(self, event: StateEvent, known: _Of) -> None:
        """Make the plan for other attributes; where no rule looks at what is other, the rules are the same."""
        seen = self._seen(event)
        before = known.rules
        if seen != known.seen:
            known.rules = self._answer(event, known, seen)
        if known.rules != before:
            known.plan = Plan(known.rules, self._cook(event.entity_id))
        known.attributes, known.seen = event.attributes, seen

    def _answer(self, event: StateEvent, known: _Of, seen: tuple[Any, ...]) -> Sequence[Candidate]:
        """Give the rules for what is seen now."""
        answer = known.answers.get(seen)
        return remember(known.answers, seen, self._ask(event, known), FEW) if answer is None else answer

    def _ask(self, event: StateEvent, known: _Of) -> Sequence[Candidate]:
        entity = Entity(event.entity_id, event.attributes or {}, known.registered)
        return self._those(known.candidates, lambda matcher: matcher.is_so(entity))

    def _seen(self, event: StateEvent) -> tuple[Any, ...]:
        attributes = event.attributes or {}
        return tuple([_exactly(attributes.get(name, MISSING)) for name in self._looked_at])

    def _cook(self, entity_id: str) -> Cook:
        def cook(rules: Sequence[Numbered]) -> Recipe:
            recipe = StateRecipe(rules, entity_id, self._convert)
            if self._aliases:
                self._aliases.note(recipe.entity_id, entity_id)
            return recipe

        return cook

    def _of_event(self, name: str) -> Plan:
        return self._of_fields(lambda matcher: matcher.is_about_event(name))

    def _of_reading(self, name: str) -> Plan:
        return self._of_fields(lambda matcher: matcher.is_about_reading(name))

    def _of_fields(self, wanted: Callable[[Matcher], bool]) -> Plan:
        return Plan(self._those(self.rules, wanted), lambda rules: FieldsRecipe(rules, self._convert))

    def _those(self, rules: Sequence[Candidate], wanted: Callable[[Matcher], bool]) -> list[Candidate]:
        self.asked += len(rules)
        return [each for each in rules if wanted(each[1])]


def _until_the_end(rules: Sequence[Candidate]) -> list[Candidate]:
    """Leave out what comes behind a rule that ends all and holds always."""
    for place, (numbered, matcher) in enumerate(rules, 1):
        if matcher.condition is None and (numbered.rule.keep or numbered.rule.drop):
            return list(rules[:place])
    return list(rules)
