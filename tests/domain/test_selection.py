"""tests/system holds the choice of entities against Home Assistant's own; here it is held against its documentation."""

import fnmatch
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.selection import Patterns, Selection

NOTHING = Patterns()
ENTITIES = ("light.attic", "light.hall", "sensor.attic", "sensor.hall_temp")
GLOBS = ("*", "light.*", "*.attic", "sensor.h[ae]ll*", "sensor.?")


def taken(include: Patterns, exclude: Patterns, entities: Iterable[str] = ENTITIES) -> list[str]:
    selection = Selection(include, exclude)
    return [entity for entity in entities if selection.wants(StateEvent(1, entity, "1"))]


@pytest.mark.parametrize(
    ("include", "exclude", "wanted"),
    [
        pytest.param(NOTHING, NOTHING, ENTITIES, id="no rule takes all"),
        pytest.param(Patterns(domains=("light",)), NOTHING, ENTITIES[:2], id="only an included domain"),
        pytest.param(Patterns(entities=("*.attic",)), NOTHING, ENTITIES[0:4:2], id="only an included glob"),
        pytest.param(NOTHING, Patterns(domains=("light",)), ENTITIES[2:], id="all but a domain"),
        pytest.param(NOTHING, Patterns(entities=("sensor.hall*",)), ENTITIES[:3], id="all but a glob"),
        pytest.param(
            Patterns(domains=("light",)),
            Patterns(entities=("light.hall",)),
            ENTITIES[:1],
            id="a domain without one of its entities",
        ),
        pytest.param(
            Patterns(entities=("light.hall",)),
            Patterns(domains=("light",)),
            ENTITIES[1:],
            id="an entity of an excluded domain",
        ),
        pytest.param(
            Patterns(entities=("light.*",)),
            Patterns(entities=("*.attic",)),
            ENTITIES[:2],
            id="globs: include wins",
        ),
        pytest.param(
            Patterns(domains=("light",)),
            Patterns(entities=("*.attic",)),
            ENTITIES[1:2],
            id="an excluded glob wins over an included domain",
        ),
        pytest.param(
            Patterns(domains=("light",)),
            Patterns(domains=("light",)),
            ENTITIES[:2],
            id="domains: include wins",
        ),
        pytest.param(
            Patterns(entities=("light.hall",)),
            Patterns(entities=("light.hall",)),
            ENTITIES[1:2],
            id="ids: include wins",
        ),
        pytest.param(
            Patterns(entities=("light.hall",)),
            Patterns(entities=("light.attic",)),
            ENTITIES[1:2],
            id="included ids alone say all that is wanted",
        ),
    ],
)
def test_the_most_exact_rule_decides(include: Patterns, exclude: Patterns, wanted: tuple[str, ...]) -> None:
    assert taken(include, exclude) == list(wanted)


patterns = st.builds(
    Patterns,
    domains=st.lists(st.sampled_from(("light", "sensor")), max_size=2).map(tuple),
    entities=st.lists(st.sampled_from(ENTITIES + GLOBS), max_size=3).map(tuple),
)


def documented(include: Patterns, exclude: Patterns, entity: str) -> bool:
    """Go through the six cases that Home Assistant's documentation of its filters lists."""

    def by_id(side: Patterns) -> bool:
        return entity in side.entities

    def by_glob(side: Patterns) -> bool:
        return any(fnmatch.fnmatchcase(entity, glob) for glob in set(side.entities) & set(GLOBS))

    def by_domain(side: Patterns) -> bool:
        return entity.partition(".")[0] in side.domains

    def broad(side: Patterns) -> bool:
        return bool(side.domains or set(side.entities) & set(GLOBS))

    def any_of(side: Patterns) -> bool:
        return by_id(side) or by_domain(side) or by_glob(side)

    if include == NOTHING:
        return not any_of(exclude)
    if exclude == NOTHING:
        return any_of(include)
    if by_id(include) or by_id(exclude):
        return by_id(include)
    if broad(include):
        return by_glob(include) or (by_domain(include) and not by_glob(exclude))
    return broad(exclude) and not by_domain(exclude) and not by_glob(exclude)


@given(patterns, patterns)
def test_entities_are_chosen_as_home_assistant_documents(include: Patterns, exclude: Patterns) -> None:
    expected = [entity for entity in ENTITIES if documented(include, exclude, entity)]
    assert taken(include, exclude) == expected
    assert taken(include, exclude) == expected


@pytest.mark.parametrize(
    ("include", "exclude", "wanted"),
    [
        ((), (), ["call_service", "timer_finished", "timer_started"]),
        (("timer_*",), (), ["timer_finished", "timer_started"]),
        ((), ("timer_*",), ["call_service"]),
        (("timer_*",), ("timer_started",), ["timer_finished"]),
        (("*",), ("*",), []),
    ],
)
def test_event_types_are_chosen_by_name_or_glob(
    include: tuple[str, ...], exclude: tuple[str, ...], wanted: list[str]
) -> None:
    selection = Selection(Patterns(event_types=include), Patterns(event_types=exclude))
    types = ["call_service", "timer_finished", "timer_started"]
    assert [
        name for name in types if selection.wants(BusEvent(1, name, {"entity_id": "light.hall"}))
    ] == wanted


def test_entities_and_event_types_do_not_meddle() -> None:
    entities = Selection(Patterns(domains=("light",)), Patterns(entities=("*",)))
    assert entities.wants(BusEvent(1, "call_service", {}))
    event_types = Selection(Patterns(event_types=("x",)), Patterns(event_types=("*",)))
    assert event_types.wants(StateEvent(1, "light.hall", "on"))


@pytest.mark.parametrize("event", [Reading(1, "mqtt", {}, {"value": 1.0}), Event(1)])
def test_what_belongs_to_no_entity_is_always_wanted(event: Event) -> None:
    everything = Patterns(domains=("mqtt",), entities=("*",), event_types=("*",))
    assert Selection(NOTHING, everything).wants(event)
