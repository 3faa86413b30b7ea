"""Entity ids from topics: `sensor.{device}_temperature`."""

import re
from collections.abc import Mapping

from slugify import slugify

from ha_bridge.domain.mqtt.filters import FilterError, parse

_USED = re.compile(r"\{(\w+)\}", re.ASCII)
_ENTITY_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


def entity_id(template: str, captures: Mapping[str, str]) -> str:
    """The template with its captures filled in, each made fit for an entity id."""
    return _USED.sub(lambda used: slug(captures[used[1]]), template)


def slug(text: str) -> str:
    """Home Assistant's `util.slugify`, which is the same package: "Café / 1" is `cafe_1`, "Küche ß" is `kuche_ss`."""
    return slugify(text, separator="_") or "unknown"


def flaw(template: str, topic: str) -> str:
    """Why the template makes no entity id from that filter's captures, "" where it does or the filter is none."""
    try:
        names = [name for name in parse(topic).names if name]
    except FilterError:
        return ""
    strangers = [name for name in _USED.findall(template) if name not in names]
    if strangers:
        return f"{{{strangers[0]}}} is not captured by the topic"
    if not _ENTITY_ID.fullmatch(_USED.sub("x", template)):
        return 'an entity id is written domain.name: "sensor.{device}_temperature"'
    return ""
