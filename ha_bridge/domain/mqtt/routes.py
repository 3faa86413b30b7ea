"""What the user says of MQTT: which topics, what their payloads are, what becomes of them."""

from typing import Literal

import msgspec

from ha_bridge.domain.mqtt.filters import Filter, parse

Format = Literal["statestream", "eventstream", "json", "value", "discovery"]
Names = Literal["2026.11", "2024.3"]

NEWEST: Names = "2026.11"
OLD: Names = "2024.3"
CONFIGS = (
    "+/+/config",
    "+/+/+/config",
)  # below the prefix: component, perhaps a node, object (HA's discovery.py)


class Route(msgspec.Struct, frozen=True):
    """One of the user's routes.

    `topic` is a filter, which may have captures (filters.py); topics that match an `exclude` filter are not the
    route's. `entity` is a template of an entity id ("sensor.{device}"), "" where the messages belong to no entity.
    `value` and `time` are JSON paths (paths.py) of the entity's state and of the time, `pick` and `drop` those of the
    parts that a reading is made of. QoS 2 is asked for as 1: the library would complete it before anything is stored.
    `names`: as which Home Assistant discovered entities are named and told.
    """

    topic: str
    format: Format
    entity: str = ""
    measurement: str = "mqtt"
    value: str = ""
    time: str = ""
    qos: int = 1
    exclude: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    names: Names = NEWEST


def filters_of(route: Route) -> tuple[Filter, ...]:
    """The filters of the topics that a route takes: below a discovery's prefix those of configurations alone."""
    if route.format != "discovery":
        return (parse(route.topic),)
    return tuple(parse(route.topic.removesuffix("#") + configs) for configs in CONFIGS)
