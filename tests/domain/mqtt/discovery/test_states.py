"""What messages say in Home Assistant's words. That these are its words the system tests show."""

from typing import Any

import pytest

from tests.domain.mqtt.discovery.announcing import SENSOR, Home, told
from tests.domain.mqtt.messages import RECEIVED


@pytest.mark.parametrize(
    ("component", "config", "payloads", "states"),
    [
        ("sensor", {"unit_of_meas": "W"}, ["21.50", "x", "nan", "None", "3"], ["21.50", "unknown", "3"]),
        ("sensor", {}, ["a", "", "None", "x" * 256, "b"], ["a", "unknown", "b"]),
        ("sensor", {"dev_cla": "enum", "ops": ["a", 1]}, ["a", "b", "1"], ["a", "1"]),
        (
            "sensor",
            {"dev_cla": "timestamp"},
            ["2025-07-20T10:00:00+02:00", "x", "2025-07-20T10:00:00"],
            ["2025-07-20T08:00:00+00:00", "unknown"],
        ),
        ("sensor", {"dev_cla": "date"}, ["2025-07-20", "x"], ["2025-07-20", "unknown"]),
        ("sensor", {"val_tpl": "{{ value_json.a }}"}, ['{"a": 1}', "x", '{"a": 2}'], ["1", "2"]),
        ("binary_sensor", {}, ["ON", "x", "OFF", "None"], ["on", "off", "unknown"]),
        ("binary_sensor", {"pl_on": True, "pl_off": False}, ["True", "False"], ["on", "off"]),
        ("binary_sensor", {"val_tpl": "{{ value_json.a }}"}, ['{"a": "ON"}', "OFF"], ["on", "off"]),
        ("binary_sensor", {"val_tpl": "{{ value | float }}", "pl_on": "1.0"}, ["x", "1"], ["on"]),
        ("switch", {"stat_on": "1", "pl_off": "0"}, ["1", "0", "ON"], ["on", "off"]),
        ("light", {"stat_val_tpl": "{{ value_json.s }}"}, ['{"s": "ON"}', '{"s": "OFF"}'], ["on", "off"]),
        ("fan", {"val_tpl": "{{ ignored() }}"}, ["ON", "OFF"], ["on", "off"]),
        ("humidifier", {}, ["ON"], ["on"]),
        (
            "lock",
            {"stat_locked": "LOCK"},
            ["LOCK", "UNLOCKED", "JAMMED", "None"],
            ["locked", "unlocked", "jammed", "unknown"],
        ),
        ("number", {}, ["5", "5.50", "500", "x", "None", "0"], ["5", "5.5", "unknown", "0"]),
        ("select", {"ops": ["a", "b"]}, ["a", "c", "none", "b"], ["a", "unknown", "b"]),
        (
            "device_tracker",
            {},
            ["home", "not_home", "", "work", "None"],
            ["home", "not_home", "work", "unknown"],
        ),
        ("text", {}, ["a", "x" * 300, "b"], ["a", "b"]),
        ("alarm_control_panel", {}, ["armed_away", "x", "None"], ["armed_away", "unknown"]),
        (
            "cover",
            {},
            ["open", "opening", "stopped", "closing", "stopped", "x"],
            ["open", "opening", "open", "closing", "closed"],
        ),
    ],
)
def test_a_payload_becomes_a_state(
    component: str, config: dict[str, Any], payloads: list[str], states: list[str]
) -> None:
    home = Home()
    home.announce(f"{component}/x", {"name": "A", "uniq_id": "u", "stat_t": "t", **config})
    assert home.reader.notes() == []
    assert [state for _, state in home.states("t", *payloads)] == states


def test_a_cover_may_be_known_by_its_position_alone() -> None:
    home = Home()
    config = {"name": "A", "pos_t": "p", "pos_clsd": 100, "pos_open": 0, "pos_tpl": "{{ value_json.p }}"}
    home.announce("cover/x", config)
    assert told(home, "p", '{"p": 100}', '{"p": 25}', '{"p": "x"}', '{"p": 300}') == [
        ("closed", {"current_position": 0}),
        ("open", {"current_position": 75}),
        ("closed", {"current_position": 0}),
    ]


