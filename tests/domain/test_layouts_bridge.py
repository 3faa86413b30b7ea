import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.layouts import BridgeLayout, BridgeOptions, bridge, memory, scalars
from ha_bridge.domain.line_protocol import line
from ha_bridge.domain.points import FieldValue, Point
from ha_bridge.domain.registry import Registered, Registry
from tests.domain.line_reader import read_line

TEMPERATURE = {"unit_of_measurement": "°C", "device_class": "temperature", "friendly_name": "Hall"}

quiet = BridgeLayout(BridgeOptions(availability=False, names=False))


def only(layout: BridgeLayout, event: Event) -> Point:
    [point] = layout.points(event)
    return point


def fields_of(
    state: str, previous: str | None = "x", layout: BridgeLayout = quiet
) -> Mapping[str, FieldValue]:
    points = layout.points(StateEvent(1, "sensor.a", state, {}, previous))
    return points[0].fields if points else {}


def attribute_fields(attributes: Mapping[str, Any], *wanted: str, **tags: str) -> dict[str, FieldValue]:
    layout = BridgeLayout(BridgeOptions(attributes=wanted, availability=False, tags=tags))
    points = layout.points(StateEvent(1, "sensor.a", "unknown", attributes))
    return dict(points[0].fields) if points else {}


def test_a_state_is_a_point_of_its_domain() -> None:
    event = StateEvent(1700000000123456, "sensor.hall_temp", "21.50", TEMPERATURE, "21.4")
    series = "sensor,device_class=temperature,entity_id=hall_temp,unit=°C"
    layout = BridgeLayout(BridgeOptions())
    assert line(only(layout, event)) == f'{series} value=21.5,name="Hall" 1700000000123456000'
    later = StateEvent(1700000000123457, "sensor.hall_temp", "21.5", TEMPERATURE, "21.5")
    assert line(only(layout, later)) == f"{series} value=21.5 1700000000123457000"


@pytest.mark.parametrize("state", ["0", "-1.5", "+2", "1e3", "1E+2", ".5", "5.", "007"])
def test_a_decimal_number_is_a_value_and_no_text(state: str) -> None:
    assert fields_of(state) == {"value": float(state)}


@pytest.mark.parametrize(
    "state", ["nan", "inf", "-Infinity", "1_000", " 5 ", "5\n", "٣", "0x10", "1e999", "e", "-", "1.2.3"]
)
def test_what_only_python_takes_for_a_number_is_a_text(state: str) -> None:
    assert fields_of(state) == {"state": state}


@pytest.mark.parametrize(
    ("one", "nought"),
    [
        ("on", "off"),
        ("open", "closed"),
        ("locked", "unlocked"),
        ("home", "not_home"),
        ("above_horizon", "below_horizon"),
    ],
)
def test_a_word_of_a_pair_is_a_number_and_a_text(one: str, nought: str) -> None:
    assert fields_of(one) == {"value": 1.0, "state": one}
    assert fields_of(nought) == {"value": 0.0, "state": nought}


@pytest.mark.parametrize("state", ["heating", "On", "2024-01-02T03:04:05+00:00", "one two"])
def test_any_other_state_is_a_text(state: str) -> None:
    assert fields_of(state) == {"state": state}


@pytest.mark.parametrize("state", ["unavailable", "unknown", ""])
def test_no_state_is_no_point(state: str) -> None:
    assert fields_of(state) == {}


@pytest.mark.parametrize(
    ("previous", "state", "available"),
    [
        (None, "1", True),
        (None, "unavailable", False),
        (None, "unknown", True),
        ("", "1", True),
        ("", "unavailable", False),
        ("unavailable", "1", True),
        ("1", "unavailable", False),
        ("unavailable", "unknown", True),
        ("1", "2", None),
        ("unknown", "1", None),
        ("unavailable", "unavailable", None),
    ],
)
def test_availability_is_written_when_it_changes_or_may_have(
    previous: str | None, state: str, available: bool | None
) -> None:
    fields = fields_of(state, previous, BridgeLayout(BridgeOptions()))
    assert fields.get("available") is available


