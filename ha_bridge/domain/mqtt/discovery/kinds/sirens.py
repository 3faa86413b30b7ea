"""Sirens: on or off, alone or with tone, duration and volume in JSON."""

from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.kinds.words import switch
from ha_bridge.domain.mqtt.discovery.reading import Carried, State, Told, Topics
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.routes import Names


def siren(values: Values, _names: Names) -> Carried:
    tones = values.get("available_tones") or []
    names = ["tone"] if tones else []
    names += [name for name, key in SUPPORTED.items() if values.get(key, True)]
    topics, found = Topics(values), _Siren(switch(values), texts(tones), names)
    topics.state("state_topic", found.told, "state_value_template")
    topics.attributes |= dict.fromkeys(names)
    return topics.carried({"available_tones": tones} if tones else {})


SUPPORTED = {"duration": "support_duration", "volume_level": "support_volume_set"}


class _Siren:
    def __init__(self, state: State, tones: list[Any], names: list[str]) -> None:
        self._state = state
        self._tones = tones
        self._names = names

    def told(self, text: str) -> Told:
        state = self._state(text)
        if state is not None:
            return Told(state)
        document = Payload(text).document
        if not isinstance(document, dict):
            return Told()
        word = document.pop("state", None)
        state = self._state(word) if isinstance(word, str) else None
        return Told(state, self._read(document))

    def _read(self, said: dict[str, Any]) -> dict[str, Any]:
        """What else is told; nothing where any of it is not what Home Assistant takes."""
        try:
            read = {name: self._value(name, value) for name, value in said.items()}
        except (KeyError, TypeError, ValueError):
            return {}
        return {name: value for name, value in read.items() if name in self._names}

    def _value(self, name: str, value: Any) -> Any:
        if name == "tone":
            return self._tones[self._tones.index(value)]
        number = {"duration": int, "volume_level": float}[name](value)
        if number < 0 or (name == "volume_level" and number > 1):
            raise ValueError(value)
        return number
