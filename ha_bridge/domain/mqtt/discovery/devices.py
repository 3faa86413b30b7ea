"""The devices that discovery messages name: one message tells all about a device, the others may give its id alone."""

from typing import Any

import msgspec

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.mqtt.discovery.configs import DEVICE, Values, texts

MEMORY = 20_000  # ids


class Device(msgspec.Struct, frozen=True):
    """A device with what its messages have said so far; "" for what they have not. `parent` is that of a child device."""

    name: str = ""
    area: str = ""
    manufacturer: str = ""
    model: str = ""
    parent: str = ""


class Devices:
    """The devices by each of their identifiers and connections."""

    def __init__(self) -> None:
        self._known: Generations[tuple[str, ...], Device] = Generations(MEMORY)

    def learn(self, values: Values) -> Device | None:
        """The device of a component; None where it names none that Home Assistant would make."""
        about = values.get(DEVICE)
        if not isinstance(about, dict) or not (ids := _ids(about)):
            return None
        device = self._told(ids, about)
        child = about.get("child_device")
        if isinstance(child, dict) and (below := _ids(child)):
            inherited = {"suggested_area": device.area, **child}
            return msgspec.structs.replace(self._told(below, inherited), parent=device.name)
        return device

    def _told(self, ids: list[tuple[str, ...]], about: Values) -> Device:
        before = next((known for each in ids if (known := self._known.get(each))), Device())
        device = Device(
            name=_text(about, "name") or before.name,
            area=_text(about, "suggested_area") or before.area,
            manufacturer=_text(about, "manufacturer") or before.manufacturer,
            model=_text(about, "model") or before.model,
        )
        for each in ids:
            self._known.put(each, device)
        return device


def _ids(about: Values) -> list[tuple[str, ...]]:
    identifiers: list[tuple[str, ...]] = [("", str(each)) for each in texts(about.get("identifiers"))]
    pairs = [each for each in texts(about.get("connections")) if isinstance(each, list) and len(each) == 2]
    return identifiers + [(str(kind), str(value)) for kind, value in pairs]


def _text(about: Values, key: str) -> str:
    value: Any = about.get(key)
    return "" if value is None or isinstance(value, dict | list) else str(value)
