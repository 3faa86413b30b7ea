"""Settings become domain objects: what a sink takes and the shape in which it takes it."""

from collections.abc import Mapping

from ha_bridge.domain.hass.event_rules import EventRules
from ha_bridge.domain.layouts import (
    BridgeLayout,
    BridgeOptions,
    ComponentOptions,
    HomeAssistantLayout,
    HomeAssistantOptions,
    ReducedLayout,
)
from ha_bridge.domain.ports import Layout
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.rules import Aliases, Rules
from ha_bridge.domain.rules.heartbeats import GRACE
from ha_bridge.domain.selection import Selection
from ha_bridge.domain.selectors import Zone
from ha_bridge.settings import ComponentConfig, FilterSettings, Settings, SinkSettings
from ha_bridge.settings.selecting import patterns, zone
from ha_bridge.unit_conversion import conversion

Known = Registry | Aliases
"""What Home Assistant's registries say, by the names that rules give."""

MICROSECONDS = {"us": 1, "ms": 1_000, "s": 1_000_000}


def layout_for(sink: SinkSettings, registry: Known) -> Layout:
    layout = _layout(sink, registry)
    tick = MICROSECONDS[sink.precision]
    return layout if sink.strings and tick == 1 else ReducedLayout(layout, strings=sink.strings, tick=tick)


def _layout(sink: SinkSettings, registry: Known) -> Layout:
    if sink.layout == "homeassistant":
        return HomeAssistantLayout(_homeassistant(sink))
    options = BridgeOptions(
        attributes=sink.attributes,
        tags=sink.tags,
        registry_tags=sink.registry_tags,
        availability=sink.availability,
        names=sink.names,
    )
    return BridgeLayout(options, registry.of)


def selection_for(
    wanted: FilterSettings | SinkSettings, registry: Registry | None = None, zone: Zone = None
) -> Selection:
    return Selection(patterns(wanted.include), patterns(wanted.exclude), registry, zone)


def event_rules_for(settings: Settings) -> EventRules:
    """Which other events are wanted, whichever road brings them."""
    wanted = settings.home_assistant
    return EventRules(wanted.rules(), wanted.exclude_event_types)


def zone_for(settings: Settings) -> Zone:
    return zone(settings.filter.time_zone)


def rules_for(settings: Settings, registry: Registry) -> Rules | None:
    """None where there are none."""
    if not settings.rules:
        return None
    rules = [each.rule() for each in settings.rules]
    grace = max(GRACE, round((settings.dedup.settle + 1) * 1_000_000))
    return Rules(rules, registry, zone_for(settings), conversion, grace)


def _homeassistant(sink: SinkSettings) -> HomeAssistantOptions:
    return HomeAssistantOptions(
        measurement_attr=sink.measurement_attr,
        default_measurement=sink.default_measurement,
        override_measurement=sink.override_measurement,
        tags=sink.tags,
        tags_attributes=sink.tags_attributes,
        ignore_attributes=sink.ignore_attributes,
        component_config=_components(sink.component_config),
        component_config_domain=_components(sink.component_config_domain),
        component_config_glob=_components(sink.component_config_glob),
    )


def _components(written: Mapping[str, ComponentConfig]) -> dict[str, ComponentOptions]:
    return {
        key: ComponentOptions(
            override_measurement=entry.override_measurement, ignore_attributes=entry.ignore_attributes
        )
        for key, entry in written.items()
    }
