"""Under which labels the points of an entity stand in a sink."""

from collections.abc import Iterator

from ha_bridge import shapes
from ha_bridge.adapters.hass.registry_file import beside
from ha_bridge.domain.events import Batch, StateEvent
from ha_bridge.domain.layouts.bridge import measurement
from ha_bridge.domain.layouts.reduced import reshaped
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.retention import Labels
from ha_bridge.domain.rules import Shaped
from ha_bridge.settings import Settings
from ha_bridge.settings.sinks import Sink


def labels(sink: Sink, entity_id: str) -> Labels:
    """What the points of an entity have in that sink's layout and no others have."""
    domain, _, object_id = entity_id.partition(".")
    if sink.layout == "homeassistant":
        return Labels("", {"domain": domain, "entity_id": object_id, **sink.tags})
    return Labels(measurement(domain), {"entity_id": object_id, **sink.tags})


def all_labels(name: str, settings: Settings, entity_id: str) -> list[Labels]:
    """Those of the entity as it is called, and as the rules name it that need no more than its id to be known."""
    sink = settings.sinks[name]
    found = [labels(sink, entity_id), *_by_rules(name, settings, entity_id)]
    return [each for number, each in enumerate(found) if each not in found[:number]]


def _by_rules(name: str, settings: Settings, entity_id: str) -> Iterator[Labels]:
    registry = Registry()
    beside(settings.journal.path, registry).load()
    rules = shapes.rules_for(settings, registry)
    event = StateEvent(0, entity_id, "1")
    shaped = rules.explained(Batch("forget", (0,), (event,)), 0, event, lambda _: None) if rules else None
    if rules and shaped and shaped.is_for(name):
        yield from _of_points(settings.sinks[name], shaped, rules.aliases or registry)


def _of_points(sink: Sink, shaped: Shaped, registry: shapes.Known) -> Iterator[Labels]:
    assert isinstance(shaped.event, StateEvent)  # noqa: S101 - rules make no other of it
    plain = labels(sink, shaped.event.entity_id)
    for point in reshaped(shapes.layout_for(sink, registry), shaped.event, shaped.reshape):
        series = point.series
        tags = {tag: series.tags[tag] for tag in plain.tags if tag in series.tags}
        # Without its id, or the tags of its sink, nothing tells an entity from the others.
        if tags.keys() == plain.tags.keys():
            yield Labels(series.measurement if plain.measurement else "", tags)
