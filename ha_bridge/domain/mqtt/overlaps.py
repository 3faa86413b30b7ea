"""Subscriptions that share topics, and what a broker then sends twice.

A broker may deliver a message once for each subscription that matches it (MQTT 5.0, 3.3.4), and Mosquitto 2.0 does. Each
copy says through which it came, where the subscriptions have numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.mqtt.filters import never_meet, parse
from ha_bridge.domain.ports import MqttMessage

Tree = dict[str | None, Any]
"""Filters by their levels; None leads nowhere and says that one ends here."""

TOPICS = 20_000  # remembered


def overlapping(filters: Iterable[str]) -> list[str]:
    """Those of the filters that share topics with another one."""
    levels = {text: parse(text).levels for text in filters}
    tree: Tree = {}
    for each in levels.values():
        node = tree
        for level in each:
            node = node.setdefault(level, {})
        node[None] = None
    return [
        text for text, each in levels.items() if len(list(islice(_meeting(tree, each, first=True), 2))) > 1
    ]


class Copies:
    """Tells what has come already through another subscription.

    The copies of a message come one after the other. Each has another number, and what has a number that was there
    already is another message, though it says the same.
    """

    def __init__(self) -> None:
        self._last: Generations[str, tuple[int, frozenset[int]]] = Generations(TOPICS)

    def has(self, message: MqttMessage) -> bool:
        """Whether the message has come already; this one is remembered."""
        print_ = hash(message.payload)
        through = frozenset(message.through)
        last, seen = self._last.get(message.topic) or (0, through)
        copy = last == print_ and not through & seen
        self._last.put(message.topic, (print_, through | seen if copy else through))
        return copy


def _meeting(node: Tree, levels: Sequence[str], *, first: bool) -> Iterator[None]:
    """One for each filter below the node that shares topics with these levels; `first`: they are a whole filter's."""
    level = levels[0] if levels else None
    if level in (None, "#") and None in node:
        yield None
    for key in _branches(node, level):
        if not (first and never_meet(str(level), key)):
            if key == "#":
                yield None
            else:
                yield from _meeting(node[key], levels if level == "#" else levels[1:], first=False)


def _branches(node: Tree, level: str | None) -> Iterator[str]:
    """Where topics of that level may go on; None: they have ended."""
    keys = node if level in ("+", "#") else ("#",) if level is None else (level, "+", "#")
    return (key for key in keys if key is not None and key in node)
