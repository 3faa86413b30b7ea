"""What thermostats and water heaters say. That real ones are told like this the system tests show."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.mqtt.discovery.announcing import Home, told

CLIMATE: Any = {"name": "A", "mode_stat_t": "m", "modes": ["off", "heat", "sleep"], "temp_unit": "C"}


def said(home: Home, topic: str, *payloads: str, of: str) -> list[tuple[str | None, Any]]:
    return [(state, attributes.get(of, "gone")) for state, attributes in told(home, topic, *payloads)]


def test_a_thermostat_is_in_one_of_the_modes_that_home_assistant_knows() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE)
    assert told(home, "m", "heat", "sleep", "cool", "", "None") == [
        (
            state,
            {
                "current_temperature": None,
                "hvac_modes": ["off", "heat", "sleep"],
                "max_temp": 35.0,
                "min_temp": 7.0,
                "target_temp_step": 1.0,
                "temperature_unit": "°C",
            },
        )
        for state in ("heat", "unknown")
    ]


def test_it_is_unknown_until_the_first_mode() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, curr_temp_t="c")
    assert said(home, "c", "None", "20.5", of="current_temperature") == [("unknown", 20.5)]
    assert said(home, "m", "off", of="current_temperature") == [("off", 20.5)]


@pytest.mark.parametrize(
    ("config", "temperatures"),
    [
        ({}, [20.3, 20.8, -3.0]),
        ({"precision": 0.5}, [20.5, 21.0, -3.0]),
        ({"precision": "1.0"}, [20, 21, -3]),
        ({"temp_unit": "F"}, [20, 21, -3]),
        ({"temp_unit": "f", "precision": 0.1}, [20.3, 20.8, -3.0]),
    ],
)
def test_temperatures_are_rounded_as_home_assistant_shows_them(
    config: dict[str, Any], temperatures: list[float]
) -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, temp_stat_t="t", **config)
    assert said(home, "t", "20.26", "20.75", "-3", "nan", "inf", "1.7e308", of="temperature")[:3] == [
        ("unknown", temperature) for temperature in temperatures
    ]


@given(st.sampled_from([0.1, 0.5, 1.0]), st.text() | st.floats().map(str))
def test_no_payload_is_too_strange_for_a_temperature(precision: float, payload: str) -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, temp_stat_t="t", precision=precision)
    assert len(told(home, "t", payload)) <= 1


def test_it_aims_at_one_temperature_or_at_a_range() -> None:
    home = Home()
    topics: Any = {"temp_stat_t": "t", "temp_lo_stat_t": "l", "temp_hi_stat_t": "h"}
    home.announce("climate/x", CLIMATE, modes=["heat", "heat_cool"], **topics)
    names = ("temperature", "target_temp_low", "target_temp_high")

    def aims(topic: str, payload: str) -> list[Any]:
        return [[attributes[name] for name in names] for _, attributes in told(home, topic, payload)]

    assert aims("t", "20") == [[20.0, None, None]]
    assert aims("l", "18") == [[None, 18.0, None]]
    assert aims("h", "25") == [[None, 18.0, 25.0]]
    assert aims("t", "None") == []
    assert aims("t", "21") == [[21.0, None, None]]


def test_in_home_assistant_2024_3_it_may_have_both_and_no_mode_is_none() -> None:
    home = Home(names="2024.3")
    topics: Any = {"temp_stat_t": "t", "temp_lo_stat_t": "l", "swing_h_mode_stat_t": "s", "act_t": "a"}
    home.announce("climate/x", CLIMATE, modes=["heat", "heat_cool"], **topics)
    assert home.listens_to() == {"m", "t", "l", "a"}
    told(home, "t", "20")
    assert said(home, "l", "18", of="temperature") == [("unknown", 20.0)]
    assert said(home, "a", "heating", "None", of="hvac_action") == [("unknown", "heating")]
    assert told(home, "m", "None") == []


def test_what_it_does_is_told_while_it_does_something() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, act_t="a")
    assert said(home, "a", "heating", "boiling", "", "None", of="hvac_action") == [
        ("unknown", "heating"),
        ("unknown", "gone"),
    ]


def test_humidity_is_told_as_it_is() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, curr_hum_t="c", hum_stat_t="h")
    assert said(home, "c", "48.25", "x", "None", of="current_humidity") == [
        ("unknown", 48.25),
        ("unknown", "gone"),
    ]
    assert told(home, "h", "50") == []
    home.announce("climate/x", CLIMATE, hum_stat_t="h", hum_cmd_t="s", max_hum=80)
    assert said(home, "h", "50", of="humidity") == [("unknown", 50.0)]
    ((_, attributes),) = told(home, "m", "off")
    assert (attributes["min_humidity"], attributes["max_humidity"]) == (30.0, 80.0)


def test_other_modes_are_those_that_it_lists() -> None:
    home = Home()
    home.announce(
        "climate/x", CLIMATE, temp_step=0, fan_mode_stat_t="f", swing_mode_cmd_t="s", swing_mode_stat_t="w"
    )
    assert said(home, "f", "low", "storm", "None", of="fan_mode") == [("unknown", "low"), ("unknown", None)]
    ((_, attributes),) = told(home, "w", "on")
    assert "target_temp_step" not in attributes
    assert attributes["fan_modes"] == ["auto", "low", "medium", "high"]
    assert (attributes["swing_modes"], attributes["swing_mode"]) == (["on", "off"], "on")


def test_a_preset_is_none_or_one_of_those_that_it_lists() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, pr_mode_stat_t="p", pr_mode_cmd_t="c", pr_modes=["eco"])
    assert said(home, "p", "none", "eco", "x", "None", of="preset_mode") == [
        ("unknown", "eco"),
        ("unknown", "none"),
    ]
    ((_, attributes),) = told(home, "m", "off")
    assert attributes["preset_modes"] == ["none", "eco"]
    home.announce("climate/y", CLIMATE, name="B", mode_stat_t="n", pr_mode_cmd_t="c")
    ((_, attributes),) = told(home, "n", "off")
    assert attributes["preset_modes"] == []


def test_all_its_topics_may_be_one_with_one_template() -> None:
    home = Home()
    config = {
        **CLIMATE,
        "val_tpl": "{{ value_json.v }}",
        "curr_temp_t": "m",
        "curr_temp_tpl": "{{ value_json.t }}",
    }
    home.announce("climate/x", config)
    assert said(home, "m", '{"v": "heat", "t": 20}', of="current_temperature") == [("heat", 20.0)]


def test_an_attribute_that_cannot_be_read_is_left_out_and_named() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE, act_t="m", act_tpl="{{ states('x') }}", temp_stat_t="#")
    assert home.reader.notes() == [
        "climate.a is carried without its temperature: its temperature_state_topic is no topic, or one for everything below: '#'",
        "climate.a is carried without its hvac_action: its action_template is no plain one: \"{{ states('x') }}\"",
    ]
    assert home.reader.left_out == 0
    assert said(home, "m", "heat", of="hvac_action") == [("heat", "gone")]


def test_what_home_assistant_shows_in_another_unit_is_left_to_it() -> None:
    home = Home()
    home.announce("climate/x", CLIMATE)
    home.units = {"climate.a": "°F"}
    assert told(home, "m", "heat") == []
    why = "climate.a is left to Home Assistant, which shows in °F what its device says in °C"
    assert home.reader.notes() == [why]


def test_a_water_heater_has_its_mode_as_an_attribute_too() -> None:
    home = Home()
    home.announce("water_heater/x", {"name": "A", "mode_stat_t": "m", "temp_stat_t": "t", "temp_unit": "F"})
    assert told(home, "m", "eco", "nonsense", "None") == [
        (
            state,
            {
                "current_temperature": None,
                "max_temp": 140,
                "min_temp": 110,
                "operation_list": [
                    "eco",
                    "electric",
                    "gas",
                    "heat_pump",
                    "high_demand",
                    "performance",
                    "off",
                ],
                "operation_mode": mode,
                "target_temp_high": None,
                "target_temp_low": None,
                "temperature": None,
                "temperature_unit": "°F",
            },
        )
        for state, mode in (("eco", "eco"), ("unknown", None))
    ]
    home.announce("water_heater/y", {"name": "B", "mode_stat_t": "n"})
    assert said(home, "n", "gas", of="min_temp") == [("gas", 43.3)]
