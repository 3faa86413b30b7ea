"""Kinds whose state is one word among those that their configuration names."""

from collections.abc import Mapping

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.reading import NONE, UNKNOWN, State, word


def words(states: Mapping[str, str]) -> State:
    return states.get


def on_off(values: Values) -> State:
    on, off = word(values, "payload_on", "ON"), word(values, "payload_off", "OFF")
    return words({NONE: UNKNOWN, off: "off", on: "on"})


def switch(values: Values) -> State:
    on = word(values, "state_on", "") or word(values, "payload_on", "ON")
    off = word(values, "state_off", "") or word(values, "payload_off", "OFF")
    return words({NONE: UNKNOWN, off: "off", on: "on"})


def lock(values: Values) -> State:
    states = ("jammed", "locked", "locking", "open", "opening", "unlocked", "unlocking")
    known = {word(values, f"state_{state}", state.upper()): state for state in states}
    return words({**known, word(values, "payload_reset", NONE): UNKNOWN})


def alarm(_values: Values) -> State:
    armed = ("home", "away", "night", "vacation", "custom_bypass")
    states = ["disarmed", "pending", "arming", "disarming", "triggered", *(f"armed_{how}" for how in armed)]
    return words({**{state: state for state in states}, NONE: UNKNOWN})


def select(values: Values) -> State:
    options = {str(each) for each in texts(values.get("options"))}

    def state(text: str) -> str | None:
        if text.lower() == "none":
            return UNKNOWN
        return text if text in options else None

    return state


def tracker(values: Values) -> State:
    places = {
        word(values, "payload_reset", NONE): UNKNOWN,
        word(values, "payload_not_home", "not_home"): "not_home",
        word(values, "payload_home", "home"): "home",
    }
    return lambda text: places.get(text, text) or None
