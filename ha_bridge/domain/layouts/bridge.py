"""The layout of this program: few, type-stable, cheap series, one measurement for each domain.

A state is `value` where it is a number. The words of a pair (on and off, open and closed, locked and unlocked, home
and not_home, above_horizon and below_horizon: those to which HA's own integration gives a number) are `value` 1 or 0
and the text `state` as well. Both, because most entities with such a word also take others (a cover opens, a lock
jams, a person is at work): were `state` left out for the pair, the last state in the database would be one that has
passed. All other states are the text `state`.

What a person calls an entity is no tag, for a tag that changes breaks a series in two; it is the text `name` in the first
point of a day, and in the first after it has changed. `registry_id`, on the other hand, never changes: it finds an
entity under every id that it has had.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any
from zlib import crc32

import msgspec

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent
from ha_bridge.domain.layouts import scalars
from ha_bridge.domain.layouts.memory import SeriesMemory, remember
from ha_bridge.domain.layouts.words import NO_STATE, ON_OFF, UNAVAILABLE
from ha_bridge.domain.points import FieldValue, Point, Series
from ha_bridge.domain.registry import UNREGISTERED, Registered

Registry = Callable[[str], Registered]
"""Gives what HA's registries say of an entity id: the same object until that changes."""

REGISTRY_TAGS: Mapping[str, Callable[[Registered], str]] = {
    "area": lambda registered: registered.area,
    "floor": lambda registered: registered.floor,
    "device": lambda registered: registered.device,
    "manufacturer": lambda registered: registered.manufacturer,
    "model": lambda registered: registered.model,
    "integration": lambda registered: registered.integration,
    "labels": lambda registered: ",".join(registered.labels),
    "category": lambda registered: registered.category,
    "registry_id": lambda registered: registered.id,
}
"""The tags that the registries can give to the points of an entity."""

DAY = 86_400_000_000
NEVER = 2**63
EVENTS = "events"
EVENT_TAGS = ("domain", "service", "entity_id")
MAX_EVENT_FIELDS = 64

_STATE_NAMES = (
    "value",
    "state",
    "available",
    "name",
    "time",
    "entity_id",
    "device_class",
    "unit",
    *REGISTRY_TAGS,
)
_EVENT_NAMES = ("data", "time", "event_type", *EVENT_TAGS)


class BridgeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`attributes`: those to write, by name. `tags`: added to every point. `registry_tags`: some of REGISTRY_TAGS.

    `availability`: write `available`. `names`: write `name`.
    """

    attributes: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}
    registry_tags: tuple[str, ...] = ("area", "device", "integration", "registry_id")
    availability: bool = True
    names: bool = True


class _Entity(msgspec.Struct):
    """What holds for all states of an entity with the same attributes object and the same registry entry."""

    attributes: Mapping[str, Any] | None
    registered: Registered
    own: tuple[str, str]  # device class and unit, the tags that come from the attributes
    series: Series
    fields: dict[str, FieldValue]
    name: str
    named: int = -1  # the time of the event that last said the name
    due: int = 0  # the time from which it is to be said again, NEVER where there is none


def measurement(domain: str) -> str:
    """Name that of a domain; EVENTS has fields with names and types of its own."""
    return scalars.free_name(domain, (EVENTS,))


def unregistered(_entity_id: str) -> Registered:
    return UNREGISTERED


class BridgeLayout:
    """At most one point for each event."""

    def __init__(self, options: BridgeOptions, registry: Registry = unregistered) -> None:
        self._options = options
        self._registry = registry
        self._entities: dict[str, _Entity] = {}
        self._memory = SeriesMemory()
        reserved = {*_STATE_NAMES, *options.tags}
        self._attributes = {name: scalars.typed_name(name, reserved) for name in options.attributes}
        self._event_names = {*_EVENT_NAMES, *options.tags}

    def points(self, event: Event) -> Sequence[Point]:
        if isinstance(event, StateEvent):
            return self._state(event)
        if isinstance(event, BusEvent):
            return self._bus_event(event)
        if isinstance(event, Reading):
            return self._reading(event)
        return ()

    def _state(self, event: StateEvent) -> Sequence[Point]:
        if event.state is None:
            self._entities.pop(event.entity_id, None)
            return ()
        entity = self._entities.get(event.entity_id)
        registered = self._registry(event.entity_id)
        if entity is None or entity.attributes is not event.attributes or entity.registered is not registered:
            entity = remember(self._entities, event.entity_id, self._learn(event, registered))
        fields = _state_fields(event.state)
        if self._options.availability and _changes_availability(event):
            fields["available"] = event.state != UNAVAILABLE
        fields.update(entity.fields)
        time = event.time
        if (time >= entity.due or time == entity.named) and fields:
            fields["name"] = entity.name
            entity.named, entity.due = time, (time // DAY + 1) * DAY
        return (Point(entity.series, fields, time),) if fields else ()

    def _learn(self, event: StateEvent, registered: Registered) -> _Entity:
        attributes = event.attributes or {}
        known = self._entities.get(event.entity_id)
        own = (_text(attributes.get("device_class")), _text(attributes.get("unit_of_measurement")))
        if known and known.own == own and known.registered is registered:
            series = known.series
        else:
            series = self._series(event.entity_id, own, registered)
        found = (scalars.field(free, attributes.get(name)) for name, free in self._attributes.items())
        name = _text(attributes.get("friendly_name") or registered.name) if self._options.names else ""
        learnt = _Entity(event.attributes, registered, own, series, dict(filter(None, found)), name)
        if not name:
            learnt.due = NEVER
        elif known and known.name == name:
            learnt.named, learnt.due = known.named, known.due
        return learnt

    def _series(self, entity_id: str, own: tuple[str, str], registered: Registered) -> Series:
        domain, _, object_id = entity_id.partition(".")
        device_class, unit = own
        tags = {"entity_id": object_id, "device_class": device_class, "unit": unit}
        lent = {tag: scalars.bounded(REGISTRY_TAGS[tag](registered)) for tag in self._options.registry_tags}
        return self._memory.series(measurement(domain), {**tags, **lent, **self._options.tags})

    def _bus_event(self, event: BusEvent) -> Sequence[Point]:
        data = event.data
        own = {name: _text(data[name]) for name in EVENT_TAGS if isinstance(data.get(name), str)}
        if "entity_id" not in data and (called := _only_entity(data.get("service_data"))):
            own["entity_id"] = _text(called)
        text = scalars.json_text(data)
        fields: dict[str, FieldValue] = {"data": text}
        scalar = ((name, value) for name, value in data.items() if name not in own and _is_scalar(value))
        for name, value in islice(scalar, MAX_EVENT_FIELDS):
            if found := scalars.field(scalars.typed_name(name, self._event_names), value):
                fields[found[0]] = found[1]
        tags = {"event_type": _text(event.event_type), **own, **self._options.tags}
        # Two events of a type may share a microsecond, and then a point; what they are tells them apart, whenever it is sent.
        nanos = crc32(f"{event.context} {text}".encode()) % 1000
        return (Point(self._memory.series(EVENTS, tags), fields, event.time, nanos),)

    def _reading(self, event: Reading) -> Sequence[Point]:
        tags = {**event.tags, **self._options.tags}
        series = self._memory.series(event.measurement, tags)
        fields: dict[str, FieldValue] = {}
        for name, value in event.fields.items():
            if (kept := _reading_value(value)) is not None:
                fields[scalars.free_name(name, ("time", *tags))] = kept
        return (Point(series, fields, event.time),) if fields else ()


def _state_fields(state: str) -> dict[str, FieldValue]:
    if (value := scalars.number(state)) is not None:
        return {"value": value}
    if (on := ON_OFF.get(state)) is not None:
        return {"value": on, "state": state}
    return {} if state in NO_STATE else {"state": scalars.bounded(state)}


def _changes_availability(event: StateEvent) -> bool:
    """Tell whether the entity came, went, or may have: a road that does not tell the state before says it each time."""
    if not event.previous:
        return True
    return (event.previous == UNAVAILABLE) is not (event.state == UNAVAILABLE)


def _only_entity(service_data: Any) -> str:
    """Name the entity that a service is called for; none where there are several."""
    entity_ids = service_data.get("entity_id") if isinstance(service_data, Mapping) else None
    if isinstance(entity_ids, list) and len(entity_ids) == 1:
        [entity_ids] = entity_ids
    return entity_ids if isinstance(entity_ids, str) else ""


def _text(value: Any) -> str:
    return "" if value is None else scalars.bounded(str(value))


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def _reading_value(value: FieldValue) -> FieldValue | None:
    if isinstance(value, bool):
        return value
    return scalars.bounded(value) if isinstance(value, str) else scalars.finite_float(value)
