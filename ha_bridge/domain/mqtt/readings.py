"""Formats `value` and `json`: messages that tell an entity's state, or are readings of their own.

Each object reads the messages of one topic, so what follows from the topic is worked out once. An empty payload, by
which MQTT clears a topic, is nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ha_bridge.domain.events import Reading, StateEvent
from ha_bridge.domain.mqtt.fields import BARE, Fields, add_text, flatten
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.paths import Path, drop, lookup, selected
from ha_bridge.domain.mqtt.payloads import Unreadable, finite, json_of, micros_of, text_of
from ha_bridge.domain.ports import MqttMessage

Tags = Mapping[str, str]


class EntityValue:
    """The payload is the entity's state."""

    def __init__(self, entity_id: str) -> None:
        self._entity_id = entity_id

    def read(self, message: MqttMessage, token: int) -> Observed:
        state = text_of(message.payload)
        return _state(message, token, self._entity_id, state, message.received)


class EntityJson:
    """`value` is the path of the entity's state in a JSON document, `time` that of its time, which may be missing."""

    def __init__(self, entity_id: str, value: Path, time: Path) -> None:
        self._entity_id = entity_id
        self._value = value
        self._time = time

    def read(self, message: MqttMessage, token: int) -> Observed:
        if not message.payload:
            return Observed((token,), None)
        document = json_of(message.payload)
        state = _state_text(lookup(document, self._value))
        return _state(message, token, self._entity_id, state, _time(message, document, self._time))


class ValueReading:
    """A number is the field `value`; any other text `value_str`, and `value` too where it says on or off."""

    def __init__(self, measurement: str, tags: Tags) -> None:
        self._measurement = measurement
        self._tags = tags

    def read(self, message: MqttMessage, token: int) -> Observed:
        fields = _fields_of_bare(message.payload)
        return _reading(message, token, self._measurement, self._tags, fields, message.received)


class JsonReading:
    """The scalars of a JSON document are the fields (fields.py); `time` is the path of its time, `()` for receipt.

    `pick` and `drop` say which parts of it (paths.py).
    """

    def __init__(
        self, measurement: str, tags: Tags, time: Path, pick: Sequence[Path] = (), drop: Sequence[Path] = ()
    ) -> None:
        self._measurement = measurement
        self._tags = tags
        self._time = time
        self._pick = pick
        self._drop = drop

    def read(self, message: MqttMessage, token: int) -> Observed:
        if not message.payload:
            return Observed((token,), None)
        document = json_of(message.payload)
        time = _time(message, document, self._time)
        fields, left_out = flatten(selected(document, self._pick, self._drop))
        return _reading(message, token, self._measurement, self._tags, fields, time, left_out)


def _state(message: MqttMessage, token: int, entity_id: str, state: str, time: int) -> Observed:
    """A state without HA's own time: another road may tell it too, at a slightly different time."""
    if not state:
        return Observed((token,), None)
    return Observed((token,), StateEvent(time, entity_id, state, timed=False, retained=message.retain))


def _reading(
    message: MqttMessage,
    token: int,
    measurement: str,
    tags: Tags,
    fields: Fields,
    time: int,
    left_out: int = 0,
) -> Observed:
    event = Reading(time, measurement, tags, fields, message.retain) if fields else None
    if not left_out:
        return Observed((token,), event)
    return Observed(
        (token,), event, left_out=f"{message.topic[:200]!r}: {left_out} values, too many or too deep"
    )


def _fields_of_bare(payload: bytes) -> Fields:
    try:
        number = finite(float(payload)) if b"_" not in payload else None
    except ValueError:
        number = None
    if number is not None:
        return {BARE: number}
    fields: Fields = {}
    if text := text_of(payload):
        add_text(fields, "", BARE, text)
    return fields


def _state_text(value: Any) -> str:
    """A JSON value as HA writes a state; "" for null."""
    if isinstance(value, dict | list):
        raise Unreadable("the state is no text, number, true or false")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _time(message: MqttMessage, document: Any, path: Path) -> int:
    """The document's own time, which is then taken out of it; else that of receipt."""
    micros = micros_of(lookup(document, path)) if path else None
    if micros is None:
        return message.received
    drop(document, path)
    return micros
