"""Every event has one place within a sink."""

from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent, Event, Reading
from ha_bridge.domain.places import Pick, Placed
from ha_bridge.domain.selection import Patterns, Selection
from tests.making import state

EVERYTHING = Selection(Patterns(), Patterns())
ENERGY = Patterns(entities=("sensor.*_energy",))


def bus(event_type: str) -> BusEvent:
    return BusEvent(1, event_type, {})


EVENTS: list[Event] = [
    state("sensor.boiler_energy"),
    state("sensor.debug_energy"),
    state("light.hall"),
    bus("call_service"),
    bus("zha_event"),
    Reading(1, "mqtt", {}, {"value": 1.0}),
]


def test_a_pick_wants_only_the_kind_of_event_that_it_names() -> None:
    energy = Pick(ENERGY, Patterns(entities=("sensor.debug_energy",)))
    assert [energy.wants(event) for event in EVENTS] == [True, False, False, False, False, False]
    lights = Pick(Patterns(domains=("light",)), Patterns())
    assert [lights.wants(event) for event in EVENTS] == [False, False, True, False, False, False]
    calls = Pick(Patterns(event_types=("call_*",)), Patterns())
    assert [calls.wants(event) for event in EVENTS] == [False, False, False, True, False, False]
    readings = Pick(Patterns(measurements=("*",)), Patterns())
    assert [readings.wants(event) for event in EVENTS] == [isinstance(event, Reading) for event in EVENTS]
    watts = Pick(Patterns(units=("W",)), Patterns())
    assert watts.wants(state(attributes={"unit_of_measurement": "W"}))
    assert not any(watts.wants(event) for event in EVENTS)


def test_what_the_sink_does_not_want_has_no_place() -> None:
    no_lights = Selection(Patterns(), Patterns(domains=("light",)))
    assert not Placed(no_lights, Pick(Patterns(domains=("light",)), Patterns()), []).wants(
        state("light.hall")
    )


PATTERNS = st.builds(
    Patterns,
    domains=st.lists(st.sampled_from(["light", "sensor"]), max_size=2).map(tuple),
    entities=st.lists(st.sampled_from(["*_energy", "sensor.debug_*", "light.hall"]), max_size=2).map(tuple),
    event_types=st.lists(st.sampled_from(["call_*", "zha_event"]), max_size=2).map(tuple),
)


@given(st.lists(st.tuples(PATTERNS, PATTERNS), max_size=3))
def test_every_event_has_exactly_one_place(selections: list[tuple[Patterns, Patterns]]) -> None:
    picks = [Pick(include, exclude) for include, exclude in selections]
    places = [Placed(EVERYTHING, pick, picks[:index]) for index, pick in enumerate(picks)]
    for event in EVENTS:
        assert sum(place.wants(event) for place in [Placed(EVERYTHING, None, picks), *places]) == 1
