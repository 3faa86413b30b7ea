"""The rules of Home Assistant's own integration, one by one; tests/system holds the layout against the real one."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.layouts import ComponentOptions, HomeAssistantLayout, HomeAssistantOptions, memory
from ha_bridge.domain.layouts.attribute_fields import attribute_fields
from ha_bridge.domain.line_protocol import line
from ha_bridge.domain.points import FieldValue, Point

TEMPERATURE = {"unit_of_measurement": "°C", "device_class": "temperature", "friendly_name": "Hall"}

plain = HomeAssistantLayout(HomeAssistantOptions())


def only(layout: HomeAssistantLayout, event: Event) -> Point:
    [point] = layout.points(event)
    return point


def shaped(
    options: HomeAssistantOptions, attributes: Mapping[str, Any], entity_id: str = "sensor.hall"
) -> Point:
    return only(HomeAssistantLayout(options), StateEvent(1, entity_id, "1", attributes))


def fields_of(state: str, attributes: Mapping[str, Any]) -> dict[str, FieldValue]:
    points = plain.points(StateEvent(1, "sensor.hall", state, attributes))
    return dict(points[0].fields) if points else {}


def test_a_state_is_a_point_of_its_unit() -> None:
    event = StateEvent(1700000000123456, "sensor.hall", "21.5", TEMPERATURE)
    assert line(only(plain, event)) == (
        '°C,domain=sensor,entity_id=hall value=21.5,device_class_str="temperature",friendly_name_str="Hall"'
        " 1700000000123456000"
    )


@pytest.mark.parametrize("state", [None, "unknown", "unavailable", ""])
def test_no_state_is_no_point(state: str | None) -> None:
    assert plain.points(StateEvent(1, "sensor.hall", state, TEMPERATURE)) == ()


@pytest.mark.parametrize("event", [Event(1), BusEvent(1, "x", {"a": 1}), Reading(1, "m", {}, {"v": 1.0})])
def test_what_is_no_state_is_no_point(event: Event) -> None:
    assert plain.points(event) == ()


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("21.0", {"value": 21.0}),
        (" 1_000 ", {"value": 1000.0}),
        ("on", {"state": "on", "value": 1.0}),
        ("not_home", {"state": "not_home", "value": 0.0}),
        ("heat", {"state": "heat"}),
        ("two\r\nlines\n", {"state": "two lines"}),
        ("nan", {}),
        ("-inf", {}),
    ],
)
def test_a_state_is_a_number_or_a_text_or_both(state: str, fields: dict[str, FieldValue]) -> None:
    assert fields_of(state, {}) == fields


def test_a_number_that_is_not_finite_loses_only_itself_and_keeps_its_name() -> None:
    assert fields_of("nan", {"value": 5}) == {"value_": 5.0}


@pytest.mark.parametrize(
    ("options", "attributes", "measurement"),
    [
        (HomeAssistantOptions(), TEMPERATURE, "°C"),
        (HomeAssistantOptions(), {}, "sensor.hall"),
        (HomeAssistantOptions(), {"unit_of_measurement": ""}, "sensor.hall"),
        (HomeAssistantOptions(), {"unit_of_measurement": "a\nb"}, "a b"),
        (HomeAssistantOptions(), {"unit_of_measurement": 5}, "5"),
        (HomeAssistantOptions(default_measurement="d"), {}, "d"),
        (HomeAssistantOptions(default_measurement="d"), TEMPERATURE, "°C"),
        (HomeAssistantOptions(override_measurement="o", default_measurement="d"), TEMPERATURE, "o"),
        (HomeAssistantOptions(measurement_attr="entity_id"), TEMPERATURE, "sensor.hall"),
        (HomeAssistantOptions(measurement_attr="domain__device_class"), TEMPERATURE, "sensor__temperature"),
        (HomeAssistantOptions(measurement_attr="domain__device_class"), {"device_class": ""}, "sensor__"),
        (HomeAssistantOptions(measurement_attr="domain__device_class"), {}, "sensor"),
    ],
)
def test_the_options_choose_the_measurement(
    options: HomeAssistantOptions, attributes: Mapping[str, Any], measurement: str
) -> None:
    assert shaped(options, attributes).series.measurement == measurement


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        (HomeAssistantOptions(), {"unit_of_measurement"}),
        (HomeAssistantOptions(override_measurement="o"), set()),
        (HomeAssistantOptions(measurement_attr="entity_id"), set()),
        (HomeAssistantOptions(measurement_attr="domain__device_class"), {"device_class"}),
        (
            HomeAssistantOptions(ignore_attributes=("friendly_name",)),
            {"friendly_name", "unit_of_measurement"},
        ),
        (HomeAssistantOptions(tags_attributes=("friendly_name",)), {"friendly_name", "unit_of_measurement"}),
    ],
)
def test_an_attribute_that_went_elsewhere_is_no_field(
    options: HomeAssistantOptions, left_out: set[str]
) -> None:
    fields = set(shaped(options, TEMPERATURE).fields)
    assert fields == {"value"} | {f"{name}_str" for name in TEMPERATURE if name not in left_out}


def test_tags_come_from_the_entity_then_its_attributes_then_the_settings() -> None:
    options = HomeAssistantOptions(
        tags={"home": "my\nhome", "a": "static"}, tags_attributes=("a", "b", "domain", "entity_id", "c")
    )
    attributes = {"a": "attribute", "b": 21.0, "domain": "x\ny", "entity_id": None, "c": ""}
    assert shaped(options, attributes).series.tags == {
        "a": "static",
        "b": "21.0",
        "domain": "x y",
        "home": "my home",
    }


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (5, {"a": 5.0}),
        (True, {"a": 1.0}),
        ("5", {"a": 5.0}),
        ("nan", {}),
        (10**400, {}),
        (None, {"a_str": "None"}),
        ([1, "x"], {"a_str": "[1, 'x']"}),
        ({"b": True}, {"a_str": "{'b': True}"}),
        ("two\nlines", {"a_str": "two lines"}),
        ("2024-01-02", {"a_str": "2024-01-02", "a": 20240102.0}),
        ("12.5 kWh", {"a_str": "12.5 kWh", "a": 12.5}),
        ("1.2.3", {"a_str": "1.2.3"}),
        ("a1b", {"a_str": "a1b"}),
        (".55", {"a": 0.55}),
        ("x.55", {"a_str": "x.55"}),
        ("9" * 400 + "x", {"a_str": "9" * 400 + "x"}),
    ],
)
def test_an_attribute_is_a_number_or_a_text_or_both(value: object, fields: dict[str, FieldValue]) -> None:
    assert fields_of("1", {"a": value}) == {"value": 1.0, **fields}


def test_a_name_that_is_taken_gets_an_underscore_once() -> None:
    assert fields_of("on", {"state": "x", "value": 2, "value_": 3}) == {
        "state": "on",
        "value": 1.0,
        "state__str": "x",
        "value_": 2.0,
        "value__": 3.0,
    }
    assert fields_of("1", {"state": "x"}) == {"value": 1.0, "state_str": "x"}
    assert fields_of("heat", {"value": 2}) == {"state": "heat", "value": 2.0}


def test_a_number_beyond_all_takes_away_what_its_name_had_before() -> None:
    assert fields_of("1", {"value": "5", "value_": 6, "value__": "inf"}) == {
        "value": 1.0,
        "value_": 5.0,
        "value__": 6.0,
    }
    assert fields_of("1", {"a_": 5, "a": 1, "b_str_": 2, "b": "x", "b_str": "nan"}) == {
        "value": 1.0,
        "a_": 5.0,
        "a": 1.0,
        "b_str": "x",
    }


def test_a_field_called_time_is_renamed() -> None:
    assert fields_of("1", {"time": 5, "time_": 6}) == {"value": 1.0, "time_": 6.0, "time__": 5.0}
    assert fields_of("1", {"time": "noon"}) == {"value": 1.0, "time_str": "noon"}


def test_entity_options_win_over_globs_in_order_and_those_over_the_domain() -> None:
    options = HomeAssistantOptions(
        override_measurement="all",
        ignore_attributes=("friendly_name",),
        component_config={"sensor.hall": ComponentOptions(override_measurement="exact")},
        component_config_domain={
            "sensor": ComponentOptions(override_measurement="domain", ignore_attributes=("device_class",))
        },
        component_config_glob={
            "*.attic*": ComponentOptions(override_measurement="first"),
            "*_2": ComponentOptions(override_measurement="", ignore_attributes=()),
        },
    )

    def written(entity_id: str) -> tuple[str, set[str]]:
        point = shaped(options, TEMPERATURE, entity_id)
        return point.series.measurement, set(point.fields) - {"value"}

    assert written("sensor.hall") == ("exact", {"unit_of_measurement_str"})
    assert written("sensor.x") == ("domain", {"unit_of_measurement_str"})
    assert written("sensor.attic") == ("first", {"unit_of_measurement_str"})
    assert written("sensor.attic_2") == ("all", {"unit_of_measurement_str", "device_class_str"})
    assert written("light.x") == ("all", {"unit_of_measurement_str", "device_class_str"})


def test_events_with_the_same_attributes_share_a_series() -> None:
    first = only(plain, StateEvent(1, "sensor.b", "1", TEMPERATURE))
    assert only(plain, StateEvent(2, "sensor.b", "heat", TEMPERATURE)).series is first.series
    assert only(plain, StateEvent(3, "sensor.b", "1", None)).series.measurement == "sensor.b"


def test_the_same_event_gives_the_same_point_again() -> None:
    events = [StateEvent(1, "sensor.c", state, TEMPERATURE) for state in ("1", "on", "heat")]
    first = [line(only(plain, event)) for event in events]
    assert [line(only(plain, event)) for event in events] == first


def test_memory_of_entities_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMIT", 3)
    for number in range(10):
        assert (
            only(plain, StateEvent(1, f"sensor.{number}", "1", {})).series.measurement == f"sensor.{number}"
        )
        assert len(plain._entities) <= 3


@given(st.one_of(st.text("12.- \nab", max_size=9), st.text(max_size=9)))
def test_digits_within_a_text_are_found_where_the_integration_finds_them(text: str) -> None:
    written = f"x{text}x"  # nothing that is a number as a whole
    fields = attribute_fields({"a": written}, (), ())
    written = " ".join(written.splitlines())
    assert fields["a_str"] == written
    assert ("a" in fields) == bool(re.match(r"^[^\.]*\d+\.?\d+[^\.]*$", written))
    if "a" in fields:
        assert fields["a"] == float(re.sub(r"[^\d.]+", "", written))


def test_a_long_text_full_of_digits_takes_no_time() -> None:
    digits = "1" * 20_000
    assert set(attribute_fields({"a": f"{digits}.{digits}.x"}, (), ())) == {"a_str"}