def test_a_removed_entity_is_no_point_and_is_forgotten() -> None:
    layout = BridgeLayout(BridgeOptions())
    layout.points(StateEvent(1, "sensor.a", "1", {}))
    assert layout.points(StateEvent(2, "sensor.a", None)) == ()
    assert not layout._entities
    assert layout.points(StateEvent(3, "sensor.a", None)) == ()


def test_tags_come_from_the_entity_then_the_registries_then_the_settings() -> None:
    registered = Registered(area="hall", device="stove", integration="mqtt", id="1a2b", model="X")
    layout = BridgeLayout(
        BridgeOptions(tags={"home": "mine", "device": "oven", "unit": ""}), lambda _: registered
    )
    point = only(layout, StateEvent(1, "sensor.hall_temp", "1", TEMPERATURE))
    assert point.series.measurement == "sensor"
    assert point.series.tags == {
        "area": "hall",
        "device": "oven",
        "device_class": "temperature",
        "entity_id": "hall_temp",
        "home": "mine",
        "integration": "mqtt",
        "registry_id": "1a2b",
    }


def test_which_tags_the_registries_give_is_a_matter_of_choice() -> None:
    registered = Registered(
        id="1a2b",
        integration="mqtt",
        name="Light",
        area="Hall",
        floor="Ground",
        device="Stove",
        manufacturer="Acme",
        model="X",
        labels=("a", "b"),
        category="config",
    )
    every = BridgeLayout(BridgeOptions(registry_tags=tuple(bridge.REGISTRY_TAGS)), lambda _: registered)
    none = BridgeLayout(BridgeOptions(registry_tags=()), lambda _: registered)
    event = StateEvent(1, "sensor.a", "1", {})
    assert only(none, event).series.tags == {"entity_id": "a"}
    assert only(every, event).series.tags == {
        "area": "Hall",
        "category": "config",
        "device": "Stove",
        "entity_id": "a",
        "floor": "Ground",
        "integration": "mqtt",
        "labels": "a,b",
        "manufacturer": "Acme",
        "model": "X",
        "registry_id": "1a2b",
    }


def test_an_entity_without_attributes_has_only_its_id() -> None:
    assert only(quiet, StateEvent(1, "sensor.a", "1", None)).series.tags == {"entity_id": "a"}


def test_events_with_the_same_attributes_share_a_series() -> None:
    first = only(quiet, StateEvent(1, "sensor.b", "1", TEMPERATURE))
    assert only(quiet, StateEvent(2, "sensor.b", "2", TEMPERATURE)).series is first.series
    other = only(quiet, StateEvent(3, "sensor.b", "2", {**TEMPERATURE, "unit_of_measurement": "K"}))
    assert other.series.tags["unit"] == "K"


def test_a_change_in_the_registries_changes_the_tags() -> None:
    registry = Registry()
    registry.learn({"sensor.a": Registered(area="hall")})
    layout = BridgeLayout(BridgeOptions(), registry.of)
    event = StateEvent(1, "sensor.a", "1", {})
    assert only(layout, event).series.tags["area"] == "hall"
    registry.learn({"sensor.a": Registered(area="attic")})
    assert only(layout, event).series.tags["area"] == "attic"


def test_a_change_in_the_registries_that_is_no_tag_leaves_the_series() -> None:
    registry = Registry()
    layout = BridgeLayout(BridgeOptions(), registry.of)
    series = set()
    for name in ("Lamp", "Light", "Light"):
        registry.learn({"sensor.a": Registered(area="hall", name=name, manufacturer=name)})
        series.add(only(layout, StateEvent(1, "sensor.a", "1", {})).series)
    assert len(series) == 1


def test_a_renamed_entity_is_found_under_both_ids_by_its_registry_id() -> None:
    registry = Registry()
    registry.learn({"sensor.a": Registered(id="1a2b")})
    layout = BridgeLayout(BridgeOptions(), registry.of)
    before = only(layout, StateEvent(1, "sensor.a", "1", {})).series
    registry.rename("sensor.a", "sensor.b")
    after = only(layout, StateEvent(2, "sensor.b", "1", {}, "")).series
    assert (before.tags["entity_id"], after.tags["entity_id"]) == ("a", "b")
    assert before.tags["registry_id"] == after.tags["registry_id"] == "1a2b"


