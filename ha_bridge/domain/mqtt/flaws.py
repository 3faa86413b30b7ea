"""What makes no sense in the user's routes."""

from collections.abc import Iterator, Sequence

import msgspec

from ha_bridge.domain.mqtt.entities import flaw as entity_flaw
from ha_bridge.domain.mqtt.filters import FilterError, parse
from ha_bridge.domain.mqtt.paths import ANY, PathError, parse_path
from ha_bridge.domain.mqtt.routes import NEWEST, Route, filters_of

TELLS_ITSELF = ("statestream", "eventstream", "discovery")


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong with the key of the route at `index`."""

    index: int
    key: str
    why: str


def flaws(routes: Sequence[Route]) -> list[Flaw]:
    """Everything that is wrong with the routes; nothing else can fail when they are put to use."""
    found = [Flaw(index, key, why) for index, route in enumerate(routes) for key, why in _flaws(route)]
    return found or [*_out_of_reach(routes), *_shared_and_not(routes)]


def _flaws(route: Route) -> Iterator[tuple[str, str]]:
    yield from _filter_flaws("topic", route.topic)
    for text in route.exclude:
        yield from _filter_flaws("exclude", text)
    for key in ("value", "time"):
        yield from _path_flaws(key, getattr(route, key), one=True)
    for key in ("pick", "drop"):
        for text in getattr(route, key):
            yield from _path_flaws(key, text, one=False)
    for misfits in (_entity_misfits, _path_misfits, _topic_misfits):
        yield from misfits(route)


def _filter_flaws(key: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        found = parse(text)
    except FilterError as error:
        yield key, str(error)
        return
    if "time" in found.names:
        yield key, "a capture becomes a tag, and InfluxDB keeps the name time for itself"
    if found.group and key == "exclude":
        yield key, "topics arrive without $share and the group: write the filter alone"


def _path_flaws(key: str, text: str, *, one: bool) -> Iterator[tuple[str, str]]:
    try:
        steps = parse_path(text)
    except PathError as error:
        yield key, str(error)
        return
    if one and ANY in steps:
        yield key, "* stands for any of several, and this is the path of one: write its name"


def _entity_misfits(route: Route) -> Iterator[tuple[str, str]]:
    if route.entity and (why := entity_flaw(route.entity, route.topic)):
        yield "entity", why
    if route.format in TELLS_ITSELF and route.entity:
        yield "entity", f"{route.format} says itself which entity it tells of"
    if route.names != NEWEST and route.format != "discovery":
        yield "names", 'names are given to discovered entities: this needs format = "discovery"'
    if route.format == "json" and route.entity and not route.value:
        yield "value", 'an entity needs the path of its state: value = "temperature"'
    if not route.measurement and not route.entity:
        yield "measurement", "what belongs to no entity is written under the name of a measurement"


def _path_misfits(route: Route) -> Iterator[tuple[str, str]]:
    if route.value and not (route.format == "json" and route.entity):
        yield "value", 'a path of a state needs format = "json" and an entity'
    if route.time and route.format != "json":
        yield "time", 'a path of a time needs format = "json"'
    for key in ("pick", "drop"):
        if getattr(route, key) and (route.format != "json" or route.entity):
            yield key, 'parts are selected from a document: this needs format = "json", and no entity'


def _topic_misfits(route: Route) -> Iterator[tuple[str, str]]:
    above, _, below = route.topic.rpartition("/")
    if route.format == "statestream" and not (above and below == "#"):
        yield "topic", 'statestream needs its base topic and all below it: "homeassistant/#"'
    if route.format == "discovery" and (below != "#" or not above or set(above) & set("+{")):
        yield "topic", 'discovery needs its prefix, without wildcards, and all below it: "homeassistant/#"'
    if route.format in ("statestream", "discovery") and route.topic.startswith("$share/"):
        yield (
            "topic",
            f"{route.format} needs what the broker has kept, and all of it: subscribe without $share",
        )


def _out_of_reach(routes: Sequence[Route]) -> Iterator[Flaw]:
    """Routes behind one with the same filter that takes everything."""
    taken: dict[str, int] = {}
    for index, route in enumerate(routes):
        topic = str(filters_of(route)[0])
        if topic in taken:
            why = f"routes[{taken[topic]}] has the same topic and excludes nothing, and a message takes one route"
            yield Flaw(index, "topic", why)
        elif not route.exclude:
            taken[topic] = index


def _shared_and_not(routes: Sequence[Route]) -> Iterator[Flaw]:
    """Routes that share topics, one of them with the rest of a group: what comes does not say through which."""
    filters = [parse(route.topic) for route in routes]
    if not any(each.group for each in filters):
        return
    for index, theirs in enumerate(filters):
        for before, mine in enumerate(filters[:index]):
            if mine.group != theirs.group and mine.meets(theirs):
                why = f"topics of routes[{before}] match too, which is not in the same $share group: they would come twice"
                yield Flaw(index, "topic", why)
