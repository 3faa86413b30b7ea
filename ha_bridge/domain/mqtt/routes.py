"""What the user says of MQTT: which topics, what their payloads are, what becomes of them."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from ha_bridge.domain.mqtt.entities import flaw as entity_flaw
from ha_bridge.domain.mqtt.filters import FilterError, parse
from ha_bridge.domain.mqtt.paths import PathError, parse_path

Format = Literal["statestream", "eventstream", "json", "value"]


class Route(msgspec.Struct, frozen=True):
    """One of the user's routes.

    `topic` is a filter, which may have captures (filters.py); topics that match an `exclude` filter are not the
    route's. `entity` is a template of an entity id ("sensor.{device}"), "" where the messages belong to no entity.
    `value` and `time` are JSON paths (paths.py) of the entity's state and of the time. QoS 2 is asked for as 1: the
    library would complete it before anything is stored.
    """

    topic: str
    format: Format
    entity: str = ""
    measurement: str = "mqtt"
    value: str = ""
    time: str = ""
    qos: int = 1
    exclude: tuple[str, ...] = ()


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong with the key of the route at `index`."""

    index: int
    key: str
    why: str


def flaws(routes: Sequence[Route]) -> list[Flaw]:
    """Everything that is wrong with the routes; nothing else can fail when they are put to use."""
    found = [Flaw(index, key, why) for index, route in enumerate(routes) for key, why in _flaws(route)]
    return found or _twice(routes)


def _flaws(route: Route) -> Iterator[tuple[str, str]]:
    for key, filters in (("topic", [route.topic]), ("exclude", route.exclude)):
        for text in filters:
            try:
                names = parse(text).names
            except FilterError as error:
                yield key, str(error)
            else:
                if "time" in names:
                    yield key, "a capture becomes a tag, and InfluxDB keeps the name time for itself"
    for key, path in (("value", route.value), ("time", route.time)):
        try:
            parse_path(path)
        except PathError as error:
            yield key, str(error)
    yield from _misfits(route)


def _misfits(route: Route) -> Iterator[tuple[str, str]]:
    """What is right by itself and makes no sense together."""
    if route.entity and (why := entity_flaw(route.entity, route.topic)):
        yield "entity", why
    if route.format == "statestream" and not route.topic.endswith("/#"):
        yield "topic", 'statestream needs its base topic and all below it: "homeassistant/#"'
    if route.format in ("statestream", "eventstream") and route.entity:
        yield "entity", f"{route.format} says itself which entity it tells of"
    if route.format == "json" and route.entity and not route.value:
        yield "value", 'an entity needs the path of its state: value = "temperature"'
    if route.value and not (route.format == "json" and route.entity):
        yield "value", 'a path of a state needs format = "json" and an entity'
    if not route.measurement and not route.entity:
        yield "measurement", "what belongs to no entity is written under the name of a measurement"
    if route.time and route.format != "json":
        yield "time", 'a path of a time needs format = "json"'


def _twice(routes: Sequence[Route]) -> list[Flaw]:
    first: dict[str, int] = {}
    return [
        Flaw(index, "topic", f"routes[{first[topic]}] has the same topic, and a message takes one route")
        for index, route in enumerate(routes)
        if first.setdefault(topic := str(parse(route.topic)), index) != index
    ]


def overlaps(routes: Sequence[Route]) -> list[tuple[str, str]]:
    """Pairs of filters that share topics without one of them covering the other.

    Some brokers, Mosquitto 2.0 among them, deliver such a message once for each (MQTT 5.0, 3.3.4 allows it).
    """
    filters = [parse(route.topic) for route in routes]
    return [
        (str(first), str(second))
        for index, first in enumerate(filters)
        for second in filters[index + 1 :]
        if first.meets(second) and not first.covers(second) and not second.covers(first)
    ]
