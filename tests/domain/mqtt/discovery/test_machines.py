"""What fans, humidifiers, vacuums, mowers, sirens and valves say. That real ones are told like this the system tests show."""

from typing import Any

import pytest

from tests.domain.mqtt.discovery.announcing import Home, told

Said = list[tuple[str | None, Any]]


def of(name: str, said: list[tuple[str | None, dict[str, Any]]]) -> Said:
    return [(state, attributes.get(name, "gone")) for state, attributes in said]


def test_a_fan_tells_what_it_can_be_commanded_to() -> None:
    home = Home()
    home.announce(
        "fan/x", {"name": "A", "stat_t": "t", "pct_stat_t": "p", "osc_stat_t": "o", "dir_stat_t": "d"}
    )
    assert home.listens_to() == {"t"}
    assert told(home, "t", "ON", "x", "OFF", "None") == [("on", {}), ("off", {}), ("unknown", {})]


FAN: Any = {"name": "A", "stat_t": "t", "pct_stat_t": "p", "pct_cmd_t": "c"}


@pytest.mark.parametrize(
    ("config", "percentages"),
    [
        ({}, [2, 50, None]),
        ({"spd_rng_max": 3}, [66, None]),
        ({"spd_rng_min": 2, "spd_rng_max": 60}, [1, 83, None]),
        ({"spd_rng_min": 2, "spd_rng_max": 1}, []),
        ({"pl_rst_pct": "x"}, [2, None, 50]),
    ],
)
def test_the_speed_of_a_fan_is_a_percentage_of_its_range(config: Any, percentages: list[int | None]) -> None:
    home = Home()
    home.announce("fan/x", FAN, **config)
    found = of("percentage", told(home, "p", "2", "x", "50", "None", "500"))
    assert [percentage for _, percentage in found] == percentages


def test_a_fan_has_presets_swings_and_turns() -> None:
    home = Home()
    swings: Any = {"osc_cmd_t": "c", "osc_stat_t": "o", "dir_cmd_t": "c", "dir_stat_t": "d"}
    presets: Any = {"pr_mode_cmd_t": "c", "pr_mode_stat_t": "m", "pr_modes": ["auto"]}
    home.announce("fan/x", {"name": "A", "stat_t": "t", **swings, **presets})
    begins = {"direction": None, "oscillating": False, "preset_mode": None, "preset_modes": ["auto"]}
    assert told(home, "t", "ON") == [("on", begins)]
    assert of("oscillating", told(home, "o", "oscillate_off", "oscillate_on", "x")) == [("on", True)]
    assert of("direction", told(home, "d", "", "forward")) == [("on", "forward")]
    assert of("preset_mode", told(home, "m", "auto", "storm", "None")) == [("on", "auto"), ("on", None)]


HUMIDIFIER: Any = {"name": "A", "stat_t": "t"}


def test_a_humidifier_does_nothing_while_it_is_off() -> None:
    home = Home()
    home.announce("humidifier/x", HUMIDIFIER, act_t="a")
    assert of("action", told(home, "t", "ON")) == [("on", "gone")]
    assert of("action", told(home, "a", "boiling", "drying")) == [("on", "drying")]
    assert of("action", told(home, "t", "OFF", "ON", "x")) == [("off", "off"), ("on", "drying")]


def test_humidities_are_whole_numbers_within_their_range() -> None:
    home = Home()
    config: Any = {"curr_hum_t": "c", "hum_stat_t": "h", "min_hum": 30, "pl_rst_hum": "reset"}
    home.announce("humidifier/x", HUMIDIFIER, **config)
    found = of("current_humidity", told(home, "c", "45.6", "101", "x", "inf", "reset"))
    assert found == [("unknown", 46), ("unknown", "gone")]
    assert of("humidity", told(home, "h", "20", "30")) == [("unknown", 30)]


def test_a_humidifier_has_the_modes_that_it_lists() -> None:
    home = Home()
    home.announce("humidifier/x", HUMIDIFIER, mode_cmd_t="c", mode_stat_t="m", modes=["eco"])
    assert of("mode", told(home, "m", "eco", "x", "None")) == [("unknown", "eco"), ("unknown", None)]
    facts = {
        "available_modes": ["eco"],
        "device_class": "humidifier",
        "max_humidity": 100.0,
        "min_humidity": 0.0,
    }
    assert told(home, "t", "ON") == [("on", {**facts, "mode": None})]


