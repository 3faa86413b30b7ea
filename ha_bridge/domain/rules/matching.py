"""Whether a rule is about an event: what can be told of an entity once and for all, and what each event decides."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.rules.rule import Match
from ha_bridge.domain.selectors import Zone
from ha_bridge.domain.selectors.comparisons import state_holds
from ha_bridge.domain.selectors.moments import Moments
from ha_bridge.domain.selectors.patterns import OF_ENTITIES, OF_EVENTS, OF_READINGS, matcher
from ha_bridge.domain.selectors.traits import OF_ATTRIBUTES, Entity, Trait, traits

Condition = Callable[[Event], bool]

STATES = (*OF_ENTITIES, "state")


class Matcher(NamedTuple):
    """The static questions, and the condition that is asked for each event (None: there is none).

    `is_about` needs the id of an entity and its registry entry, `is_so` its attributes, which change far more often.
    """

    is_about: Callable[[Entity], bool]
    is_so: Callable[[Entity], bool]
    is_about_event: Callable[[str], bool]
    is_about_reading: Callable[[str], bool]
    condition: Condition | None


def compiled(match: Match, zone: Zone) -> Matcher:
    """The match of a rule; a key that belongs to one kind of event keeps the rule from the others."""
    kinds = {kind for kind in (STATES, OF_EVENTS, OF_READINGS) if any(getattr(match, key) for key in kind)}
    found = traits(match)
    return Matcher(
        _entities(match, found) if kinds <= {STATES} else _never,
        _all([trait for key, trait in found.items() if key in OF_ATTRIBUTES]),
        matcher(match.event_types or ("*",)) if kinds <= {OF_EVENTS} else _never,
        matcher(match.measurements or ("*",)) if kinds <= {OF_READINGS} else _never,
        _condition(match, zone),
    )


def _never(_: object) -> bool:
    return False


def _entities(match: Match, found: Mapping[str, Trait]) -> Trait:
    tests = [trait for key, trait in found.items() if key not in OF_ATTRIBUTES]
    if match.entities:
        named = matcher(match.entities)
        tests.append(lambda entity: named(entity.entity_id))
    if match.domains:
        domains = frozenset(match.domains)
        tests.append(lambda entity: entity.domain in domains)
    return _all(tests)


def _all(tests: Sequence[Trait]) -> Trait:
    return tests[0] if len(tests) == 1 else lambda entity: all(test(entity) for test in tests)


def _condition(match: Match, zone: Zone) -> Condition | None:
    moments = Moments(match, zone)
    if not match.state:
        return (lambda event: moments.hold(event.time)) if moments else None
    holds = state_holds(match.state)

    def in_state(event: Event) -> bool:
        return isinstance(event, StateEvent) and event.state is not None and holds(event.state)

    return (lambda event: in_state(event) and moments.hold(event.time)) if moments else in_state
