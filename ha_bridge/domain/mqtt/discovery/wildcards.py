"""Entities that listen to a filter with wildcards, as those of Theengs and OpenMQTTGateway: whichever gateway is nearest."""

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.mqtt.filters import Filter, parse

MEMORY = 20_000  # topics


class Wildcards:
    """The filters with wildcards among those that entities listen to; which of them a topic matches is remembered.

    Mostly there are none: `filters` says so to those who ask for every message.
    """

    def __init__(self) -> None:
        self.filters: dict[str, Filter] = {}
        self._known: Generations[str, tuple[str, ...]] = Generations(MEMORY)

    def add(self, text: str) -> None:
        """Note a filter, where it is one; what it has no wildcards for is found without."""
        if "+" in text.split("/") and text not in self.filters:
            self.filters[text] = parse(text)
            self._known = Generations(MEMORY)

    def discard(self, text: str) -> None:
        if self.filters.pop(text, None):
            self._known = Generations(MEMORY)

    def matching(self, topic: str) -> tuple[str, ...]:
        found = self._known.get(topic)
        if found is None:
            levels = topic.split("/")
            found = tuple(text for text, each in self.filters.items() if each.matches(levels))
            self._known.put(topic, found)
        return found
