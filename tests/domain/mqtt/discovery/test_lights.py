"""What lights of each schema say. That real ones are told like this the system tests show."""

from typing import Any

import pytest

from tests.domain.mqtt.discovery.announcing import Home, told

JSON: Any = {"name": "A", "schema": "json", "stat_t": "t", "brightness": True}
OFF: dict[str, Any] = {"brightness": None}


def lit(brightness: int | None) -> tuple[str, dict[str, Any]]:
    return "on", {"brightness": brightness}


def test_a_light_of_json_has_its_brightness_while_it_is_on() -> None:
    home = Home()
    home.announce("light/x", JSON, bri_scl=100)
    payloads = [
        '{"state": "ON", "brightness": 50}',
        '{"state": "OFF"}',
        '{"state": "ON", "brightness": "x"}',
        '{"state": "ON", "brightness": 0}',
        '{"state": null}',
        '{"state": []}',
        "{}",
        "x",
    ]
    assert told(home, "t", *payloads) == [lit(128), ("off", OFF), lit(128), ("unknown", OFF)]


def test_a_light_that_is_announced_again_keeps_its_brightness() -> None:
    home = Home()
    home.announce("light/x", JSON)
    assert told(home, "t", '{"state": "ON", "brightness": 50}') == [lit(50)]
    home.announce("light/x", JSON)
    assert told(home, "t", '{"state": "OFF"}', '{"state": "ON"}') == [("off", OFF), lit(50)]
    home.announce("light/x", JSON, ic="mdi:lamp")
    ((_, attributes),) = told(home, "t", '{"state": "OFF"}')
    assert attributes["icon"] == "mdi:lamp"


def test_a_light_of_json_may_have_neither_brightness_nor_effects() -> None:
    home = Home()
    home.announce("light/x", JSON, brightness=False, sup_clrm=["onoff"])
    assert told(home, "t", '{"state": "ON", "brightness": 5, "effect": "x"}') == [("on", {})]


def test_with_several_modes_of_colour_a_brightness_counts_when_the_mode_is_known() -> None:
    home = Home()
    home.announce("light/x", JSON, brightness=False, sup_clrm=["xy", "color_temp"])
    bright = '"state": "ON", "brightness": 255'
    payloads = [f"{{{bright}}}", f'{{{bright}, "color_mode": "hs"}}', f'{{{bright}, "color_mode": "xy"}}']
    assert told(home, "t", *payloads) == [lit(None), lit(255)]


def test_a_light_of_json_tells_its_effect() -> None:
    home = Home()
    home.announce("light/x", JSON, brightness=False, effect=True, fx_list=["a", "b"])
    payloads = ['{"state": "ON"}', '{"state": "ON", "effect": "a"}', '{"state": "OFF", "effect": "b"}']
    listed = {"effect_list": ["a", "b"]}
    assert told(home, "t", *payloads) == [
        ("on", {"effect": None, **listed}),
        ("on", {"effect": "a", **listed}),
        ("off", {"effect": None, **listed}),
    ]


def test_a_brightness_may_have_a_topic_of_its_own() -> None:
    home = Home()
    home.announce(
        "light/x", {"name": "A", "stat_t": "t", "bri_stat_t": "b", "bri_cmd_t": "c", "bri_scl": 100}
    )
    assert told(home, "b", "50") == []
    assert told(home, "t", "ON") == [lit(128)]
    assert told(home, "b", "0", "x", "1e999", "20", "200") == [lit(51), lit(255)]
    assert told(home, "t", "OFF", "ON", "x") == [("off", OFF), lit(255)]


@pytest.mark.parametrize("colours", [{"hs_cmd_t": "c", "rgb_cmd_t": "d"}, {}])
def test_without_one_mode_of_colour_there_is_no_brightness_to_tell(colours: dict[str, Any]) -> None:
    home = Home()
    home.announce("light/x", {"name": "A", "stat_t": "t", "bri_stat_t": "b", **colours})
    assert home.listens_to() == {"t"}


def test_a_light_without_a_range_has_no_brightness() -> None:
    home = Home()
    home.announce("light/x", {"name": "A", "stat_t": "t", "bri_stat_t": "b", "bri_cmd_t": "c", "bri_scl": 0})
    assert told(home, "b", "50") == []


def test_a_light_may_be_read_with_templates() -> None:
    home = Home()
    config = {"name": "A", "schema": "template", "stat_t": "t", "stat_tpl": "{{ value_json.s }}"}
    home.announce("light/x", config, brightness_template="{{ value_json.b }}")
    payloads = ['{"s": "on", "b": 5}', '{"s": "off", "b": 0}', '{"s": "on", "b": "x"}', '{"s": "ON", "b": 7}']
    assert told(home, "t", *payloads) == [lit(5), ("off", OFF), lit(5), lit(7)]


def test_a_light_of_templates_with_several_modes_of_colour_has_no_brightness() -> None:
    home = Home()
    templates = {f"{name}_template": "{{ value }}" for name in ("state", "brightness", "color_temp", "red")}
    home.announce("light/x", {"name": "A", "schema": "template", "stat_t": "t", **templates})
    assert told(home, "t", "on", "off") == [("on", {}), ("off", {})]
