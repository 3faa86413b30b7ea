"""Entries of Home Assistant's registries, and what they say of an entity together.

Shapes: `as_partial_dict` of HA's `helpers/entity_registry.py`, `dict_repr` of `helpers/device_registry.py` and `_entry_dict`
of `components/config/area_registry.py`, `floor_registry.py` and `label_registry.py`, from 2024.3 on. Only what is wanted
is named; the rest is skipped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from ha_bridge.domain.hass.frames import UNREADABLE
from ha_bridge.domain.registry import Registered

E = TypeVar("E", bound=msgspec.Struct)


class EntityEntry(msgspec.Struct, gc=False):
    """`name` is what the user calls it, `original_name` what its integration does. Some give a number for a unique id."""

    entity_id: str
    id: str = ""
    unique_id: str | int | float = ""
    platform: str = ""
    device_id: str | None = None
    area_id: str | None = None
    labels: list[str] = []
    entity_category: str | None = None
    name: str | None = None
    original_name: str | None = None
    disabled_by: str | None = None


class DeviceEntry(msgspec.Struct, gc=False):
    """A child device, which newer HA has, names its parent."""

    id: str
    area_id: str | None = None
    name: str | None = None
    name_by_user: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    labels: list[str] = []
    parent_device_id: str | None = None


class AreaEntry(msgspec.Struct, gc=False):
    area_id: str
    name: str
    floor_id: str | None = None
    labels: list[str] = []


class FloorEntry(msgspec.Struct, gc=False):
    floor_id: str
    name: str


class LabelEntry(msgspec.Struct, gc=False):
    label_id: str
    name: str


class Entries(msgspec.Struct, frozen=True):
    """What the five registries hold."""

    entities: Sequence[EntityEntry] = ()
    devices: Sequence[DeviceEntry] = ()
    areas: Sequence[AreaEntry] = ()
    floors: Sequence[FloorEntry] = ()
    labels: Sequence[LabelEntry] = ()


class EntryReader(Generic[E]):
    """Reads the list of one registry in one pass and, where it does not fit, entry by entry."""

    def __init__(self, kind: type[E]) -> None:
        self._all = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(kind).decode
        self._parts = msgspec.json.Decoder(list[msgspec.Raw]).decode

    def __call__(self, raw: bytes, bad: Callable[[Exception, bytes], None]) -> list[E]:
        """Give what can be read; `bad` is told what cannot be. Raises one of UNREADABLE when it is no list at all."""
        try:
            return self._all(raw)
        except UNREADABLE:
            return [entry for part in self._parts(raw) for entry in self._read(part, bad)]

    def _read(self, part: msgspec.Raw, bad: Callable[[Exception, bytes], None]) -> list[E]:
        try:
            return [self._one(part)]
        except UNREADABLE as error:
            bad(error, bytes(part))
            return []


READERS: Mapping[str, EntryReader[Any]] = {
    "entities": EntryReader(EntityEntry),
    "devices": EntryReader(DeviceEntry),
    "areas": EntryReader(AreaEntry),
    "floors": EntryReader(FloorEntry),
    "labels": EntryReader(LabelEntry),
}

_NO_DEVICE = DeviceEntry("")
_NO_AREA = AreaEntry("", "")


def merged(entries: Entries) -> dict[str, Registered]:
    """Lend each entity what its device and its area have.

    An entity's own area goes before its device's, and that before the parent device's; a name given by the user before
    the original one, and an entity without any is called like its device. Labels are those of the entity, of its device and of its area, as in HA's own targets, in
    alphabetical order.
    """
    devices = {device.id: device for device in entries.devices}
    areas = {area.area_id: area for area in entries.areas}
    floors = {floor.floor_id: floor.name for floor in entries.floors}
    labels = {label.label_id: label.name for label in entries.labels}
    registered: dict[str, Registered] = {}
    for entity in entries.entities:
        device = devices.get(entity.device_id or "", _NO_DEVICE)
        parent = devices.get(device.parent_device_id or "", _NO_DEVICE)
        area = areas.get(entity.area_id or device.area_id or parent.area_id or "", _NO_AREA)
        registered[entity.entity_id] = Registered(
            id=entity.id,
            integration=entity.platform,
            unique_id=str(entity.unique_id),
            name=entity.name or entity.original_name or device.name_by_user or device.name or "",
            area=area.name,
            floor=floors.get(area.floor_id or "", ""),
            device=device.name_by_user or device.name or "",
            manufacturer=device.manufacturer or parent.manufacturer or "",
            model=device.model or parent.model or "",
            labels=_names((*entity.labels, *device.labels, *area.labels), labels),
            category=entity.entity_category or "",
            disabled=entity.disabled_by is not None,
        )
    return registered


def _names(label_ids: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({names.get(label_id, label_id) for label_id in label_ids}))
