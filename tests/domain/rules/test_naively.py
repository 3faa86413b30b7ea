"""A plan does what going through the rules one by one does, for any rules and any events."""

import fnmatch
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.rules import Rule
from tests.domain.rules.making import apply, registry, rule, rules
from tests.making import SECOND

AREAS = {"sensor.a": "Kitchen", "sensor.b": "", "light.a": "Hall"}
ATTRIBUTES: Sequence[dict[str, Any]] = (
    {},
    {"unit_of_measurement": "kW", "level": 5},
    {"level": 50, "icon": "x"},
)
GONE = ("unavailable", "unknown", "")


class Naive:
    """Asks every rule about every event, and does what it says at once."""

    def __init__(self, given: Sequence[Rule]) -> None:
        self._rules = given
        self._last: dict[tuple[int, str], tuple[int, dict[str, float]]] = {}

    def apply(self, event: StateEvent) -> tuple[str, str, dict[str, Any]] | None:
        """Give the entity, its state and its attributes."""
        now = (event.entity_id, str(event.state), dict(event.attributes or {}))
        if self._drops(event):
            return None
        for number, each in enumerate(self._rules):
            if _matches(each, event):
                changed = self._do(number, each, event, now)
                if changed is None or each.keep:
                    return changed
                now = changed
        return now

    def _drops(self, event: StateEvent) -> bool:
        """What is dropped has passed nothing, whichever rule drops it."""
        for each in self._rules:
            if _matches(each, event) and (each.keep or each.drop):
                return each.drop
        return False

    def _do(
        self, number: int, each: Rule, event: StateEvent, now: tuple[str, str, dict[str, Any]]
    ) -> tuple[str, str, dict[str, Any]] | None:
        entity_id, value, attributes = now
        gates = [key for key in each.order if key in ("deadband", "rate_limit")]
        for key in each.order:
            valued = _valued(each, key, value, attributes)
            if valued is None:
                return None
            value, attributes = valued, _attributed(each, key, attributes)
            if key in gates[-1:] and not self._passes((number, event.entity_id), each, event, value):
                return None
        return each.rename or entity_id, value, attributes

    def _passes(self, key: tuple[int, str], each: Rule, event: StateEvent, value: str) -> bool:
        if event.state in GONE:
            self._last[key] = (-(10**18), {})
            return True
        after = _number(value)
        numbers = {} if after is None else {"": after}
        if key in self._last:
            time, before = self._last[key]
            if abs(event.time - time) < each.rate_limit * SECOND:
                return False
            if each.deadband and after is not None and before and abs(after - before[""]) < each.deadband:
                return False
        self._last[key] = (event.time, numbers)
        return True


def _valued(each: Rule, key: str, value: str, attributes: dict[str, Any]) -> str | None:
    number_of = _number(value)
    if key == "map":
        return str(each.map.get(value, value))
    if key == "type" and value not in GONE and number_of is None:
        return None if each.default is None else str(each.default)
    if number_of is None:
        return value
    done = {
        "scale": number_of * each.scale,
        "offset": number_of + each.offset,
        "convert": number_of * (1000 if attributes.get("unit_of_measurement") == "kW" else 1),
        "round": round(number_of, each.round),
    }
    return _text(done[key]) if key in done else value


def _attributed(each: Rule, key: str, attributes: dict[str, Any]) -> dict[str, Any]:
    if key == "convert" and attributes.get("unit_of_measurement") == "kW":
        return {**attributes, "unit_of_measurement": each.convert}
    if key == "set_attributes":
        return {**attributes, **each.set_attributes}
    drops = each.drop_attributes if key == "drop_attributes" else ()
    return {name: kept for name, kept in attributes.items() if name not in drops}


def _matches(each: Rule, event: StateEvent) -> bool:
    match, attributes = each.match, event.attributes or {}
    return (
        (not match.domains or event.entity_id.partition(".")[0] in match.domains)
        and (not match.entities or any(fnmatch.fnmatchcase(event.entity_id, glob) for glob in match.entities))
        and (not match.areas or AREAS[event.entity_id] in match.areas)
        and (not match.units or attributes.get("unit_of_measurement") in match.units)
        and (not match.attributes or attributes.get("level", 0) > 9)
        and (not match.state or (_number(str(event.state)) or 0) > 5)
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _text(value: float) -> str:
    return repr(value).removesuffix(".0")


def options(**each: Sequence[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw some of the keys in any order, each with one of its values."""
    some = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in each.items()})
    return some.flatmap(lambda drawn: st.permutations(list(drawn.items()))).map(dict)


matches = options(
    domains=[("sensor",), ("light", "sensor")],
    entities=[("*.a",), ("sensor.b", "light.*")],
    areas=[("Kitchen",)],
    units=[("kW",)],
    attributes=[("level > 9",)],
    state=[("> 5",)],
)
actions = options(
    map=[{"on": 1}, {"1": "on"}],
    type=["number"],
    default=[-1],
    scale=[2.0, 0.5],
    offset=[-1.0],
    convert=["W"],
    round=[0, 1],
    deadband=[1.0, 100.0],
    rate_limit=[3.0],
    rename=["sensor.z", "light.z"],
    set_attributes=[{"room": "x"}, {"level": 1}, {"unit_of_measurement": "kW"}],
    drop_attributes=[("icon",), ("level",), ("unit_of_measurement",)],
    keep=[True],
)
a_rule = st.one_of(
    st.builds(rule, matches, drop=st.just(True)),
    st.builds(
        lambda match, done: rule(match, **(done if "type" in done else {**done, "default": None})),
        matches,
        actions,
    ),
)
an_event = st.builds(
    lambda seconds, name, value, attributes: StateEvent(seconds * SECOND, name, value, attributes),
    st.integers(0, 20),
    st.sampled_from(list(AREAS)),
    st.sampled_from(["1", "2.25", "6", "7.5", "on", "unavailable"]),
    st.sampled_from(ATTRIBUTES),
)


@settings(max_examples=300)
@given(st.lists(a_rule, max_size=6), st.lists(an_event, max_size=12))
def test_a_plan_does_what_going_through_the_rules_one_by_one_does(
    given_rules: list[Rule], events: list[StateEvent]
) -> None:
    known = registry(**{name.replace(".", "__"): area for name, area in AREAS.items()})
    planned, naive = rules(*given_rules, known=known), Naive(given_rules)
    for number, event in enumerate(events):
        told = apply(planned, event, first=number)
        expected = naive.apply(event)
        got = [
            (each.entity_id, each.state, dict(each.attributes or {}))
            for each in told.events
            if isinstance(each, StateEvent)
        ]
        assert got == ([] if expected is None else [expected])