def named(layout: BridgeLayout, time: int, attributes: Mapping[str, Any]) -> FieldValue | None:
    return only(layout, StateEvent(time, "sensor.a", "1", attributes, "1")).fields.get("name")


def test_a_name_is_written_once_a_day() -> None:
    layout, hall = BridgeLayout(BridgeOptions()), {"friendly_name": "Hall"}
    names_written = [named(layout, hour * bridge.DAY // 8, hall) for hour in range(4, 18)]
    assert [bool(name) for name in names_written] == [
        True, False, False, False, True, *[False] * 7, True, False,
    ]  # fmt: skip
    assert set(names_written) == {None, "Hall"}


def test_a_name_is_written_when_it_changes_and_not_when_anything_else_does() -> None:
    layout = BridgeLayout(BridgeOptions())
    said = [
        named(layout, 1, {"friendly_name": "Hall"}),
        named(layout, 2, {"friendly_name": "Hall", "unit_of_measurement": "°C"}),
        named(layout, 3, {"friendly_name": "Lobby"}),
        named(layout, 4, {"friendly_name": "Lobby"}),
    ]
    assert said == ["Hall", None, "Lobby", None]


def test_what_is_sent_again_says_the_name_again_and_what_is_older_does_not() -> None:
    layout, hall = BridgeLayout(BridgeOptions()), {"friendly_name": "Hall"}
    assert [named(layout, time, hall) for time in (5, 6, 5, 4)] == ["Hall", None, "Hall", None]


def test_an_entity_without_a_name_of_its_state_has_that_of_the_registry() -> None:
    layout = BridgeLayout(BridgeOptions(), lambda _: Registered(name="Hall"))
    assert named(layout, 1, {}) == "Hall"
    assert named(BridgeLayout(BridgeOptions(names=False), lambda _: Registered(name="Hall")), 1, {}) is None


def test_a_name_alone_is_no_point() -> None:
    layout = BridgeLayout(BridgeOptions())
    nothing = StateEvent(1, "sensor.a", "unknown", {"friendly_name": "Hall"}, "unknown")
    assert layout.points(nothing) == ()
    assert named(layout, 2, {"friendly_name": "Hall"}) == "Hall"


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (55, {"a": 55.0}),
        (5.5, {"a": 5.5}),
        (True, {"a": 1.0}),
        (False, {"a": 0.0}),
        ("eco", {"a_str": "eco"}),
        ("55", {"a_str": "55"}),
        ("", {"a_str": ""}),
        (None, {}),
        (math.nan, {}),
        (10**400, {}),
        ([1, "ä"], {"a_str": '[1,"ä"]'}),
        ({"b": None}, {"a_str": '{"b":null}'}),
    ],
)
def test_the_type_of_an_attribute_decides_its_field(value: object, fields: dict[str, FieldValue]) -> None:
    assert attribute_fields({"a": value, "other": 1}, "a", "missing") == fields


def test_a_long_text_is_cut_and_marked() -> None:
    cut = attribute_fields({"a": "ä" * 4000}, "a")["a_str"]
    assert isinstance(cut, str)
    assert cut.endswith("ä…")
    assert len(cut.encode()) in (scalars.MAX_BYTES, scalars.MAX_BYTES - 1)
    whole = "x" * scalars.MAX_BYTES
    assert attribute_fields({"a": whole}, "a") == {"a_str": whole}


def test_a_name_that_is_taken_gets_an_underscore() -> None:
    attributes = dict.fromkeys(
        ("value", "state", "available", "time", "unit", "area", "home", "x_str", "x"), 1
    )
    assert attribute_fields(attributes, *attributes, home="mine") == dict.fromkeys(
        ("value_", "state_", "available_", "time_", "unit_", "area_", "home_", "x_str_", "x"), 1.0
    )


