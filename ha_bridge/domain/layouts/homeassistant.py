"""The layout of Home Assistant's own influxdb integration, so that what was built on it keeps working.

Checked against `homeassistant/components/influxdb/__init__.py` of 2026.11. What cannot be the same: an attribute that
is no JSON type in HA (a datetime, an enum, a tuple) arrives here as the text or list that HA's API makes of it.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.layouts.attribute_fields import Fields, attribute_fields, single_line
from ha_bridge.domain.layouts.component_config import ComponentConfig, ComponentOptions
from ha_bridge.domain.layouts.memory import LIMIT, SeriesMemory, remember
from ha_bridge.domain.layouts.words import NO_STATE, ON_OFF
from ha_bridge.domain.points import Point, Series

UNIT = "unit_of_measurement"
DEVICE_CLASS = "device_class"


class HomeAssistantOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the integration, under their names there; "" where one is not set."""

    measurement_attr: Literal["unit_of_measurement", "entity_id", "domain__device_class"] = (
        "unit_of_measurement"
    )
    default_measurement: str = ""
    override_measurement: str = ""
    tags: Mapping[str, str] = {}
    tags_attributes: tuple[str, ...] = ()
    ignore_attributes: tuple[str, ...] = ()
    component_config: Mapping[str, ComponentOptions] = {}
    component_config_domain: Mapping[str, ComponentOptions] = {}
    component_config_glob: Mapping[str, ComponentOptions] = {}


class _Entity(msgspec.Struct):
    """What holds for all states of an entity with the same attributes object."""

    attributes: Mapping[str, Any] | None
    series: Series
    left_out: frozenset[str]
    fields: dict[tuple[str, ...], Fields]


class HomeAssistantLayout:
    """One point for each state. Events of the bus and readings, which the integration does not know, give none."""

    def __init__(self, options: HomeAssistantOptions) -> None:
        self._options = options
        self._tags = {key: single_line(value) for key, value in options.tags.items()}
        components = ComponentConfig(
            options.component_config, options.component_config_domain, options.component_config_glob
        )
        self._component = lru_cache(LIMIT)(components.of)
        self._entities: dict[str, _Entity] = {}
        self._memory = SeriesMemory()

    def points(self, event: Event) -> Sequence[Point]:
        if not isinstance(event, StateEvent) or event.state is None or event.state in NO_STATE:
            return ()
        entity = self._entities.get(event.entity_id)
        if entity is None or entity.attributes is not event.attributes:
            entity = remember(self._entities, event.entity_id, self._learn(event))
        names, fields = _state_fields(event.state)
        attributes = entity.fields.get(names)
        if attributes is None:
            attributes = attribute_fields(event.attributes or {}, entity.left_out, names)
            entity.fields[names] = attributes
        fields.update(attributes)
        return (Point(entity.series, fields, event.time),) if fields else ()

    def _learn(self, event: StateEvent) -> _Entity:
        attributes = event.attributes or {}
        component = self._component(event.entity_id)
        measurement, spent = self._measurement(event.entity_id, attributes, component)
        ignored = self._options.ignore_attributes + (component.ignore_attributes or ())
        left_out = frozenset((*self._options.tags_attributes, *ignored, *spent))
        series = self._memory.series(measurement, self._tags_of(event.entity_id, attributes))
        return _Entity(event.attributes, series, left_out, {})

    def _measurement(
        self, entity_id: str, attributes: Mapping[str, Any], component: ComponentOptions
    ) -> tuple[str, tuple[str, ...]]:
        """Name the measurement and the attributes that went into it, which are no fields then."""
        options = self._options
        if override := component.override_measurement or options.override_measurement:
            return _text(override), ()
        found, spent = self._by_attribute(entity_id, attributes)
        if found in (None, ""):
            found, spent = options.default_measurement or entity_id, ()
        return _text(found), spent

    def _by_attribute(self, entity_id: str, attributes: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
        match self._options.measurement_attr:
            case "entity_id":
                return entity_id, ()
            case "domain__device_class":
                domain = entity_id.partition(".")[0]
                device_class = attributes.get(DEVICE_CLASS)
                return (
                    (domain, ()) if device_class is None else (f"{domain}__{device_class}", (DEVICE_CLASS,))
                )
            case _:
                return attributes.get(UNIT), (UNIT,)

    def _tags_of(self, entity_id: str, attributes: Mapping[str, Any]) -> dict[str, str]:
        domain, _, object_id = entity_id.partition(".")
        wanted = self._options.tags_attributes
        from_attributes = {name: _tag(value) for name, value in attributes.items() if name in wanted}
        return {"domain": domain, "entity_id": object_id, **from_attributes, **self._tags}


def _text(value: Any) -> str:
    return single_line(value) if isinstance(value, str) else str(value)


def _tag(value: Any) -> str:
    """Write a tag; null is an empty one, which also wins over the tag that it replaces."""
    return "" if value is None else _text(value)


def _state_fields(state: str) -> tuple[tuple[str, ...], Fields]:
    """Make the fields of a state, and name those that its attributes must not use: a lost number keeps its name."""
    if (on := ON_OFF.get(state)) is not None:
        return ("state", "value"), {"state": state, "value": on}
    try:
        value = float(state)
    except ValueError:
        return ("state",), {"state": single_line(state)}
    return ("value",), {"value": value} if math.isfinite(value) else {}
