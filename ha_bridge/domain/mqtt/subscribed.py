"""What is subscribed to: the filters of the routes, and the topics of discovered entities, which come and go."""

from collections.abc import Collection, Mapping, Sequence

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
    """What was last asked for. `earlier`: what other processes have, which the broker may keep with the session."""

    def __init__(self, topics: Topics, discovery: Discovery | None, earlier: Collection[str] = ()) -> None:
        self._topics = topics
        self._discovery = discovery
        self._filters = topics.subscriptions()
        self._earlier = set(earlier)
        self._asked: dict[str, int] = {}
        self._strangers: list[str] = []
        self._cut: Generations[str, bool] = Generations(STRANGERS)

    def everything(self) -> dict[str, int]:
        """Filter to QoS, with which a connection begins."""
        wanted = self._discovery.wanted if self._discovery else {}
        self._asked = {topic: qos for topic, qos in wanted.items() if not self._topics.hears(topic)}
        return {**self._filters, **self._asked}

    @property
    def known(self) -> set[str]:
        """All filters for which the broker may have a subscription of ours."""
        return self._earlier | self._filters.keys() | self._asked.keys()

    def changes(self, *, complete: bool) -> Changes | None:
        """What has changed since it was last asked for; None when nothing has.

        `complete`: all is known that is wanted, so what is left of earlier processes is not.
        """
        more: dict[str, int] = {}
        less, self._strangers = self._strangers, []
        if self._discovery is not None:
            for topic in self._discovery.changed:
                self._change(topic, self._discovery.wanted.get(topic), more, less)
            self._discovery.changed.clear()
        if complete and self._earlier:
            less += sorted(self._earlier - self._filters.keys() - self._asked.keys())
            self._earlier = set()
        return Changes(more, less) if more or less else None

    def stranger(self, topic: str) -> None:
        """A topic that nobody wants comes of what an earlier process asked for, for an entity that is gone."""
        if self._discovery and not self._topics.hears(topic) and not self._cut.get(topic):
            self._cut.put(topic, True)
            self._strangers.append(topic)

    def _change(self, topic: str, qos: int | None, more: dict[str, int], less: list[str]) -> None:
        """Note what is to be done about a topic, which is nothing where a filter of the routes brings it."""
        if qos is None:
            if self._asked.pop(topic, None) is not None:
                less.append(topic)
        elif not self._topics.hears(topic) and self._asked.get(topic) != qos:
            self._asked[topic] = more[topic] = qos
