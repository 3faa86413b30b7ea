"""What the messages of each kind of component say, in Home Assistant's own words for states.

Source: the platforms in HA's `components/mqtt/`. A component whose state needs more than plain readings of a few topics
is not carried, and said so.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.templates import NotPlain, NoValue, Payload, Template, Undefined, parse
from ha_bridge.domain.mqtt.filters import FilterError
from ha_bridge.domain.mqtt.filters import parse as parse_filter

UNKNOWN = "unknown"
LONGEST_STATE = 255  # characters, in Home Assistant
NONE = "None"  # how Home Assistant's templates write that there is no value

STATELESS = frozenset(
    {"button", "camera", "device_automation", "image", "infrared", "notify", "scene", "tag"}
)
"""Components whose entities have no state that somebody might want to keep."""

State = Callable[[str], str | None]
"""From a rendered payload to a state; None where Home Assistant ignores it."""


class NotCarried(ValueError):
    """A component that the bridge leaves to Home Assistant; says why."""


class Told(msgspec.Struct, frozen=True):
    """What a message says: None for what it does not say."""

    state: str | None = None
    attributes: Mapping[str, Any] | None = None


class Source(msgspec.Struct, frozen=True):
    """A topic of a component: how its payloads become text, and what that text says.

    `lenient`: where the template asks for something within nothing, the payload is taken as it is.
    """

    topic: str
    template: Template | None
    told: Callable[[str], Told]
    lenient: bool = True

    def read(self, payload: Payload) -> Told:
        try:
            text = rendered(self.template, payload, lenient=self.lenient)
        except NoValue:
            return Told()
        return self.told(text)


def rendered(template: Template | None, payload: Payload, *, lenient: bool) -> str:
    """A payload as its template makes it; raises NoValue."""
    if template is None:
        return payload.text
    try:
        return template.render(payload)
    except Undefined:
        if lenient:
            return payload.text
        raise


def sources(component: str, values: Values) -> list[Source]:
    """The topics that tell a component's state; raises NotCarried."""
    if component == "cover":
        return _cover(values)
    if component == "light" and values.get("schema", "basic") not in ("basic", "default"):
        return _json_light(values)
    make = _STATES.get(component)
    if make is None:
        raise NotCarried(f"the states of a {component[:80]} are not read")
    key = "state_value_template" if component in _TEMPLATED_STATE else "value_template"
    state = make(values)
    told = Source(topic_of(values, "state_topic"), template_of(values, key), lambda text: Told(state(text)))
    return [msgspec.structs.replace(told, lenient=component != "sensor")]


def topic_of(values: Values, key: str) -> str:
    """A topic to subscribe to; raises NotCarried."""
    topic = values.get(key)
    if topic is None:
        raise NotCarried(f"it has no {key}")
    try:
        plain = not {"+", "#"} & set(parse_filter(topic).levels) and "{" not in topic
    except (FilterError, AttributeError, TypeError):
        plain = False
    if not plain:
        raise NotCarried(f"its {key} is not one topic: {str(topic)[:200]!r}")
    return str(topic)


def template_of(values: Values, key: str) -> Template | None:
    """Its template; raises NotCarried where that is not plain."""
    text = values.get(key)
    if text is None:
        return None
    try:
        return parse(str(text))
    except NotPlain:
        raise NotCarried(f"its {key} is no plain one: {str(text)[:200]!r}") from None


def word(values: Values, key: str, default: str) -> str:
    """A text as Home Assistant reads it: true is "True", 5 is "5"."""
    value = values.get(key)
    return default if value is None else str(value)


def number_in(values: Values, key: str, default: float) -> float:
    try:
        return float(values.get(key, default))
    except (TypeError, ValueError):
        raise NotCarried(f"its {key} is no number") from None


def _words(states: Mapping[str, str]) -> State:
    return states.get


def _on_off(values: Values) -> State:
    on, off = word(values, "payload_on", "ON"), word(values, "payload_off", "OFF")
    return _words({NONE: UNKNOWN, off: "off", on: "on"})


def _switch(values: Values) -> State:
    on = word(values, "state_on", "") or word(values, "payload_on", "ON")
    off = word(values, "state_off", "") or word(values, "payload_off", "OFF")
    return _words({NONE: UNKNOWN, off: "off", on: "on"})


def _lock(values: Values) -> State:
    states = ("jammed", "locked", "locking", "open", "opening", "unlocked", "unlocking")
    known = {word(values, f"state_{state}", state.upper()): state for state in states}
    return _words({**known, word(values, "payload_reset", NONE): UNKNOWN})


