"""Lights of the three schemas: on or off, and the brightness and the effect that they have while they are on.

Colours are not read: what Home Assistant shows of them it calculates.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.kinds.words import on_off, words
from ha_bridge.domain.mqtt.discovery.reading import (
    NONE,
    UNKNOWN,
    Carried,
    NotCarried,
    Source,
    Told,
    Topics,
    is_set,
    number_in,
    topic_of,
)
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.routes import Names

FULL = 255.0
COLOURS = ("color_temp", "hs", "rgb", "rgbw", "rgbww", "white", "xy")

Level = Callable[[str], int | None]
"""From a rendered payload to a brightness; None where Home Assistant ignores it."""


def light(values: Values, _names: Names) -> Carried:
    schema = values.get("schema", "basic")
    make = {"json": _of_json, "template": _of_templates}.get(str(schema), _basic)
    return make(values)


class _Lamp:
    """What a light shows while it is on; it is None while it is not, and the same again afterwards."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._on = False

    def told(self, state: str | None, values: Mapping[str, Any]) -> Told:
        self._values.update(values)
        if state is not None:
            self._on = state == "on"
        return Told(state, self._values.copy() if self._on else dict.fromkeys(self._values))


def _dimmed(topics: Topics, lamp: _Lamp, level: Level, topic: str, template: str, *, lenient: bool) -> None:
    def told(text: str) -> Told:
        brightness = level(text)
        return Told() if brightness is None else lamp.told(None, {"brightness": brightness})

    topics.attribute("brightness", topic, told, template, lenient=lenient)


def _basic(values: Values) -> Carried:
    topics, lamp, state = Topics(values), _Lamp(), on_off(values)
    topics.state("state_topic", lambda text: lamp.told(state(text), {}), "state_value_template")
    coloured = sum(is_set(values, f"{colour}_command_topic") for colour in COLOURS)
    if coloured == 1 or (is_set(values, "brightness_command_topic") and not coloured):
        level = _level(values)
        _dimmed(topics, lamp, level, "brightness_state_topic", "brightness_value_template", lenient=False)
    return topics.carried({})


def _level(values: Values) -> Level:
    scale = number_in(values, "brightness_scale", FULL)

    def level(text: str) -> int | None:
        try:
            share = float(text) / scale
            return None if share == 0 else min(round(share * 255), 255)
        except (ArithmeticError, ValueError):
            return None

    return level


def _of_templates(values: Values) -> Carried:
    if not is_set(values, "state_template"):
        raise NotCarried("it has no state_template")
    topics, lamp, state = Topics(values), _Lamp(), words({"on": "on", "off": "off", NONE: UNKNOWN})
    topics.state("state_topic", lambda text: lamp.told(state(text), {}))
    if is_set(values, "brightness_template") and not (
        is_set(values, "color_temp_template") and is_set(values, "red_template")
    ):
        _dimmed(topics, lamp, _whole, "state_topic", "brightness_template", lenient=True)
    return topics.carried({})


def _whole(text: str) -> int | None:
    try:
        return int(text) or None
    except ValueError:
        return None


def _of_json(values: Values) -> Carried:
    light = _JsonLight(values)
    facts = {"effect_list": values["effect_list"]} if "effect" in light.shown else {}
    source = Source(topic_of(values, "state_topic"), None, light.told)
    return Carried([source], facts, dict.fromkeys(light.shown))


class _JsonLight:
    """A light whose state is JSON. Where it has several modes of colour, its brightness counts from the first that it tells."""

    def __init__(self, values: Values) -> None:
        self._scale = number_in(values, "brightness_scale", FULL)
        self._modes = texts(values.get("supported_color_modes"))
        self._has_mode = len(self._modes) <= 1
        self._brightness: int | None = None
        self._lamp = _Lamp()
        dimmable = values.get("brightness") or any(mode not in ("onoff", "unknown") for mode in self._modes)
        effects = values.get("effect") and is_set(values, "effect_list")
        self.shown = (["brightness"] if dimmable else []) + (["effect"] if effects else [])

    def told(self, text: str) -> Told:
        document = Payload(text).document
        if not isinstance(document, dict) or "state" not in document:
            return Told()
        word = document["state"]
        state = UNKNOWN if word is None else {"ON": "on", "OFF": "off"}.get(str(word))
        return self._lamp.told(state, self._shown(document))

    def _shown(self, document: Mapping[str, Any]) -> dict[str, Any]:
        self._has_mode = self._has_mode or document.get("color_mode") in self._modes
        brightness: Any = document.get("brightness")
        if type(brightness) in (int, float) and brightness > 0 < self._scale:
            self._brightness = min(255, round(brightness / self._scale * 255))
        shown = {"brightness": self._brightness if self._has_mode else None}
        if "effect" in document:
            shown["effect"] = document["effect"]
        return {name: value for name, value in shown.items() if name in self.shown}
