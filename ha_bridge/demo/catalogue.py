"""What a home is made of: devices with their entities, and how to write them down briefly."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ha_bridge.demo.behaviours import Battery, Behaviour
from ha_bridge.demo.states import Attributes


class Entity(msgspec.Struct, frozen=True):
    """`weight`: its share of all changes. `key`: its key in the JSON of a zigbee2mqtt device, "" for none."""

    entity_id: str
    behaviour: Behaviour
    attributes: Attributes
    weight: float
    key: str = ""
    category: str | None = None


class Device(msgspec.Struct, frozen=True):
    """`topic`: its friendly name in zigbee2mqtt, "" for a device that is elsewhere. `guest`: it comes and goes."""

    name: str
    area: str | None
    maker: str
    model: str
    platform: str
    entities: Sequence[Entity]
    topic: str = ""
    guest: bool = False


def entity(
    domain: str,
    name: str,
    behaviour: Behaviour,
    weight: float,
    *,
    key: str = "",
    category: str | None = None,
    **attributes: Any,
) -> Entity:
    """Name the entity after its friendly name, as HA does."""
    entity_id = f"{domain}.{name.lower().replace(' ', '_')}"
    return Entity(entity_id, behaviour, {**attributes, "friendly_name": name}, weight, key, category)


def sensor(
    name: str,
    behaviour: Behaviour,
    weight: float,
    unit: str,
    kind: str | None = None,
    *,
    key: str = "",
    category: str | None = None,
    state_class: str = "measurement",
) -> Entity:
    """Write a numeric sensor; `kind` is its device class."""
    attributes = {"state_class": state_class, "unit_of_measurement": unit}
    if kind is not None:
        attributes["device_class"] = kind
    return entity("sensor", name, behaviour, weight, key=key, category=category, **attributes)


def battery(name: str, percent: int, key: str = "battery") -> Entity:
    level = Battery(percent)
    return sensor(f"{name} battery", level, 0.1, "%", "battery", key=key, category="diagnostic")
