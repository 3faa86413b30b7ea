"""Every event has one place within a sink."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain import places
from ha_bridge.domain.events import BusEvent, Event, Reading
from ha_bridge.domain.places import NOWHERE, Pick, Placed, Sorting
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.selection import Patterns, Selection
from tests.making import SECOND, state

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
    sorting = Sorting(no_lights, [Pick(Patterns(domains=("light",)), Patterns())])
    assert [sorting.place(event) for event in (state("light.hall"), state("sensor.x"))] == [NOWHERE, 1]
    assert not any(Placed(sorting, number).wants(state("light.hall")) for number in (0, 1))


def test_a_place_follows_the_attributes_and_the_registry() -> None:
    registry = Registry()
    cellar = Pick(Patterns(areas=("Cellar",)), Patterns(), registry)
    power = Pick(Patterns(device_classes=("power",)), Patterns(), registry)
    sorting = Sorting(EVERYTHING, [cellar, power], registry)
    plain, classed = ({"friendly_name": "Pump"}, {"device_class": "power"})
    assert sorting.place(state("sensor.pump", attributes=plain)) == 2
    assert sorting.place(state("sensor.pump", attributes=classed)) == 1
    registry.learn({"sensor.pump": Registered(area="Cellar")})
    assert sorting.place(state("sensor.pump", attributes=classed)) == 0


def test_a_pick_by_time_is_asked_each_time() -> None:
    noon, midnight = 12 * 3600 * SECOND, 24 * 3600 * SECOND
    day = Pick(Patterns(domains=("sensor",), times=("08:00-20:00",)), Patterns(), zone=ZoneInfo("UTC"))
    sorting = Sorting(EVERYTHING, [day])
    assert [sorting.place(state(time=time)) for time in (noon, midnight, noon)] == [0, 1, 0]


def test_more_entities_than_are_remembered_are_sorted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "REMEMBERED", 2)
    sorting = Sorting(EVERYTHING, [Pick(ENERGY, Patterns())])
    names = ["sensor.a", "sensor.b_energy", "sensor.c"] * 2
    assert [sorting.place(state(name)) for name in names] == [1, 0, 1] * 2


PATTERNS = st.builds(
    Patterns,
    domains=st.lists(st.sampled_from(["light", "sensor"]), max_size=2).map(tuple),
    entities=st.lists(st.sampled_from(["*_energy", "sensor.debug_*", "light.hall"]), max_size=2).map(tuple),
    event_types=st.lists(st.sampled_from(["call_*", "zha_event"]), max_size=2).map(tuple),
)


@given(st.lists(st.tuples(PATTERNS, PATTERNS), max_size=3))
def test_every_event_has_exactly_one_place(selections: list[tuple[Patterns, Patterns]]) -> None:
    picks = [Pick(include, exclude) for include, exclude in selections]
    sorting = Sorting(EVERYTHING, picks)
    all_places = [Placed(sorting, number) for number in range(len(picks) + 1)]
    for event in EVENTS * 2:
        naive = next((number for number, pick in enumerate(picks) if pick.wants(event)), len(picks))
        assert [place.wants(event) for place in all_places] == [
            number == naive for number in range(len(all_places))
        ]
