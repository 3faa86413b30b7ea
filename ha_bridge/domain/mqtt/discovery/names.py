"""What Home Assistant calls a discovered entity.

The entity id of a new entity is made of the names of its device and itself, or of the id that the message asks for:
HA's `components/mqtt/mixins.py` (2024.3) and `entity.py` (2026.11), `helpers/entity_platform.py`,
`helpers/entity_registry.py`. The area of the device is in it since 2026.
"""

from collections.abc import Callable

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.devices import Device
from ha_bridge.domain.mqtt.entities import slug
from ha_bridge.domain.mqtt.routes import Names

LONGEST = 255  # characters of an entity id

NAMED_BY_CLASS = frozenset({"sensor", "binary_sensor", "number", "event", "update"})
"""Components whose entities are called after their device class where they have no name of their own."""

DEFAULT_NAMES = {
    "alarm_control_panel": "Alarm",
    "climate": "HVAC",
    "lawn_mower": "Lawn Mower",
    "light": "LightEntity",
    "light json": "JSON Light",
    "light template": "Template Light",
    "vacuum": "State Vacuum",
    "water_heater": "Water Heater",
}

CLASS_NAMES = {
    "aqi": "Air quality index",
    "battery_charging": "Charging",
    "energy_distance": "Energy per distance",
    "energy_storage": "Stored energy",
    "monetary": "Monetary balance",
    "ph": "pH",
    "pm1": "PM1",
    "pm10": "PM10",
    "pm25": "PM2.5",
    "pm4": "PM4",
    "volume_storage": "Stored volume",
}
"""English names of device classes that are not the class itself with blanks (`strings.json` of the components)."""

OLD_CLASS_NAMES = {
    "monetary": "Balance",
    "volatile_organic_compounds": "VOCs",
    "volatile_organic_compounds_parts": "VOCs",
}


def name_of(component: str, values: Values, names: Names) -> str:
    """The entity's own name, "" where it is called like its device."""
    if "name" in values:
        return "" if values["name"] is None else str(values["name"])
    device_class = values.get("device_class")
    if component in NAMED_BY_CLASS and device_class and (component, device_class) != ("sensor", "enum"):
        own = CLASS_NAMES | OLD_CLASS_NAMES if names == "2024.3" else CLASS_NAMES
        return own.get(str(device_class)) or str(device_class).replace("_", " ").capitalize()
    kind = f"{component} {values['schema']}" if "schema" in values else component
    default = (
        DEFAULT_NAMES.get(kind) or DEFAULT_NAMES.get(component) or component.replace("_", " ").capitalize()
    )
    return f"MQTT {default}"


def friendly_name(device: Device | None, name: str) -> str:
    return " ".join(each for each in (device.name if device else "", name) if each)


def wanted_id(component: str, values: Values, device: Device | None, name: str, names: Names) -> str:
    """The entity id as Home Assistant would give it if it were free."""
    asked = _asked_for(values, names)
    object_id = slug(asked) if asked else _object_id(values, device, name, names)
    return f"{component}.{object_id}"[:LONGEST].rstrip("_")


def free_id(wanted: str, taken: Callable[[str], bool]) -> str:
    """The id, or the first of `_2`, `_3`, ... that nobody has."""
    tries, free = 1, wanted
    while taken(free):
        tries += 1
        suffix = f"_{tries}"
        free = wanted[: LONGEST - len(suffix)] + suffix
    return free


def _asked_for(values: Values, names: Names) -> str:
    if names == "2024.3":
        return str(values.get("object_id") or "").lower()
    return str(values.get("default_entity_id") or "").partition(".")[2].lower()


def _object_id(values: Values, device: Device | None, name: str, names: Names) -> str:
    unique_id = values.get("unique_id")
    if unique_id is None:
        return slug(name or "Unnamed Device")
    if names == "2024.3":
        parts = [device.name or "None", name] if device else [name]
    else:
        parts = [device.area, device.parent, device.name, name] if device else [name]
    return slug(" ".join(each for each in parts if each) or f"mqtt_{unique_id}")
