"""What is left of points for a sink that holds less."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import BusEvent, Event, StateEvent
from ha_bridge.domain.layouts import BridgeLayout, BridgeOptions, ReducedLayout
from ha_bridge.domain.points import FieldValue, Point

bridge = BridgeLayout(BridgeOptions(attributes=("brightness", "effect")))
numbers = ReducedLayout(bridge, strings=False, tick=1)


def fields(event: Event) -> list[Mapping[str, FieldValue]]:
    return [point.fields for point in numbers.points(event)]


@pytest.mark.parametrize(
    ("state", "attributes", "left"),
    [
        ("21.5", {}, [{"value": 21.5}]),
        ("on", {"brightness": 5, "effect": "fire"}, [{"value": 1.0, "brightness": 5.0}]),
        ("heat", {}, []),
        ("heat", {"brightness": 5}, [{"brightness": 5.0}]),
    ],
)
def test_without_strings_numbers_stay(
    state: str, attributes: Mapping[str, object], left: list[Mapping[str, FieldValue]]
) -> None:
    assert fields(StateEvent(1, "light.a", state, attributes, previous="x")) == left


def test_without_strings_availability_stays() -> None:
    assert fields(StateEvent(1, "light.a", "unavailable", {}, previous="on")) == [{"available": False}]


def test_without_strings_an_event_is_its_numbers() -> None:
    assert fields(BusEvent(1, "x", {"level": 3, "name": "a"})) == [{"level": 3.0}]
    assert fields(BusEvent(1, "x", {"name": "a"})) == []


@given(st.integers(0, 2**52), st.sampled_from([1_000, 1_000_000]))
def test_times_are_cut_to_whole_ticks_and_the_rest_is_as_it_was(time: int, tick: int) -> None:
    [whole] = bridge.points(StateEvent(time, "sensor.a", "warm", {}, previous="x"))
    [cut] = ReducedLayout(bridge, strings=True, tick=tick).points(
        StateEvent(time, "sensor.a", "warm", {}, previous="x")
    )
    assert (cut.series, cut.fields) == (whole.series, whole.fields)
    assert cut.time % tick == 0
    assert 0 <= time - cut.time < tick


def test_a_coarser_time_has_no_nanoseconds() -> None:
    event = BusEvent(1_234_567, "x", {"n": 1})
    [exact] = bridge.points(event)
    [cut] = ReducedLayout(bridge, strings=True, tick=1000).points(event)
    assert exact.nanos
    assert (cut.time, cut.nanos) == (1_234_000, 0)


def test_what_rules_make_of_points_is_cut_down_too() -> None:
    def as_texts(points: Sequence[Point]) -> Sequence[Point]:
        return [replace(point, fields={"state": "21.5", "brightness": 5.0}) for point in points]

    event = StateEvent(1_234_567, "light.a", "21.5", {}, previous="x")
    reduced = ReducedLayout(bridge, strings=False, tick=1_000)
    [point] = GuardedLayout(reduced, 10).points(event, as_texts)
    assert (point.fields, point.time) == ({"brightness": 5.0}, 1_234_000)
    [whole] = GuardedLayout(bridge, 10).points(event, as_texts)
    assert whole.fields == {"state": "21.5", "brightness": 5.0}
