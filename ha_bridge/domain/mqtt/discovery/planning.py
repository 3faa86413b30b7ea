"""From a configuration to what the bridge does about it."""

from ha_bridge.domain.mqtt.discovery.availability import signs
from ha_bridge.domain.mqtt.discovery.components import carried
from ha_bridge.domain.mqtt.discovery.configs import Config, Values
from ha_bridge.domain.mqtt.discovery.devices import Device
from ha_bridge.domain.mqtt.discovery.entity import Plan
from ha_bridge.domain.mqtt.discovery.facts import facts, seconds_in
from ha_bridge.domain.mqtt.discovery.names import friendly_name, name_of, wanted_id
from ha_bridge.domain.mqtt.discovery.reading import NotCarried, topic_of
from ha_bridge.domain.mqtt.routes import Names
from ha_bridge.domain.registry import Registered


def plan(config: Config, device: Device | None, names: Names) -> Plan:
    """What is to be done, with the entity id that is wanted; raises NotCarried."""
    component, values = config.key[0], config.values
    name = name_of(component, values, names)
    # Without an id of its own an entity has no device either, as far as Home Assistant goes.
    known_device = device if values.get("unique_id") is not None else None
    found = carried(component, values, names)
    unchanging = {**facts(component, values, friendly_name(known_device, name), names), **found.facts}
    return Plan(
        config.key,
        wanted_id(component, values, known_device, name, names),
        str(values.get("unique_id") or ""),
        unchanging,
        found.attributes,
        tuple(found.without),
        found.unit or str(unchanging.get("unit_of_measurement", "")),
        tuple(found.sources),
        tuple(signs(values)),
        str(values.get("availability_mode", "latest")),
        _attributes_topic(values),
        seconds_in(values, "expire_after") if component in ("sensor", "binary_sensor") else 0.0,
        seconds_in(values, "off_delay") if component == "binary_sensor" else 0.0,
        values.get("force_update") in (True, "true", "True", "on", "yes", "1", 1),
        config.digest,
    )


def registered(config: Config, device: Device | None, names: Names) -> Registered:
    """What Home Assistant's registries would say of the entity, had it been asked."""
    values = config.values
    about = device or Device()
    return Registered(
        integration="mqtt",
        unique_id=str(values.get("unique_id") or ""),
        name=name_of(config.key[0], values, names),
        area=about.area,
        device=about.name,
        manufacturer=about.manufacturer,
        model=about.model,
        category=str(values.get("entity_category") or ""),
    )


def is_wanted(values: Values) -> bool:
    """Whether Home Assistant would show it without being asked to."""
    return values.get("enabled_by_default", True) not in (False, "false", "False", "off", "no", "0", 0)


def _attributes_topic(values: Values) -> str:
    """A template makes JSON of its own, which is never plain: then the entity has no attributes from the device."""
    if values.get("json_attributes_topic") is None or values.get("json_attributes_template") is not None:
        return ""
    try:
        return topic_of(values, "json_attributes_topic")
    except NotCarried:
        return ""