def test_a_cover_with_a_position_and_states_stops_where_the_position_says() -> None:
    home = Home()
    home.announce("cover/x", {"name": "A", "pos_t": "p", "stat_t": "s"})
    assert told(home, "s", "closing") == [("closing", {})]
    assert told(home, "p", '{"position": 10}', '{"else": 1}') == [("closing", {"current_position": 10})]
    assert told(home, "s", "stopped") == [("open", {"current_position": 10})]
    assert told(home, "p", "0") == [("open", {"current_position": 0})]
    assert told(home, "s", "stopped") == [("closed", {"current_position": 0})]


def test_a_cover_may_tell_its_tilt() -> None:
    home = Home()
    home.announce(
        "cover/x", {"name": "A", "stat_t": "s", "tilt_status_t": "t", "tilt_min": 20, "tilt_max": 60}
    )
    assert told(home, "s", "open") == [("open", {})]
    assert told(home, "t", "29.6", "61", "x", "1e999") == [("open", {"current_tilt_position": 25})]


def test_a_cover_without_a_range_has_no_position() -> None:
    home = Home()
    home.announce("cover/x", {"name": "A", "pos_t": "p", "pos_clsd": 0, "pos_open": 0})
    assert told(home, "p", "0") == []


def test_a_state_comes_with_what_was_said_of_the_entity() -> None:
    home = Home()
    number = {"name": "N", "min": -5, "max": 5, "mode": "box", "stat_t": "n", "ic": "mdi:x"}
    home.announce("number/n", number)
    home.announce("select/s", {"name": "S", "ops": ["a", 2], "stat_t": "s"})
    home.announce("sensor/w", {"name": "W", "stat_cla": "measurement", "unit_of_meas": "µg", "stat_t": "w"})
    home.announce("sensor/e", {"name": "E", "unit_of_meas": " ", "stat_t": "e"})
    assert told(home, "n", "1") == [
        ("1", {"min": -5.0, "max": 5.0, "step": 1.0, "mode": "box", "icon": "mdi:x"})
    ]
    assert told(home, "s", "2") == [("2", {"options": ["a", "2"]})]
    assert told(home, "w", "1") == [("1", {"state_class": "measurement", "unit_of_measurement": "μg"})]
    assert told(home, "e", "1") == [("1", {})]


def test_attributes_of_its_own_come_from_a_topic_of_theirs() -> None:
    home = Home()
    home.announce("sensor/x", {"name": "A", "stat_t": "t", "json_attr_t": "a"})
    home.announce(
        "sensor/y", {"name": "B", "stat_t": "u", "json_attr_t": "a", "json_attr_tpl": "{{ value }}"}
    )
    home.announce("sensor/z", {"name": "C", "stat_t": "v", "json_attr_t": "#"})
    assert told(home, "a", '{"x": 1, "icon": "no"}') == []
    assert told(home, "t", "5") == [("5", {"x": 1})]
    assert told(home, "a", '{"x": 2}', '{"x": 2}', "[]", "no JSON") == [("5", {"x": 2})]
    assert home.states("u", "5") == [("sensor.b", "5")]
    assert home.listens_to() == {"a", "t", "u", "v"}


def test_the_attributes_are_one_object_until_they_change() -> None:
    home = Home()
    home.announce("sensor/x", {"name": "A", "stat_t": "t", "json_attr_t": "a"})
    home.hear("a", '{"x": 1}')
    (first,), (second,) = home.hear("t", "5"), home.hear("t", "6")
    assert first.attributes is second.attributes
    home.hear("a", '{"x": 2}')
    (third,) = home.hear("t", "7")
    assert third.attributes == {"friendly_name": "A", "x": 2}


def test_the_same_state_is_told_once_unless_the_entity_forces_it() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR)
    home.announce("sensor/y", SENSOR, uniq_id="u2", name="Forced", frc_upd=True)
    (first, second), (third,), (fourth, fifth) = home.hear("t", "5"), home.hear("t", "5"), home.hear("t", "6")
    assert (first.entity_id, first.state, first.previous) == ("sensor.power", "5", None)
    assert {each.entity_id for each in (second, third)} == {"sensor.forced"}
    assert [(each.state, each.previous) for each in (fourth, fifth)] == [("6", "5"), ("6", "5")]
    assert first.time == RECEIVED
    assert not first.timed
    assert not first.retained


def test_what_the_broker_had_kept_is_known_and_no_news() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR)
    assert home.hear("t", "5", retain=True) == []
    assert home.hear("t", "5") == []
    (event,) = home.hear("t", "6")
    assert event.previous == "5"


