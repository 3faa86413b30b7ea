"""Discovery messages as they come: one component, or a whole device with its components.

`<prefix>/<component>/[<node_id>/]<object_id>/config` and `<prefix>/device/[<node_id>/]<object_id>/config`, JSON with keys
long or short, topics that may begin or end in `~` for the base topic. Source: HA's `components/mqtt/discovery.py`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ha_bridge.domain.mqtt.discovery.abbreviations import DEVICE_KEYS, KEYS
from ha_bridge.domain.mqtt.payloads import Unreadable

Values = dict[str, Any]
Key = tuple[str, str]
"""What Home Assistant knows a component by: its kind and its discovery id."""

DEVICE, BASE = "device", "~"
SHARED = (
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "encoding",
    "payload_available",
    "payload_not_available",
    "state_topic",
    "qos",
)
"""What the components of a device inherit from it."""

_COMPONENT = re.compile(r"\w+")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Place(msgspec.Struct, frozen=True):
    """What the topic of a configuration says: a component or a device, and its ids."""

    component: str
    node_id: str
    object_id: str

    @property
    def key(self) -> Key:
        return self.component, f"{self.node_id} {self.object_id}" if self.node_id else self.object_id


class Config(msgspec.Struct, frozen=True):
    """A component. Without `values` it is to be removed. The `digest` is the same for the same message."""

    key: Key
    values: Values
    digest: int = 0


def place_of(levels: list[str]) -> Place | None:
    """The place of a topic, given as its levels below the prefix; None where Home Assistant takes it for illegal."""
    component, *ids, _ = levels
    if not _COMPONENT.fullmatch(component) or not all(map(_ID.fullmatch, ids)):
        return None
    return Place(component, "/".join(ids[:-1]), ids[-1])


def read(place: Place, payload: bytes) -> list[Config]:
    """The components that a payload which is not empty tells of; raises Unreadable."""
    values = _values_of(payload)
    digest = hash(payload)
    if place.component != DEVICE:
        return [Config(place.key, _based(_component(values)), digest)]
    found = (_bundled(place, name, each, values) for name, each in _components(values))
    return [Config(key, of_one, digest) for key, of_one in found]


def texts(value: Any) -> list[Any]:
    """A list, of what may stand in one or alone."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _values_of(payload: bytes) -> Values:
    try:
        values = _decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(f"no discovery message: {error}") from None
    values = _long(values, KEYS)
    device = values.get(DEVICE)
    if device is not None:
        if not isinstance(device, dict):
            raise Unreadable("its device is no JSON object")
        values[DEVICE] = _long(device, DEVICE_KEYS)
    return values


def _long(values: Mapping[str, Any], keys: Mapping[str, str]) -> Values:
    return {keys.get(key, key): value for key, value in values.items()}


def _components(device: Values) -> Iterator[tuple[str, Values]]:
    """The components of a bundle, those of its child devices among them."""
    if not isinstance(device.get(DEVICE), dict):
        raise Unreadable("a bundle without its device")
    for child in (device, *texts(device.get("child_devices"))):
        if not isinstance(child, dict):
            raise Unreadable("a child device is no JSON object")
        components = _long(child, KEYS).get("components", {})
        if not isinstance(components, dict) or not all(
            isinstance(each, dict) for each in components.values()
        ):
            raise Unreadable("its components are no JSON objects")
        about = _long(child, DEVICE_KEYS) if child is not device else None
        for name, each in components.items():
            yield name, each if about is None else {**each, "child_device": about}


def _bundled(place: Place, name: str, written: Values, device: Values) -> tuple[Key, Values]:
    values = _component(_long(written, KEYS))
    component = values.pop("platform", None)
    if not isinstance(component, str):
        raise Unreadable(f"the component {name[:80]!r} has no platform")
    # The device's id takes the place of the node, and a node that the device's topic has goes before the component's.
    own = f"{place.node_id} {name}" if place.node_id else name
    if values:
        shared = {key: device[key] for key in SHARED if key in device}
        values = {**_component(shared), **values, DEVICE: _with_child(device[DEVICE], values)}
    return (component, f"{place.object_id} {own}"), _based(values)


def _with_child(device: Values, values: Values) -> Values:
    child = values.pop("child_device", None)
    return device if child is None else {**device, "child_device": child}


def _component(values: Values) -> Values:
    """Its availability in long keys too."""
    if "availability" in values:
        listed = texts(values["availability"])
        values = {
            **values,
            "availability": [_long(each, KEYS) if isinstance(each, dict) else each for each in listed],
        }
    return values


def _based(values: Values) -> Values:
    """With `~` replaced in what is a topic, once: a base that has one itself is taken as it is."""
    if BASE not in values:
        return values
    base = values[BASE]
    if not isinstance(base, str):
        raise Unreadable("its base topic is no text")
    whole = {
        key: _on_base(value, base) if key.endswith("topic") else value
        for key, value in values.items()
        if key != BASE
    }
    if "availability" in whole:
        whole["availability"] = [
            {**each, "topic": _on_base(each.get("topic"), base)} if isinstance(each, dict) else each
            for each in whole["availability"]
        ]
    return whole


def _on_base(topic: Any, base: str) -> Any:
    if not isinstance(topic, str) or not topic:
        return topic
    if topic[0] == BASE:
        return f"{base}{topic[1:]}"
    return f"{topic[:-1]}{base}" if topic[-1] == BASE else topic
