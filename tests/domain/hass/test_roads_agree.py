"""A random home, heard through either subscription: every event is what a naive model expects, and the two agree."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.hass.states import States
from tests.domain.hass.conversation import RECEIVED, Conversation
from tests.domain.hass.home import Change, Home, State, micros

ENTITIES = ("sensor.power", "light.kitchen", "person.ann")
values = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(-1, 1)
    | st.text(max_size=2)
    | st.just([1, {"a": None}])
)
attribute_sets = st.dictionaries(st.sampled_from("abcd"), values, max_size=3)
settings_of_states = st.tuples(
    st.just("set"),
    st.sampled_from(ENTITIES),
    st.sampled_from(["on", "off", "21.5", "", "unknown"]),
    attribute_sets,
)
removals = st.tuples(st.just("remove"), st.sampled_from(ENTITIES))
steps = st.one_of(settings_of_states, settings_of_states, settings_of_states, removals)
histories = st.lists(steps | st.just(("reconnect",)), max_size=25)
# Home Assistant takes time.time(): seven digits behind the point, so moments half way between microseconds occur.
instants = st.integers(0, 40_000_000).map(lambda ticks: 1_710_000_000 + ticks / 10_000_000)


def known(attributes: Any) -> Any:
    """Leave out what subscribe_entities leaves out: a new attribute whose value is null."""
    return attributes and {key: value for key, value in attributes.items() if value is not None}


def told(event: Event) -> tuple[Any, ...]:
    assert isinstance(event, StateEvent)
    assert event.timed == (event.state is not None or event.time != RECEIVED)
    return event.entity_id, event.time, event.state, known(event.attributes), event.previous


def snapshot_told(state: State, previous: str | None) -> tuple[Any, ...]:
    return state.entity_id, micros(state.updated), state.state, known(state.attributes), previous


def step(home: Home, action: tuple[Any, ...], now: float) -> Change | None:
    match action:
        case ("set", entity_id, state, attributes):
            return home.set(entity_id, state, attributes, now)
        case (_, entity_id):
            return home.remove(entity_id, now)
    raise AssertionError(action)


def happen(home: Home, actions: list[tuple[Any, ...]], begin: float) -> list[Change]:
    """All changes of the actions, one each 1.0000001 seconds."""
    happened = (step(home, action, begin + index * 1.0000001) for index, action in enumerate(actions))
    return [change for change in happened if change]


def split_at_reconnects(history: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    parts: list[list[tuple[Any, ...]]] = [[]]
    for action in history:
        if action == ("reconnect",):
            parts.append([])
        else:
            parts[-1].append(action)
    return parts


def with_receipt(change: Change) -> tuple[Any, ...]:
    """What subscribe_entities tells: no time of a removal."""
    entity_id, time, state, attributes, previous = change.told
    return entity_id, RECEIVED if state is None else time, state, known(attributes), previous


def shared(events: list[Event]) -> None:
    """Assert that equal attributes one after the other are one object."""
    last: dict[str, Mapping[str, Any]] = {}
    for event in events:
        assert isinstance(event, StateEvent)
        if event.state is None:
            last.pop(event.entity_id, None)
            continue
        assert event.attributes is not None
        before = last.get(event.entity_id)
        assert (event.attributes is before) == (event.attributes == before)
        last[event.entity_id] = event.attributes


@given(history=histories, begin=instants)
@settings(max_examples=300, deadline=None)
def test_the_entities_road_tells_every_change_of_a_random_home(history: list[Any], begin: float) -> None:
    home, states = Home(), States()
    heard: dict[str, str] = {}  # the last state of each entity that was told
    all_events: list[Event] = []
    first = True
    for number, actions in enumerate(split_at_reconnects(history)):
        at = begin + 1000 * number
        home.set("sensor.steady", "on", {"a": 1}, begin)
        step(home, ("set", "sensor.power", f"missed {number}", {"a": number}), at)  # nobody listens
        road = Conversation("entities", states)
        snapshot = road.open(home.snapshot()["a"])
        assert [told(event) for event in snapshot] == [
            snapshot_told(state, heard.get(entity_id, None if first else ""))
            for entity_id, state in home.states.items()
        ]
        changes = happen(home, actions, at + 1)
        events = road.tell(*(change.by_entity for change in changes))
        assert [told(event) for event in events] == list(map(with_receipt, changes))
        assert not road.problems
        heard |= {
            event.entity_id: event.state or "" for event in snapshot + events if isinstance(event, StateEvent)
        }
        heard = {entity_id: state for entity_id, state in heard.items() if entity_id in home.states}
        all_events += snapshot + events
        first = False
    shared(all_events)


@given(history=st.lists(steps, max_size=25), begin=instants)
@settings(max_examples=300, deadline=None)
def test_the_events_road_tells_the_same(history: list[Any], begin: float) -> None:
    home = Home()
    changes = happen(home, history, begin)
    by_entity, by_event = Conversation("entities"), Conversation("events")
    by_entity.open()
    by_event.open()
    ours = by_event.tell(*(change.fired for change in changes))
    theirs = by_entity.tell(*(change.by_entity for change in changes))
    assert [told(event) for event in ours] == [
        (*change.told[:3], known(change.told[3]), change.told[4]) for change in changes
    ]
    assert [told(event) for event in theirs] == list(map(with_receipt, changes))
    assert not by_event.problems
    shared(ours)
