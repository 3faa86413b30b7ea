"""Events: the state is when the last one happened, its kind and what else is said of it are attributes."""

from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.reading import (
    GONE,
    HAPPENED,
    Carried,
    Source,
    Told,
    template_of,
    topic_of,
)
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.routes import Names


def event(values: Values, _names: Names) -> Carried:
    types = [str(each) for each in texts(values.get("event_types"))]
    topic, template = topic_of(values, "state_topic"), template_of(values, "value_template")
    source = Source(topic, template, _Event(types).told, lenient=False, fresh=True)
    return Carried([source], {"event_types": types}, {"event_type": None})


class _Event:
    def __init__(self, types: list[str]) -> None:
        self._types = types
        self._last: dict[str, Any] = {}

    def told(self, text: str) -> Told:
        document = Payload(text).document
        if not isinstance(document, dict) or str(document.get("event_type")) not in self._types:
            return Told()
        said = {**document, "event_type": str(document["event_type"])}
        before, self._last = dict.fromkeys(self._last, GONE), said
        return Told(HAPPENED, {**before, **said})
