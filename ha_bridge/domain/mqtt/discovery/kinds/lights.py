"""Lights."""

from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.reading import UNKNOWN, NotCarried, Source, Told, number_in, topic_of
from ha_bridge.domain.mqtt.discovery.templates import Payload


class _JsonLight:
    """A light whose state is JSON: off, it has no brightness, and on again the last one."""

    def __init__(self, values: Values) -> None:
        self._scale = number_in(values, "brightness_scale", 255.0)
        self._brightness: dict[str, Any] = {}

    def told(self, text: str) -> Told:
        document = Payload(text).document
        if not isinstance(document, dict) or "state" not in document:
            return Told()
        word = document["state"]
        state = UNKNOWN if word is None else {"ON": "on", "OFF": "off"}.get(str(word))
        brightness: Any = document.get("brightness")
        if type(brightness) in (int, float) and brightness > 0 < self._scale:
            self._brightness = {"brightness": min(255, round(brightness / self._scale * 255))}
        return Told(state, self._brightness if state == "on" else {})


def json_light(values: Values) -> list[Source]:
    if values["schema"] != "json":
        raise NotCarried("a light with templates is none to read plainly")
    return [Source(topic_of(values, "state_topic"), None, _JsonLight(values).told)]