names = st.sampled_from(
    ("a", "a_", "a_str", "a_str_", "a__str", "value", "value_", "value__", "value_str", "state_str")
)
json_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(st.dictionaries(names, json_values), max_size=8))
def test_no_field_ever_changes_its_type(sequence: list[dict[str, Any]]) -> None:
    types: dict[str, type] = {"value": float, "state": str, "available": bool}
    layout = BridgeLayout(
        BridgeOptions(
            attributes=(
                "a",
                "a_",
                "a_str",
                "a_str_",
                "a__str",
                "value",
                "value_",
                "value__",
                "value_str",
                "state_str",
            )
        )
    )
    for state, attributes in zip(("1", "on", "heat", "unavailable") * 2, sequence, strict=False):
        for point in layout.points(StateEvent(1, "sensor.a", state, attributes)):
            for name, value in point.fields.items():
                assert types.setdefault(name, type(value)) is type(value)


@given(st.dictionaries(names, st.just(1.0)))
def test_two_attributes_never_become_one_field(attributes: dict[str, float]) -> None:
    assert len(attribute_fields(attributes, *attributes)) == len(attributes)


def test_an_event_of_the_bus_is_a_point_of_events() -> None:
    data = {
        "domain": "light",
        "service": "turn_on",
        "service_data": {"entity_id": ["light.a"]},
        "count": 2,
        "name": "it",
        "none": None,
    }
    point = only(quiet, BusEvent(5, "call_service", data))
    assert point.time == 5
    series = "events,domain=light,entity_id=light.a,event_type=call_service,service=turn_on"
    assert point.series.key == series
    assert json.loads(str(point.fields["data"])) == data
    assert {**point.fields, "data": ""} == {"data": "", "count": 2.0, "name_str": "it"}


def test_the_states_of_a_domain_called_events_are_no_events() -> None:
    """The data of an event and a state may share a name, such as `name`, and never a type."""
    event = only(quiet, BusEvent(5, "tick", {"name": 1, "available": 0}))
    state = only(BridgeLayout(BridgeOptions()), StateEvent(5, "events.a", "1", {"friendly_name": "A"}, ""))
    assert (event.series.measurement, event.fields["name"], event.fields["available"]) == ("events", 1.0, 0.0)
    assert state.series.measurement == "events_"
    assert (state.fields["name"], state.fields["available"]) == ("A", True)


LONG = "ö" * 50_000


def test_a_tag_is_cut_as_a_text_is() -> None:
    """InfluxDB refuses a series of 64 kB, and whatever is in a line with it."""
    called = {"domain": LONG, "service_data": {"entity_id": LONG}}
    event = only(quiet, BusEvent(5, LONG, called))
    attributes = {"unit_of_measurement": LONG, "device_class": LONG}
    state = StateEvent(5, "sensor.a", "1", attributes)
    registered = Registered(area=LONG, device=LONG, integration=LONG, labels=(LONG, LONG))
    layout = BridgeLayout(BridgeOptions(registry_tags=("area", "device", "labels")), lambda _: registered)
    for point in (event, only(layout, state)):
        assert sum(value.endswith("…") for value in point.series.tags.values()) >= 3
        assert all(len(value.encode()) <= scalars.MAX_BYTES for value in point.series.tags.values())


def test_an_event_whose_entity_id_is_a_list_has_no_such_tag() -> None:
    point = only(quiet, BusEvent(5, "x", {"entity_id": ["light.a"], "domain": 5}))
    assert point.series.tags == {"event_type": "x"}
    assert point.fields == {"data": '{"entity_id":["light.a"],"domain":5}', "domain_": 5.0}


@pytest.mark.parametrize(
    ("data", "entity_id"),
    [
        ({"service_data": {"entity_id": "light.a"}}, "light.a"),
        ({"service_data": {"entity_id": ["light.a"]}}, "light.a"),
        ({"service_data": {"entity_id": ["light.a", "light.b"]}}, None),
        ({"service_data": {"entity_id": []}}, None),
        ({"service_data": {"entity_id": [5]}}, None),
        ({"service_data": {}}, None),
        ({"service_data": None}, None),
        ({"service_data": {"entity_id": "light.a"}, "entity_id": "light.b"}, "light.b"),
        ({"service_data": {"entity_id": "light.a"}, "entity_id": 5}, None),
    ],
)
def test_a_service_call_for_one_entity_has_its_id_as_a_tag(
    data: dict[str, Any], entity_id: str | None
) -> None:
    assert only(quiet, BusEvent(5, "call_service", data)).series.tags.get("entity_id") == entity_id


