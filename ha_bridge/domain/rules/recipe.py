"""What the rules that concern an event come to, worked out once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.layouts.words import NO_STATE
from ha_bridge.domain.rules.gates import Gate, gate
from ha_bridge.domain.rules.reshaping import Reshape
from ha_bridge.domain.rules.rule import Rule, label
from ha_bridge.domain.rules.values import Convert, Step, Work, leave, state_text, step
from ha_bridge.domain.selectors.patterns import is_regex, matcher, regex

UNIT = "unit_of_measurement"
Trace = Callable[[str], None]
"""Hears, in words, what each rule did."""

Change = Callable[[dict[str, Any]], None]
"""What is done to attributes or fields as a whole."""


class Numbered(NamedTuple):
    """A rule, its place among the rules (from 1), and its gate."""

    number: int
    rule: Rule
    gate: Gate | None

    @property
    def label(self) -> str:
        return label(self.number, self.rule.name)

    @classmethod
    def of(cls, number: int, rule: Rule) -> "Numbered":
        return cls(number, rule, gate(rule))


class Pass(NamedTuple):
    """How an event goes through the gates, and who hears of it. `resent`: it may have passed them before."""

    subject: Hashable
    resent: bool
    trace: Trace | None


class Recipe(ABC):
    """What is done with events to which the same rules apply; `apply` in a subclass does it.

    `sinks`: the only ones that get it, None for all. `heartbeat` in seconds, 0 for none. `plain`: `apply` is all there is
    to it.
    """

    def __init__(self, rules: Sequence[Numbered]) -> None:
        self.rules = rules
        self.dropped_by = next((each.label for each in rules if each.rule.drop), "")
        plain = [each.rule for each in rules]
        reshape = Reshape(plain)
        self.reshape = reshape or None
        routed = next((rule.sinks for rule in reversed(plain) if rule.sinks), ())
        self.sinks = frozenset(routed) if routed else None
        self.heartbeat = next((rule.heartbeat for rule in reversed(plain) if rule.heartbeat), 0.0)
        self.gated = any(each.gate for each in rules)
        self.plain = not (self.gated or self.heartbeat or self.dropped_by)

    def said(self) -> list[str]:
        """What the rules are, in words."""
        return [f"{each.label}: {', '.join(each.rule.actions())}" for each in self.rules]

    @abstractmethod
    def apply(self, event: Event, how: Pass | None) -> Event | None:
        """The event as the rules want it; None where nothing is left of it. Without `how` it passes every gate."""


class StateRecipe(Recipe):
    """For the states of an entity. What its attributes decide is worked out again when they change."""

    def __init__(self, rules: Sequence[Numbered], entity_id: str, convert: Convert) -> None:
        super().__init__(rules)
        self.entity_id = renamed(entity_id, rules)
        self._convert = convert
        self._actions = [(each, each.rule.actions()) for each in rules]
        self._sees_attributes = any(each.rule.sees_attributes() for each in rules)
        self._see(None)

    def _see(self, attributes: Mapping[str, Any] | None) -> None:
        self._seen = attributes
        self._work: list[tuple[str, Step | Gate, Mapping[str, Any]]] = []
        changed: dict[str, Any] = dict(attributes or {})
        for each, actions in self._actions:
            for key in actions:
                self._add(each, key, changed)
        self._values = [work.work for _, work, _ in self._work if isinstance(work, Step)]
        self._attributes = None if changed == (attributes or {}) else changed

    def _add(self, each: Numbered, key: str, attributes: dict[str, Any]) -> None:
        """Take in an action: what it does to the state is for later, what it does to the attributes is done here."""
        rule = each.rule
        unit = str(attributes.get(UNIT) or "")
        made = step(rule, key, unit, self._convert)
        if made and rule.fields:
            work_on(attributes, rule.fields, made.work)
        elif made:
            self._work.append((each.label, made, {}))
        elif each.gate and key == each.gate.key:
            seen = {name: attributes.get(name) for name in rule.fields}
            self._work.append((each.label, each.gate, seen))
        elif change_attributes := change(rule, key):
            change_attributes(attributes)
        if key == "convert" and not rule.fields and self._convert(rule.convert_from or unit, rule.convert):
            attributes[UNIT] = rule.convert

    def apply(self, event: Event, how: Pass | None) -> Event | None:
        assert isinstance(event, StateEvent)  # noqa: S101 - plans are made by kind
        if event.state is None:
            return event
        if self._sees_attributes and event.attributes is not self._seen:
            self._see(event.attributes)
        value: Any = event.state
        if how is not None:
            value = self._told(event, how)
        else:
            for work in self._values:
                if (value := work(value)) is None:
                    break
        if value is None:
            return None
        return StateEvent(
            event.time,
            self.entity_id,
            value if isinstance(value, str) else state_text(value),
            event.attributes if self._attributes is None else self._attributes,
            event.previous,
            event.timed,
            event.retained,
        )

    def _told(self, event: StateEvent, how: Pass) -> Any:
        """What becomes of the state, gate by gate and step by step; None where nothing is left of it."""
        value: Any = event.state
        for name, work, seen in self._work:
            if isinstance(work, Gate):
                # Another state is another set of fields, which is never within a deadband.
                values = {str(value): 0, **seen} if seen else {"": value}
                gone = event.state in NO_STATE
                if not work.lets_pass(how.subject, values, event.time, gone=gone, resent=how.resent):
                    _say(how, f"{name}: held back by {work.label}")
                    return None
            else:
                before, value = value, work.work(value)
                if how.trace and work.work is leave:
                    how.trace(f"{name}: {work.label}")
                elif how.trace and value != before:
                    how.trace(f"{name}: {work.label}: {before} -> {'nothing' if value is None else value}")
                if value is None:
                    return None
        return value


class FieldsRecipe(Recipe):
    """For readings and for events of the bus, whose fields are other ones each time."""

    def __init__(self, rules: Sequence[Numbered], convert: Convert) -> None:
        super().__init__(rules)
        self._work: list[tuple[Numbered, Step | Gate | Change]] = []
        for each in rules:
            for key in each.rule.actions():
                own_gate = each.gate if each.gate and key == each.gate.key else None
                if work := step(each.rule, key, "", convert) or own_gate or change(each.rule, key):
                    self._work.append((each, work))

    def apply(self, event: Event, how: Pass | None) -> Event | None:
        fields: dict[str, Any] = dict(event.fields if isinstance(event, Reading) else event.data)  # type: ignore[attr-defined]
        for each, work in self._work:
            named = each.rule.fields or (tuple(fields) if isinstance(event, Reading) else ())
            if isinstance(work, Step):
                work_on(fields, named, work.work)
            elif not isinstance(work, Gate):
                work(fields)
            elif how and not _lets_pass(work, {name: fields.get(name) for name in named}, event, how):
                _say(how, f"{each.label}: held back by {work.label}")
                return None
        return _with_fields(event, fields)


def work_on(fields: dict[str, Any], names: Sequence[str], work: Work) -> None:
    """Do something to those of the fields that there are; one of which nothing is left is gone."""
    for name in names:
        if name in fields:
            fields[name] = work(fields[name])
            if fields[name] is None:
                del fields[name]


def change(rule: Rule, key: str) -> Change | None:
    """What an action of a rule does to all attributes or fields; None where it does nothing to them."""
    if key == "set_attributes":
        return lambda fields: fields.update(rule.set_attributes)
    if key != "drop_attributes":
        return None
    drops = matcher(rule.drop_attributes)

    def drop(fields: dict[str, Any]) -> None:
        for name in [name for name in fields if drops(name)]:
            del fields[name]

    return drop


def renamed(entity_id: str, rules: Sequence[Numbered]) -> str:
    """The entity's name after all rules; a regex among a rule's entities gives its groups to the name."""
    name = entity_id
    for each in rules:
        name = _renamed(entity_id, each.rule) or name
    return name


def _renamed(entity_id: str, rule: Rule) -> str:
    regexes = (regex(name) for name in rule.match.entities if rule.rename and is_regex(name))
    found = next(filter(None, (each.search(entity_id) for each in regexes)), None)
    return found.expand(rule.rename) if found else rule.rename


def _lets_pass(work: Gate, values: Mapping[str, Any], event: Event, how: Pass) -> bool:
    return work.lets_pass(how.subject, values, event.time, gone=False, resent=how.resent)


def _with_fields(event: Event, fields: dict[str, Any]) -> Event | None:
    if isinstance(event, Reading):
        return Reading(event.time, event.measurement, event.tags, fields, event.retained) if fields else None
    assert isinstance(event, BusEvent)  # noqa: S101 - plans are made by kind
    return BusEvent(event.time, event.event_type, fields, event.context, event.timed)


def _say(how: Pass, text: str) -> None:
    if how.trace:
        how.trace(text)