def _alarm(_values: Values) -> State:
    armed = ("home", "away", "night", "vacation", "custom_bypass")
    states = ["disarmed", "pending", "arming", "disarming", "triggered", *(f"armed_{how}" for how in armed)]
    return _words({**{state: state for state in states}, NONE: UNKNOWN})


def _select(values: Values) -> State:
    options = {str(each) for each in texts(values.get("options"))}

    def state(text: str) -> str | None:
        if text.lower() == "none":
            return UNKNOWN
        return text if text in options else None

    return state


def _number(values: Values) -> State:
    least, most = number_in(values, "min", 0.0), number_in(values, "max", 100.0)
    reset = word(values, "payload_reset", NONE)

    def state(text: str) -> str | None:
        if text == reset:
            return UNKNOWN
        try:
            number = int(text) if text.isnumeric() else float(text)
        except ValueError:
            return None
        return str(number) if least <= number <= most else None

    return state


def _tracker(values: Values) -> State:
    places = {
        word(values, "payload_reset", NONE): UNKNOWN,
        word(values, "payload_not_home", "not_home"): "not_home",
        word(values, "payload_home", "home"): "home",
    }
    return lambda text: places.get(text, text) or None


def _text(_values: Values) -> State:
    return lambda text: text if len(text) <= LONGEST_STATE else None


def _sensor(values: Values) -> State:
    kind = values.get("device_class")
    if kind in ("timestamp", "date"):
        return _timestamp if kind == "timestamp" else _date
    numeric = ("state_class", "unit_of_measurement", "suggested_display_precision", "device_class")
    if kind != "enum" and any(values.get(key) is not None for key in numeric):
        return _numeric
    options = {str(each) for each in texts(values.get("options"))}

    def state(text: str) -> str | None:
        if text == NONE:
            return UNKNOWN
        return text if len(text) <= LONGEST_STATE and (not options or text in options) else None

    return state


def _numeric(text: str) -> str | None:
    """A number stays as it was written: 21.50 is no 21.5."""
    if text == NONE:
        return UNKNOWN
    try:
        return text if isfinite(float(text)) else None
    except ValueError:
        return None


def _timestamp(text: str) -> str | None:
    moment = _moment(text)
    if moment is None:
        return UNKNOWN
    return None if moment.tzinfo is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _date(text: str) -> str | None:
    moment = _moment(text)
    return UNKNOWN if moment is None else moment.date().isoformat()


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


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


def _json_light(values: Values) -> list[Source]:
    if values["schema"] != "json":
        raise NotCarried("a light with templates is none to read plainly")
    return [Source(topic_of(values, "state_topic"), None, _JsonLight(values).told)]


class _Cover:
    """A cover, of which "stopped" says open or closed only together with what was before."""

    def __init__(self, values: Values) -> None:
        states = ("open", "opening", "closed", "closing")
        self._states = {NONE: UNKNOWN, **{word(values, f"state_{each}", each): each for each in states}}
        self._stopped = word(values, "state_stopped", "stopped")
        self._closed = number_in(values, "position_closed", 0.0)
        self._open = number_in(values, "position_open", 100.0)
        self._has_states = values.get("state_topic") is not None
        self._has_position = values.get("position_topic") is not None
        self._last: str | None = None
        self._position: int | None = None

    def state(self, text: str) -> Told:
        if text == self._stopped:
            closed = self._position == 0 if self._has_position else self._last in ("closed", "closing")
            state: str | None = "closed" if closed else "open"
        else:
            state = self._states.get(text)
        self._last = state or self._last
        return Told(state)

    def position(self, text: str) -> Told:
        document = Payload(text).document
        try:
            value = float(document["position"] if isinstance(document, dict) else text)
            share = int((value - self._closed) * 100 // (self._open - self._closed))
        except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
            return Told()
        self._position = min(100, max(0, share))
        state = None if self._has_states else "closed" if self._position == 0 else "open"
        return Told(state, {"current_position": self._position})


def _cover(values: Values) -> list[Source]:
    cover = _Cover(values)
    position = (
        [Source(topic_of(values, "position_topic"), template_of(values, "position_template"), cover.position)]
        if values.get("position_topic") is not None
        else []
    )
    if position and values.get("state_topic") is None:
        return position
    state = Source(topic_of(values, "state_topic"), template_of(values, "value_template"), cover.state)
    return [*position, state]


_TEMPLATED_STATE = frozenset({"light", "fan", "humidifier"})
_STATES: Mapping[str, Callable[[Values], State]] = {
    "alarm_control_panel": _alarm,
    "binary_sensor": _on_off,
    "device_tracker": _tracker,
    "fan": _on_off,
    "humidifier": _on_off,
    "light": _on_off,
    "lock": _lock,
    "number": _number,
    "select": _select,
    "sensor": _sensor,
    "switch": _switch,
    "text": _text,
}
