"""What rules do to points, behind the layout."""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import Event, Reading, StateEvent
from ha_bridge.domain.layouts import BridgeLayout, BridgeOptions, HomeAssistantLayout, HomeAssistantOptions
from ha_bridge.domain.line_protocol import line
from ha_bridge.domain.ports import Layout
from ha_bridge.domain.routing import Outlet, Router, Routing
from ha_bridge.domain.rules import Rule
from ha_bridge.domain.selection import Patterns, Selection
from tests.domain.rules.making import rule, rules, state
from tests.making import batch

ALL = Selection(Patterns(), Patterns())


def lines(given: Sequence[Rule], *events: Event, series: int = 100) -> dict[str, list[str]]:
    """Give the line protocol for each sink."""
    layouts: dict[str, Layout] = {
        "bridge": BridgeLayout(BridgeOptions(availability=False)),
        "ha": HomeAssistantLayout(HomeAssistantOptions()),
    }
    outlets = [
        Outlet(name, 1 << bit, ALL, GuardedLayout(layout, series))
        for bit, (name, layout) in enumerate(layouts.items())
    ]
    routed = Router(Routing(ALL, outlets, rules(*given))).route(batch(events))
    return {name: [line(point) for point in points.points] for name, points in routed.points.items()}


def watt(value: str, **attributes: Any) -> StateEvent:
    return state(value, unit_of_measurement="W", **attributes)


def test_without_a_rule_that_is_about_it_a_point_is_the_layouts_own() -> None:
    assert lines([rule({"domains": ("light",)}, drop=True)], watt("1")) == {
        "bridge": ["sensor,entity_id=a,unit=W value=1 1000000000"],
        "ha": ["W,domain=sensor,entity_id=a value=1 1000000000"],
    }


def test_measurement_and_tags_are_set_and_dropped_whatever_the_layout() -> None:
    first = watt("1")
    again = structs.replace(first, state="2")
    given = [
        rule(measurement="power", set_tags={"room": "x", "unit": ""}),
        rule(drop_tags=("domain",), measurement="p"),
    ]
    assert lines(given, first, again) == {
        "bridge": ["p,entity_id=a,room=x value=1 1000000000", "p,entity_id=a,room=x value=2 1000000000"],
        "ha": ["p,entity_id=a,room=x value=1 1000000000", "p,entity_id=a,room=x value=2 1000000000"],
    }


def test_a_number_that_is_a_text_is_a_state() -> None:
    assert lines([rule(type="text")], watt("007"), watt("on")) == {
        "bridge": [
            'sensor,entity_id=a,unit=W state="007" 1000000000',
            'sensor,entity_id=a,unit=W state="on" 1000000000',
        ],
        "ha": [
            'W,domain=sensor,entity_id=a state="007" 1000000000',
            'W,domain=sensor,entity_id=a state="on" 1000000000',
        ],
    }


def test_another_unit_is_another_unit_in_both_layouts() -> None:
    assert lines([rule(convert="kW")], watt("500")) == {
        "bridge": ["sensor,entity_id=a,unit=kW value=0.5 1000000000"],
        "ha": ["kW,domain=sensor,entity_id=a value=0.5 1000000000"],
    }


def test_a_rule_sends_an_event_to_some_sinks_only() -> None:
    given = [rule(sinks=("bridge",)), rule({"state": ("> 5",)}, sinks=("ha",))]
    told = lines(given, watt("1"), watt("9"))
    assert told == {
        "bridge": ["sensor,entity_id=a,unit=W value=1 1000000000"],
        "ha": ["W,domain=sensor,entity_id=a value=9 1000000000"],
    }


def test_an_event_that_no_sink_gets_is_filtered() -> None:
    outlet = Outlet("ha", 1, ALL, GuardedLayout(HomeAssistantLayout(HomeAssistantOptions()), 9))
    router = Router(Routing(ALL, [outlet], rules(rule(sinks=("bridge",)))))
    assert list(router.route(batch([watt("1")])).filtered) == [0]


def test_readings_are_reshaped_too() -> None:
    told = lines(
        [rule(measurement="z", set_tags={"a": "b"}, type="text")], Reading(1, "m", {}, {"value": 1.0})
    )
    assert told == {"bridge": ['z,a=b value="1" 1000']}


def test_the_guard_counts_the_series_that_are_written() -> None:
    events = [state("1", 1, f"sensor.{name}") for name in "abc"]
    one = lines([rule(measurement="all", set_tags={"entity_id": "", "domain": ""})], *events, series=1)
    assert len(one["bridge"]) == 3
    assert len(lines([rule(set_tags={"x": "y"})], *events, series=1)["bridge"]) == 1


def test_tags_are_set_and_dropped_as_it_is_written() -> None:
    set_last = rule(drop_tags=("room",), set_tags={"room": "x"})
    drop_last = rule(set_tags={"room": "x"}, drop_tags=("room",))
    for given, tags in ((set_last, ",room=x"), (drop_last, "")):
        assert lines([given], watt("1"))["bridge"] == [f"sensor,entity_id=a{tags},unit=W value=1 1000000000"]


def test_the_last_type_says_whether_a_number_is_a_text() -> None:
    numbers = [rule(type="text"), rule(type="number")]
    assert lines(numbers, watt("1"))["bridge"] == ["sensor,entity_id=a,unit=W value=1 1000000000"]
    texts = [rule(type="number"), rule(type="text"), rule(fields=("a",), type="number")]
    assert lines(texts, watt("1"))["bridge"] == ['sensor,entity_id=a,unit=W state="1" 1000000000']
