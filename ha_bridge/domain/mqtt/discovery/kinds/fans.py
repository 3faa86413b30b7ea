"""Fans and humidifiers: on or off, and what they do from topics of their own.

As with climate devices, what has no topic is only assumed in Home Assistant and not told here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.kinds.words import on_off
from ha_bridge.domain.mqtt.discovery.reading import GONE, NONE, Carried, Told, Topics, is_set, number_in, word
from ha_bridge.domain.mqtt.routes import Names

ACTIONS = ("humidifying", "drying", "idle", "off")


def fan(values: Values, _names: Names) -> Carried:
    topics, state = Topics(values), on_off(values)
    topics.state("state_topic", lambda text: Told(state(text)), "state_value_template")
    facts: dict[str, Any] = {}
    modes = texts(values.get("preset_modes")) if is_set(values, "preset_mode_command_topic") else []
    if is_set(values, "percentage_command_topic", "preset_mode_command_topic"):
        facts["preset_modes"] = modes
        topics.attributes["preset_mode"] = None
        told = _listed("preset_mode", modes, word(values, "payload_reset_preset_mode", NONE))
        topics.attribute("preset_mode", "preset_mode_state_topic", told, "preset_mode_value_template")
    if is_set(values, "percentage_command_topic"):
        _speed(topics, values)
    if is_set(values, "oscillation_command_topic"):
        told, template = _oscillating(values), "oscillation_value_template"
        topics.attribute("oscillating", "oscillation_state_topic", told, template, first=False)
    if is_set(values, "direction_command_topic"):
        topics.attribute("direction", "direction_state_topic", _direction, "direction_value_template")
    return topics.carried(facts)


def humidifier(values: Values, _names: Names) -> Carried:
    topics, state, action = Topics(values), on_off(values), _Action()
    topics.state("state_topic", lambda text: action.switch(state(text)), "state_value_template")
    topics.attribute("action", "action_topic", action.told, first=GONE)
    reset = word(values, "payload_reset_humidity", NONE)
    least, most = number_in(values, "min_humidity", 0.0), number_in(values, "max_humidity", 100.0)
    current = _percent("current_humidity", 0.0, 100.0, reset)
    topics.attribute("current_humidity", "current_humidity_topic", current, first=GONE)
    target = _percent("humidity", least, most, reset)
    topics.attribute("humidity", "target_humidity_state_topic", target, first=GONE)
    facts: dict[str, Any] = {"min_humidity": least, "max_humidity": most}
    facts["device_class"] = word(values, "device_class", "humidifier")
    modes = texts(values.get("modes")) if is_set(values, "mode_command_topic") else []
    if modes:
        facts["available_modes"] = modes
        mode = _listed("mode", modes, word(values, "payload_reset_mode", NONE))
        topics.attribute("mode", "mode_state_topic", mode)
    return topics.carried(facts)


def _speed(topics: Topics, values: Values) -> None:
    """As a percentage of the range of speeds that the fan has."""
    least, most = int(number_in(values, "speed_range_min", 1)), int(number_in(values, "speed_range_max", 100))
    reset, speeds = word(values, "payload_reset_percentage", NONE), most - least + 1
    topics.attributes["percentage_step"] = 100 / min(speeds, 100) if speeds > 0 else None

    def told(text: str) -> Told:
        if text == reset:
            return Told(attributes={"percentage": None})
        try:
            share = (int(text) - least + 1) * 100 // speeds
        except (ValueError, ZeroDivisionError):
            return Told()
        return Told(attributes={"percentage": share}) if 0 <= share <= 100 else Told()

    topics.attribute("percentage", "percentage_state_topic", told, "percentage_value_template")


def _oscillating(values: Values) -> Callable[[str], Told]:
    words = {
        word(values, "payload_oscillation_off", "oscillate_off"): False,
        word(values, "payload_oscillation_on", "oscillate_on"): True,
    }
    return lambda text: Told(attributes={"oscillating": words[text]}) if text in words else Told()


def _direction(text: str) -> Told:
    return Told(attributes={"direction": text}) if text else Told()


def _listed(name: str, listed: Sequence[Any], reset: str) -> Callable[[str], Told]:
    def told(text: str) -> Told:
        if text == reset:
            return Told(attributes={name: None})
        return Told(attributes={name: text}) if text in listed else Told()

    return told


def _percent(name: str, least: float, most: float, reset: str) -> Callable[[str], Told]:
    def told(text: str) -> Told:
        if text == reset:
            return Told(attributes={name: GONE})
        try:
            number = round(float(text))
        except (ValueError, OverflowError):
            return Told()
        return Told(attributes={name: number}) if least <= number <= most else Told()

    return told


class _Action:
    """What a humidifier does, which is nothing while it is not on."""

    def __init__(self) -> None:
        self._on = False
        self._action = ""

    def switch(self, state: str | None) -> Told:
        if state is not None:
            self._on = state == "on"
        return Told(state, self._attributes())

    def told(self, text: str) -> Told:
        if text in ACTIONS:
            self._action = text
        return Told(attributes=self._attributes())

    def _attributes(self) -> dict[str, Any]:
        return {"action": self._action if self._on else "off"} if self._action else {}
