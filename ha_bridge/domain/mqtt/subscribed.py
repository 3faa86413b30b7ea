"""What is subscribed to: the filters of the routes, and the topics of discovered entities, which come and go."""

from collections.abc import Mapping, Sequence

import msgspec

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.mqtt.discovery.discovery import Discovery
from ha_bridge.domain.mqtt.topics import Topics

STRANGERS = 20_000  # topics


class Changes(msgspec.Struct, frozen=True):
    """What to subscribe to besides, with the QoS of each, and what no longer."""

    wanted: Mapping[str, int]
    unwanted: Sequence[str]


class Subscribed:
    """What was last asked for."""

    def __init__(self, topics: Topics, discovery: Discovery | None) -> None:
        self._topics = topics
        self._discovery = discovery
        self._asked: dict[str, int] = {}
        self._revision = 0
        self._strangers: list[str] = []
        self._cut: Generations[str, bool] = Generations(STRANGERS)

    def everything(self) -> dict[str, int]:
        """Filter to QoS, with which a connection begins."""
        self._asked = self._discovered()
        return {**self._topics.subscriptions(), **self._asked}

    def changes(self) -> Changes | None:
        """What has changed since it was last asked for; None when nothing has."""
        revision = self._discovery.revision if self._discovery else 0
        if revision == self._revision and not self._strangers:
            return None
        self._revision = revision
        asked, self._asked = self._asked, self._discovered()
        more = {topic: qos for topic, qos in self._asked.items() if asked.get(topic) != qos}
        less = [topic for topic in (*asked, *self._strangers) if topic not in self._asked]
        self._strangers = []
        return Changes(more, less)

    def stranger(self, topic: str) -> None:
        """A topic that nobody wants comes of what an earlier process asked for, for an entity that is gone."""
        if self._discovery and not self._topics.hears(topic) and not self._cut.get(topic):
            self._cut.put(topic, True)
            self._strangers.append(topic)

    def _discovered(self) -> dict[str, int]:
        """The topics of entities that no filter of the routes brings."""
        if self._discovery is None:
            return {}
        return {topic: qos for topic, qos in self._discovery.wanted.items() if not self._topics.hears(topic)}
