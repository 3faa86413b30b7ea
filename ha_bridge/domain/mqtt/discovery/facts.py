"""What a discovery message says once and for all of an entity, as Home Assistant's states have it in their attributes."""

from collections.abc import Mapping
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.reading import NotCarried, number_in
from ha_bridge.domain.mqtt.routes import Names

_MICRO, _MU = "\u00b5", "\u03bc"
_NUMBER = {"min": 0.0, "max": 100.0, "step": 1.0}
_BLOCKED = frozenset(
    {
        "assumed_state",
        "available",
        "device_class",
        "device_info",
        "entity_category",
        "entity_id",
        "entity_picture",
        "entity_registry_enabled_default",
        "extra_state_attributes",
        "force_update",
        "friendly_name",
        "icon",
        "last_reset",
        "should_poll",
        "state",
        "state_class",
        "supported_features",
        "unique_id",
        "unit_of_measurement",
    }
)
"""Attributes that a device cannot say of itself (`MQTT_ATTRIBUTES_BLOCKED` of HA's MQTT integration)."""


def facts(component: str, values: Values, friendly_name: str, names: Names) -> dict[str, Any]:
    """The attributes that never change; raises NotCarried."""
    found: dict[str, Any] = _capabilities(component, values)
    for key in ("unit_of_measurement", "device_class", "icon"):
        if values.get(key) is not None:
            found[key] = str(values[key])
    unit = found.pop("unit_of_measurement", "")
    if unit.strip():
        found["unit_of_measurement"] = unit if names == "2024.3" else newest_unit(unit)
    if friendly_name:
        found["friendly_name"] = friendly_name
    return found


def newest_unit(unit: str) -> str:
    """A unit as the newest Home Assistant writes it: the Greek letter of two characters for micro, and var for VAr."""
    return unit.replace(_MICRO, _MU).replace("VAr", "var")


def own_attributes(document: Any) -> dict[str, Any] | None:
    """What a device says of itself; None where it is no JSON object."""
    if not isinstance(document, dict):
        return None
    return {key: value for key, value in document.items() if key not in _BLOCKED}


def _capabilities(component: str, values: Values) -> dict[str, Any]:
    if component == "number":
        mode: Mapping[str, Any] = {"mode": str(values.get("mode", "auto"))}
        return {**{key: number_in(values, key, least) for key, least in _NUMBER.items()}, **mode}
    if component == "sensor" and values.get("state_class") is not None:
        return {"state_class": str(values["state_class"])}
    if component in ("select", "sensor") and values.get("options") is not None:
        return {"options": [str(each) for each in texts(values["options"])]}
    return {}


def seconds_in(values: Values, key: str) -> float:
    """A time in seconds, 0 for none; raises NotCarried."""
    seconds = number_in(values, key, 0.0)
    if not 0 <= seconds < float("inf"):
        raise NotCarried(f"its {key} is no time")
    return seconds
