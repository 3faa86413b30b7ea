"""Which route a topic takes."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ha_bridge.domain.mqtt.filters import Filter, parse
from ha_bridge.domain.mqtt.flaws import flaws
from ha_bridge.domain.mqtt.overlaps import overlapping
from ha_bridge.domain.mqtt.routes import Route, filters_of

MOST_QOS = 1  # at QoS 2 the library says "received" before anything is stored


class Match(msgspec.Struct, frozen=True):
    """The route a topic takes, and what the route's captures stand for."""

    route: Route
    captures: Mapping[str, str]


class _Ending:
    """A route where its filter ends in the tree."""

    def __init__(self, route: Route, filter_: Filter) -> None:
        self.route = route
        self.filter = filter_
        self.excluded = [parse(text) for text in route.exclude]

    def takes(self, topic: Sequence[str]) -> bool:
        return not any(excluded.matches(topic) for excluded in self.excluded)


class _Node:
    """What may come at one level: a literal, anything (`+`), nothing more, or any number of levels (`#`)."""

    __slots__ = ("anything", "end", "literals", "rest")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.anything: _Node | None = None
        self.end: list[_Ending] = []
        self.rest: list[_Ending] = []


def _qos(route: Route) -> int:
    """A configuration of discovery is kept by the broker; at QoS 0 it has no queue to wait in behind what is held."""
    return 0 if route.format == "discovery" else min(route.qos, MOST_QOS)


class Topics:
    """The routes as a tree of levels: a look-up costs by the topic's levels, not by the number of routes.

    It follows a literal and the wildcard beside it, so filters that have both at many levels cost more: `a` and `+` at
    each of ten, which are a thousand routes, about 0.3 ms.
    Of several routes that match, the most specific one is taken, level by level from the left: a literal beats `+` or
    a capture, that beats `#`; of those with the same filter the one written first. A route that excludes the topic
    leaves it to the next. Raises ValueError with all that is wrong with the routes. Nothing is remembered here: ask
    once for each topic.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        if found := flaws(routes):
            raise ValueError("; ".join(f"routes[{flaw.index}].{flaw.key}: {flaw.why}" for flaw in found))
        self._root = _Node()
        self._endings = [_Ending(route, each) for route in routes for each in filters_of(route)]
        for ending in self._endings:
            self._plant(ending)

    def match(self, topic: str) -> Match | None:
        """The route that the topic takes; None when there is none, or only such as exclude it."""
        levels = topic.split("/")
        found = self._endings_for(self._root, levels, 0)
        ending = next((each for each in found if each.takes(levels)), None)
        if ending is None:
            return None
        return Match(ending.route, ending.filter.captures(levels))

    def subscriptions(self) -> dict[str, int]:
        """What to subscribe to, filter to QoS.

        A filter that another covers is left out, the other taking the higher QoS: brokers may deliver a message once
        for each subscription that matches it. Of those that overlap all have the same QoS, so that copies stay together.
        """
        asked: dict[str, int] = {}
        widest = {each.filter.levels for each in self._endings if self._is_widest(each.filter)}
        for ending in sorted(self._endings, key=lambda each: each.route.format != "discovery"):
            for filter_ in self._covering(ending.filter):
                if filter_.levels in widest:
                    asked[str(filter_)] = max(_qos(ending.route), asked.get(str(filter_), 0))
        shared = overlapping(asked)
        return asked | dict.fromkeys(shared, max((asked[each] for each in shared), default=0))

    def hears(self, topic: str) -> bool:
        """Whether a subscription of the routes brings the topic, its route taking it or not."""
        return next(self._endings_for(self._root, topic.split("/"), 0), None) is not None

    def _plant(self, ending: _Ending) -> None:
        node = self._root
        for level in ending.filter.levels:
            if level == "#":
                node.rest.append(ending)
                return
            if level == "+":
                node.anything = node = node.anything or _Node()
            else:
                node = node.literals.setdefault(level, _Node())
        node.end.append(ending)

    def _endings_for(self, node: _Node, topic: Sequence[str], depth: int) -> Iterator[_Ending]:
        """The endings whose filters match the topic, the most specific first."""
        if depth == len(topic):
            yield from node.end
        elif literal := node.literals.get(topic[depth]):
            yield from self._endings_for(literal, topic, depth + 1)
        if depth == 0 and topic and topic[0].startswith("$"):
            return
        if depth < len(topic) and node.anything:
            yield from self._endings_for(node.anything, topic, depth + 1)
        yield from node.rest

    def _is_widest(self, filter_: Filter) -> bool:
        """Whether no other filter covers it."""
        return all(each.levels == filter_.levels for each in self._covering(filter_))

    def _covering(self, filter_: Filter) -> Iterator[Filter]:
        """The filters that match every topic that this one matches: its levels are a topic that only wildcards match."""
        levels = filter_.levels
        if levels[-1] != "#":
            return (each.filter for each in self._endings_for(self._root, levels, 0))
        found = self._endings_for(self._root, levels[:-1], 0)
        return (each.filter for each in found if each.filter.levels[-1] == "#")