def test_the_first_state_of_a_device_that_has_just_come_is_news_though_the_broker_kept_it() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, retain=False)
    (event,) = home.hear("t", "5", retain=True)
    assert event.state == "5"
    assert home.hear("t", "6", retain=True) == []
    assert len(home.hear("t", "7")) == 1


AVAILABLE: Any = {"avty": [{"t": "a"}, {"t": "b", "val_tpl": "{{ value_json.s }}", "pl_not_avail": "no"}]}


@pytest.mark.parametrize(
    ("mode", "states"),
    [
        ("all", ["unavailable", "5", "unavailable"]),
        ("any", ["unavailable", "5"]),
        ("latest", ["unavailable", "5", "unavailable", "5"]),
    ],
)
def test_an_entity_that_is_not_available_says_so(mode: str, states: list[str]) -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, **AVAILABLE, avty_mode=mode)
    home.hear("t", "5")
    found = [
        event
        for topic, payload in [
            ("a", "offline"),
            ("b", '{"s": "no"}'),
            ("b", "rubbish"),
            ("a", "online"),
            ("b", '{"s": "online"}'),
            ("b", '{"s": "no"}'),
            ("a", "online"),
        ]
        for event in home.hear(topic, payload)
    ]
    assert [event.state for event in found] == states
    assert found[0].attributes == {"unit_of_measurement": "W", "friendly_name": "Power"}


def test_what_is_told_while_it_is_not_available_is_told_afterwards() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, availability_topic="a")
    assert home.states("a", "offline") == [("sensor.power", "unavailable")]
    assert home.states("t", "5") == []
    assert home.states("a", "online") == [("sensor.power", "5")]


def test_an_availability_without_any_topic_is_none() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, avty=[], avty_mode="any")
    assert home.states("t", "5") == [("sensor.power", "5")]


def test_an_availability_that_cannot_be_rendered_says_nothing() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, avty_t="a", avty_tpl="{{ value | float }}", pl_avail="1.0")
    assert home.states("a", "rubbish", "1") == []


def test_a_state_that_was_never_told_is_not_made_up() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, avty_t="a")
    assert home.states("a", "online") == []
    assert home.states("a", "offline", "online") == [("sensor.power", "unavailable")]


def test_a_state_expires() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, exp_aft=60)
    home.hear("t", "5")
    assert home.pass_time(59) == []
    assert home.hear("t", "5", received=RECEIVED + 59_000_000) == []
    assert home.pass_time(59) == []
    (event,) = home.pass_time(1)
    assert (event.state, event.time) == ("unavailable", RECEIVED + 119_000_000)
    assert home.pass_time(1000) == []
    assert home.states("t", "5") == [("sensor.power", "5")]
    home.announce("sensor/x")
    assert home.pass_time(1000) == []


def test_a_binary_sensor_may_turn_itself_off() -> None:
    home = Home()
    home.announce("binary_sensor/x", {"name": "Motion", "stat_t": "t", "off_dly": 5})
    assert home.states("t", "ON") == [("binary_sensor.motion", "on")]
    (event,) = home.pass_time(5)
    assert (event.state, event.time) == ("off", RECEIVED + 5_000_000)
    assert home.states("t", "ON", "OFF") == [("binary_sensor.motion", "on"), ("binary_sensor.motion", "off")]
    assert home.pass_time(100) == []


def test_what_home_assistant_shows_in_another_unit_is_left_to_it() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR)
    home.announce("sensor/y", SENSOR, uniq_id="u2", stat_t="y", name="Y", unit_of_meas="VAr")
    home.announce("sensor/z", SENSOR, uniq_id="u3", stat_t="z", name="Z", unit_of_meas=None)
    home.units = {"sensor.power": "W", "sensor.y": "VAr", "sensor.z": "W"}
    assert home.states("t", "5") == [("sensor.power", "5")]
    assert home.states("y", "5") == [("sensor.y", "5")]
    assert home.states("z", "5") == [("sensor.z", "5")]
    assert home.reader.notes() == []
    home.units["sensor.power"] = "kW"
    assert home.states("t", "6", "7") == []
    why = "sensor.power is left to Home Assistant, which shows in kW what its device says in W"
    assert home.reader.notes() == [why]
    assert len(home.returned) == home.tokens