def test_events_of_one_microsecond_are_two_points_and_one_that_is_sent_again_is_the_same() -> None:
    first, second = BusEvent(5, "x", {"a": 1}, "01A"), BusEvent(5, "x", {"a": 1}, "01B")
    other_data = BusEvent(5, "x", {"a": 2}, "01A")
    times = [line(only(quiet, event)).rpartition(" ")[2] for event in (first, second, other_data)]
    assert len(set(times)) == 3
    assert {int(time) // 1000 for time in times} == {5}
    again = BridgeLayout(BridgeOptions())
    assert line(only(again, first)).endswith(f" {times[0]}")


def test_an_entry_of_the_logbook_has_its_words_as_fields() -> None:
    data = {"name": "Door", "message": "opened", "domain": "lock", "entity_id": "lock.door"}
    point = only(quiet, BusEvent(5, "logbook_entry", data))
    assert point.series.key == "events,domain=lock,entity_id=lock.door,event_type=logbook_entry"
    assert {**point.fields, "data": ""} == {"data": "", "name_str": "Door", "message_str": "opened"}


def test_an_event_has_the_static_tags_and_a_bounded_number_of_fields() -> None:
    layout = BridgeLayout(BridgeOptions(tags={"home": "mine"}))
    point = only(layout, BusEvent(5, "x", {f"k{number}": number for number in range(200)} | {"home": 1}))
    assert point.series.tags == {"event_type": "x", "home": "mine"}
    assert len(point.fields) == 1 + bridge.MAX_EVENT_FIELDS
    assert set(only(layout, BusEvent(5, "x", {"home": 1, "inf": math.inf})).fields) == {"data", "home_"}


def test_a_reading_is_written_as_it_is_given() -> None:
    reading = Reading(
        7, "garden", {"plot": "a"}, {"value": 3, "wet": True, "soil": "clay", "bad": math.inf, "time": 1.5}
    )
    layout = BridgeLayout(BridgeOptions(tags={"home": "mine"}))
    first = only(layout, reading)
    assert line(first) == 'garden,home=mine,plot=a value=3,wet=true,soil="clay",time_=1.5 7000'
    assert only(layout, reading).series is first.series


def test_a_field_of_a_reading_has_not_the_name_of_a_tag() -> None:
    layout = BridgeLayout(BridgeOptions(tags={"home": "mine"}))
    reading = Reading(7, "garden", {"value": "a"}, {"value": 3.0, "home": 1.0, "home_": 2.0})
    assert line(only(layout, reading)) == "garden,home=mine,value=a value_=3,home_=1,home__=2 7000"


def test_a_reading_without_a_finite_field_and_an_unknown_kind_of_event_are_no_point() -> None:
    assert quiet.points(Reading(7, "garden", {}, {"value": math.nan})) == ()
    assert quiet.points(Event(7)) == ()


def test_memory_of_entities_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMIT", 3)
    for number in range(10):
        assert only(quiet, StateEvent(1, f"sensor.{number}", "1", {})).series.tags == {
            "entity_id": str(number)
        }
        assert len(quiet._entities) <= 3


@given(
    st.from_regex(r"[a-z_]{1,9}\.[a-z0-9_]{1,9}", fullmatch=True),
    st.text(max_size=9),
    st.dictionaries(names, json_values),
    st.integers(0, 2**52),
)
def test_every_point_has_a_line(entity_id: str, state: str, attributes: dict[str, Any], micros: int) -> None:
    layout = BridgeLayout(BridgeOptions(attributes=tuple(attributes)))
    for point in layout.points(StateEvent(micros, entity_id, state, attributes)):
        read = read_line(line(point).encode("utf-8", "replace").decode())
        assert read.nanoseconds == micros * 1000
        assert read.measurement == entity_id.partition(".")[0]
        assert set(read.fields) == set(point.fields)
