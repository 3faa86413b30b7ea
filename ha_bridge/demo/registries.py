"""What HA's registries say of the simulated home.

Shapes: homeassistant/helpers/entity_registry.py (as_partial_dict), device_registry.py (dict_repr) and
components/config/area_registry.py (_entry_dict), 2024.3.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from ha_bridge.demo.catalogue import Device, Entity

Entry = dict[str, Any]


class Registries:
    """Lists as the `config/*_registry/list` commands give them. They may be changed in place."""

    def __init__(self, devices: Iterable[Device] = (), areas: Iterable[str] = ()) -> None:
        real = [device for device in devices if device.maker]
        self.areas = [_area(name) for name in areas]
        self.devices = [_device(device) for device in real]
        self.floors: list[Entry] = []
        self.labels: list[Entry] = []
        self.entities = [_entity(entity, device) for device in real for entity in device.entities]


def area_id(name: str) -> str:
    return name.lower().replace(" ", "_")


def identifier(*words: str) -> str:
    """Make an id of 32 hexadecimal digits that is the same in every run."""
    return hashlib.blake2s("/".join(words).encode(), digest_size=16).hexdigest()


def _area(name: str) -> Entry:
    return {"aliases": [], "area_id": area_id(name), "icon": None, "name": name, "picture": None}


def _device(device: Device) -> Entry:
    return {
        "area_id": None if device.area is None else area_id(device.area),
        "configuration_url": None,
        "config_entries": [identifier("entry", device.platform)],
        "connections": [],
        "disabled_by": None,
        "entry_type": None,
        "hw_version": None,
        "id": identifier("device", device.name),
        "identifiers": [[device.platform, identifier("thing", device.name)]],
        "manufacturer": device.maker,
        "model": device.model,
        "name_by_user": None,
        "name": device.name,
        "serial_number": None,
        "sw_version": "1.0",
        "via_device_id": None,
    }


def _entity(entity: Entity, device: Device) -> Entry:
    return {
        "area_id": None,
        "config_entry_id": identifier("entry", device.platform),
        "device_id": identifier("device", device.name),
        "disabled_by": None,
        "entity_category": entity.category,
        "entity_id": entity.entity_id,
        "has_entity_name": False,
        "hidden_by": None,
        "icon": None,
        "id": identifier("entity", entity.entity_id),
        "labels": [],
        "name": None,
        "options": {},
        "original_name": entity.attributes["friendly_name"],
        "platform": device.platform,
        "translation_key": None,
        "unique_id": identifier("unique", entity.entity_id),
    }
