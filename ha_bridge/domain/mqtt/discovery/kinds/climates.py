"""Climate devices and water heaters: a mode, and temperatures and more from topics of their own.

They are shown as HA's `components/climate` and `components/water_heater` do, with temperatures rounded as in
`helpers/temperature.py`. What has no topic is only assumed there, from what Home Assistant commanded, and not told here.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.reading import (
    GONE,
    NONE,
    UNKNOWN,
    Carried,
    Told,
    Topics,
    is_set,
    number_in,
    word,
)
from ha_bridge.domain.mqtt.routes import OLD, Names

MODES = ["auto", "off", "cool", "heat", "dry", "fan_only"]
KNOWN_MODES = {*MODES, "heat_cool"}
ACTIONS = {"cooling", "defrosting", "drying", "fan", "heating", "idle", "off", "preheating"}
LISTS = {
    "fan_mode": ["auto", "low", "medium", "high"],
    "swing_mode": ["on", "off"],
    "swing_horizontal_mode": ["on", "off"],
}
SET_POINTS = {
    "temperature": "temperature_state_topic",
    "target_temp_low": "temperature_low_state_topic",
    "target_temp_high": "temperature_high_state_topic",
}
OPERATIONS = ["eco", "electric", "gas", "heat_pump", "high_demand", "performance", "off"]
CELSIUS, FAHRENHEIT = "°C", "°F"

Reading = Callable[[str], Told]
Shown = Callable[[float], float]


def climate(values: Values, names: Names) -> Carried:
    topics = Topics(values, "value_template")
    modes = texts(values.get("modes", MODES))
    unit = _unit(values)
    shown = _shown(values, unit)
    topics.state("mode_state_topic", _mode([mode for mode in modes if mode in KNOWN_MODES], names))
    topics.attributes |= _temperature_unit(unit, names)
    _current(topics, shown)
    _set_points(topics, values, shown, apart=names != OLD and _is_either(modes))
    topics.attribute("hvac_action", "action_topic", _action(names), first=GONE)
    facts = {"hvac_modes": modes, **_limits(values, shown, 7.0, 35.0)}
    if step := number_in(values, "temp_step", 1.0):
        facts["target_temp_step"] = step
    return topics.carried({**facts, **_humidity(topics, values), **_lists(topics, values, names)}, unit)


def water_heater(values: Values, names: Names) -> Carried:
    topics = Topics(values, "value_template")
    modes = texts(values.get("modes", OPERATIONS))
    unit = _unit(values)
    shown = _shown(values, unit)
    mode = _mode(modes, names)
    topics.state("mode_state_topic", lambda text: _with_operation(mode(text)))
    topics.attributes |= _temperature_unit(unit, names)
    topics.attributes |= dict.fromkeys(("target_temp_high", "target_temp_low", "operation_mode"))
    _current(topics, shown)
    topics.attribute("temperature", "temperature_state_topic", _figure("temperature", shown))
    least, most = (110.0, 140.0) if unit == FAHRENHEIT else (78 / 1.8, 60.0)
    return topics.carried({"operation_list": modes, **_limits(values, shown, least, most)}, unit)


def _is_either(modes: Sequence[Any]) -> bool:
    return "heat_cool" in modes and ("heat" in modes or "cool" in modes)


def _unit(values: Values) -> str:
    return FAHRENHEIT if word(values, "temperature_unit", "C").upper() == "F" else CELSIUS


def _shown(values: Values, unit: str) -> Shown:
    precision = number_in(values, "precision", 1.0 if unit == FAHRENHEIT else 0.1)
    if precision == 0.5:
        return lambda value: round(value * 2) / 2.0
    return (lambda value: round(value, 1)) if precision == 0.1 else round


def _limits(values: Values, shown: Shown, least: float, most: float) -> dict[str, Any]:
    return {
        "min_temp": shown(number_in(values, "min_temp", least)),
        "max_temp": shown(number_in(values, "max_temp", most)),
    }


def _temperature_unit(unit: str, names: Names) -> dict[str, Any]:
    return {} if names == OLD else {"temperature_unit": unit}


def _current(topics: Topics, shown: Shown) -> None:
    topics.attributes["current_temperature"] = None
    topics.attribute(
        "current_temperature", "current_temperature_topic", _figure("current_temperature", shown)
    )


def _set_points(topics: Topics, values: Values, shown: Shown, *, apart: bool) -> None:
    """`apart`: it aims at one temperature or at a range, never at both."""
    there = [name for name, topic in SET_POINTS.items() if apart and is_set(values, topic)]
    for name, topic in SET_POINTS.items():
        others = [each for each in there if (each == "temperature") != (name == "temperature")]
        topics.attribute(name, topic, _figure(name, shown, others=others))


def _humidity(topics: Topics, values: Values) -> dict[str, Any]:
    told = _figure("current_humidity", float, GONE)
    topics.attribute("current_humidity", "current_humidity_topic", told, first=GONE)
    if not is_set(values, "target_humidity_command_topic"):
        return {}
    topics.attribute("humidity", "target_humidity_state_topic", _figure("humidity", float))
    return {
        "min_humidity": number_in(values, "min_humidity", 30.0),
        "max_humidity": number_in(values, "max_humidity", 99.0),
    }


def _lists(topics: Topics, values: Values, names: Names) -> dict[str, Any]:
    """Modes besides that of the state, each with the list of those that there are."""
    facts: dict[str, Any] = {}
    for name, usual in LISTS.items():
        if names == OLD and name == "swing_horizontal_mode":
            continue
        listed = texts(values.get(f"{name}s", usual))
        topics.attribute(name, f"{name}_state_topic", _listed(name, listed, names))
        if is_set(values, f"{name}_state_topic", f"{name}_command_topic"):
            facts[f"{name}s"] = listed
    if is_set(values, "preset_mode_command_topic"):
        presets = texts(values.get("preset_modes"))
        facts["preset_modes"] = ["none", *presets] if presets else []
        topics.attribute(
            "preset_mode", "preset_mode_state_topic", _preset(presets), "preset_mode_value_template", "none"
        )
    return facts


def _mode(modes: Sequence[Any], names: Names) -> Reading:
    def told(text: str) -> Told:
        if text == NONE and names != OLD:
            return Told(UNKNOWN)
        return Told(text if text in modes else None)

    return told


def _with_operation(told: Told) -> Told:
    if told.state is None:
        return told
    return Told(told.state, {"operation_mode": None if told.state == UNKNOWN else told.state})


def _figure(name: str, shown: Shown, nothing: Any = None, others: Sequence[str] = ()) -> Reading:
    """An attribute that is a number; it takes the place of the `others`."""

    def told(text: str) -> Told:
        if text == NONE:
            return Told(attributes={name: nothing})
        try:
            number = float(text)
            figure = shown(number) if isfinite(number) else None
        except (ValueError, OverflowError):
            return Told()
        return Told() if figure is None else Told(attributes={name: figure, **dict.fromkeys(others)})

    return told


def _listed(name: str, modes: Sequence[Any], names: Names) -> Reading:
    def told(text: str) -> Told:
        if text == NONE and names != OLD:
            return Told(attributes={name: None})
        return Told(attributes={name: text}) if text in modes else Told()

    return told


def _preset(presets: Sequence[Any]) -> Reading:
    def told(text: str) -> Told:
        if text in ("none", NONE):
            return Told(attributes={"preset_mode": "none"})
        return Told(attributes={"preset_mode": text}) if text in presets else Told()

    return told


def _action(names: Names) -> Reading:
    def told(text: str) -> Told:
        if text == NONE and names != OLD:
            return Told(attributes={"hvac_action": GONE})
        return Told(attributes={"hvac_action": text}) if text in ACTIONS else Told()

    return told