def test_a_vacuum_says_what_it_does() -> None:
    home = Home()
    home.announce("vacuum/x", {"name": "A", "stat_t": "t"})
    payloads = [
        '{"state": "cleaning", "fan_speed": "high"}',
        '{"state": "flying"}',
        "x",
        "[]",
        '{"state": null}',
    ]
    assert told(home, "t", *payloads) == [("cleaning", {}), ("unknown", {})]


def test_a_vacuum_may_say_how_fast() -> None:
    home = Home()
    speeds: Any = {"sup_feat": ["fan_speed"], "fanspd_lst": ["low", "high"]}
    home.announce("vacuum/x", {"name": "A", "stat_t": "t", **speeds})
    payloads = ['{"state": "docked"}', '{"fan_speed": "high"}', "x", '{"state": "idle"}']
    assert of("fan_speed", told(home, "t", *payloads)) == [
        ("docked", 0),
        ("docked", "high"),
        ("idle", "high"),
    ]


def test_a_lawn_mower_says_what_it_does() -> None:
    home = Home()
    home.announce("lawn_mower/x", {"name": "A", "act_stat_t": "t", "act_val_tpl": "{{ value_json.a }}"})
    payloads = ['{"a": "mowing"}', '{"a": "flying"}', '{"a": ""}', '{"a": null}']
    assert told(home, "t", *payloads) == [("mowing", {}), ("unknown", {})]


def test_a_siren_may_tell_its_sound_in_json() -> None:
    home = Home()
    home.announce("siren/x", {"name": "A", "stat_t": "t", "av_tones": ["ping", 5], "sup_vol": False})
    facts = {"available_tones": ["ping", 5]}
    assert told(
        home,
        "t",
        "OFF",
        '{"state": "ON", "tone": "ping", "duration": 10, "volume_level": 0.5}',
        '{"tone": "song"}',
        '{"tone": 5, "duration": -1}',
        '{"volume_level": 2}',
        '{"colour": "red"}',
        '{"state": 5}',
        "rubbish",
        "None",
    ) == [
        ("off", {**facts, "duration": None, "tone": None}),
        ("on", {**facts, "duration": 10, "tone": "ping"}),
        ("unknown", {**facts, "duration": 10, "tone": "ping"}),
    ]


def test_a_siren_without_tones_has_no_tone() -> None:
    home = Home()
    home.announce("siren/x", {"name": "A", "stat_t": "t"})
    assert told(home, "t", "ON", '{"volume_level": 0.5}') == [
        ("on", {"duration": None, "volume_level": None}),
        ("on", {"duration": None, "volume_level": 0.5}),
    ]


def test_a_valve_is_open_or_closed_or_on_its_way() -> None:
    home = Home()
    home.announce("valve/x", {"name": "A", "stat_t": "t", "stat_open": "OPEN"})
    payloads = ["OPEN", "closing", '{"state": "closed"}', '{"position": 5}', "", '{"state": 5}', "None"]
    assert [state for state, _ in told(home, "t", *payloads)] == ["open", "closing", "closed", "unknown"]


@pytest.mark.parametrize(("names", "last"), [("2026.11", "unknown"), ("2024.3", "closed")])
def test_a_valve_may_say_how_far_it_is_open(names: Any, last: str) -> None:
    home = Home(names=names)
    home.announce("valve/x", {"name": "A", "stat_t": "t", "pos": True, "pos_open": 200})
    payloads = [
        *('{"position": 100}', '{"position": 120, "state": "opening"}', "200", "closing", "x", "0"),
        *('{"state": "open"}', '{"position": null}', '{"position": 5, "state": 5}', "", "None"),
    ]
    found = of("current_position", told(home, "t", *payloads))
    assert found[:5] == [("open", 50), ("opening", 60), ("open", 100), ("closing", 100), ("closed", 0)]
    assert found[5][1] == 2
    assert len(found) == 6 + (last == "unknown")


def test_a_valve_without_a_range_has_no_position() -> None:
    home = Home()
    home.announce("valve/x", {"name": "A", "stat_t": "t", "pos": "yes", "pos_open": 0})
    assert told(home, "t", "50") == []


def test_a_valve_of_2024_3_stops_where_it_is_fully_open_or_closed() -> None:
    home = Home(names="2024.3")
    home.announce("valve/x", {"name": "A", "stat_t": "t", "pos": True})
    payloads = ['{"position": 50, "state": "opening"}', "60", "100"]
    assert of("current_position", told(home, "t", *payloads)) == [
        ("opening", 50),
        ("opening", 60),
        ("open", 100),
    ]
