"""The home's Zigbee devices as zigbee2mqtt publishes them: one JSON object per device, with all it last said.

Source: the zigbee2mqtt guide, "MQTT topics and messages" (availability as JSON, last_seen as ISO_8601).
"""

from collections.abc import Iterable

from ha_bridge.demo import wire
from ha_bridge.demo.catalogue import Device, Entity
from ha_bridge.demo.mqtt_packets import Message
from ha_bridge.demo.states import Change, Changed, State, iso
from ha_bridge.domain.times import micros_of_float

BASE = "zigbee2mqtt"

Value = float | bool | str


class Zigbee2Mqtt:
    """Remembers what each device said, as zigbee2mqtt does."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self._places: dict[str, tuple[str, Entity]] = {}
        self._said: dict[str, dict[str, Value]] = {}
        self._online: dict[str, bool] = {}
        for device in devices:
            if device.topic:
                self._said[device.topic] = {}
                self._places |= {entity.entity_id: (device.topic, entity) for entity in device.entities}

    def hello(self) -> list[Message]:
        return [Message(f"{BASE}/bridge/state", b'{"state":"online"}', 1, retain=True)]

    def messages(self, changes: Iterable[Change]) -> list[Message]:
        """Give the messages the devices behind these changes sent."""
        return [
            message
            for change in changes
            if isinstance(change, Changed) and change.new is not None and change.entity_id in self._places
            for message in self._device(change.new)
        ]

    def _device(self, state: State) -> list[Message]:
        topic, entity = self._places[state.entity_id]
        there = self._availability(topic, online=state.state != "unavailable")
        if state.state in ("unavailable", "unknown"):
            return there
        self._said[topic][entity.key] = _value(entity, state.state)
        payload = {**self._said[topic], "linkquality": 120, "last_seen": _milliseconds(state.last_updated)}
        return [*there, Message(f"{BASE}/{topic}", wire.encode(payload))]

    def _availability(self, topic: str, *, online: bool) -> list[Message]:
        """Say whether the device is there, when that has changed."""
        if self._online.get(topic) is online:
            return []
        self._online[topic] = online
        text = b'{"state":"online"}' if online else b'{"state":"offline"}'
        return [Message(f"{BASE}/{topic}/availability", text, 1, retain=True)]


def _value(entity: Entity, state: str) -> Value:
    """Say what HA made `state` of: a contact is true while it touches, so while the door is not open."""
    if entity.entity_id.startswith("binary_sensor."):
        return (state == "on") is not (entity.key == "contact")
    try:
        return float(state)
    except ValueError:
        return state


def _milliseconds(seconds: float) -> str:
    """ISO 8601 as JavaScript writes it."""
    whole, micros = divmod(micros_of_float(seconds), 1_000_000)
    return f"{iso(whole)[:19]}.{micros // 1000:03d}Z"
