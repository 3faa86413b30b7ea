"""One entity of a statestream: pieces in, whole changes of state out."""

from collections import Counter, deque
from typing import Any

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.payloads import Unreadable, json_of

MOST_OPEN = 250  # changes of one entity that are told at the same time
MOST_ATTRIBUTES = 250


class Change:
    """A change of state while its pieces come in. `time` is HA's own, None until told; `fresh` the attributes it changes."""

    __slots__ = ("fresh", "opened", "received", "seen", "state", "time", "tokens")

    def __init__(self, state: str, received: int, token: int, opened: float) -> None:
        self.state = state
        self.received = received
        self.opened = opened
        self.time: int | None = None
        self.tokens = [token]
        self.seen: set[str] = set()
        self.fresh: dict[str, Any] = {}


class Entity:
    """What is known of an entity, and its changes that are being told, oldest first.

    Pieces say which entity they belong to, not which change: of several changes the oldest that lacks it gets it. A
    change is whole when it has the pieces that an entity's changes have. Which those are, is first known from what the
    broker had kept; a piece more is learnt at once, a piece less when two changes have waited for it in vain.
    """

    __slots__ = (
        "_candidate",
        "_fresh",
        "_given",
        "_learnt",
        "_payloads",
        "_pieces",
        "attributes",
        "changes",
        "entity_id",
        "state",
    )

    def __init__(self, entity_id: str) -> None:
        self.entity_id = entity_id
        self.state: str | None = None
        self.attributes: dict[str, Any] | None = None
        self.changes: deque[Change] = deque()
        self._given: Counter[str] = Counter()  # how many of the changes have a piece: always the oldest
        self._payloads: dict[str, bytes] = {}
        self._fresh: dict[str, Any] = {}
        self._pieces: set[str] | None = None
        self._candidate: set[str] | None = None
        self._learnt = False

    def replayed_state(self, state: str, received: int, token: int) -> Observed:
        """The broker had kept this state: it is no news."""
        previous, self.state = self.state, state
        if self._pieces is None:
            self._pieces = set()
        attributes = self._whole_attributes()
        event = StateEvent(received, self.entity_id, state, attributes, previous, timed=False, retained=True)
        return Observed((token,), event)

    def replayed_piece(self, key: str) -> None:
        """The broker had kept such a piece, of a change that may be long ago."""
        if not self._learnt:
            self._pieces = (self._pieces or set()) | {key}

    def attribute(self, key: str, payload: bytes) -> None:
        """Learn an attribute's value, an empty payload meaning that it is gone; raises Unreadable."""
        if self._payloads.get(key) == payload:
            return
        if not payload:
            self._forget(key)
            return
        if len(self._payloads) >= MOST_ATTRIBUTES and key not in self._payloads:
            raise Unreadable(f"{self.entity_id} has more than {MOST_ATTRIBUTES} attributes")
        self._fresh[key] = json_of(payload)
        self._payloads[key] = payload

    def begin(self, state: str, received: int, token: int, now: float) -> None:
        self.changes.append(Change(state, received, token, now))

    def piece(self, key: str, token: int, time: int | None = None) -> bool:
        """Give a piece to the change it belongs to; False when no change is being told."""
        if not self.changes:
            if self._pieces is not None:
                self._pieces = self._pieces | {key}
            return False
        given = self._given[key]
        if given < len(self.changes):
            change = self.changes[given]
            change.seen.add(key)
            change.time = change.time if time is None else time
            self._given[key] = given + 1
        else:
            change = self.changes[-1]
        change.tokens.append(token)
        if self._fresh:
            change.fresh.update(self._fresh)
            self._fresh = {}
        return True

    def take_whole(self, opened_before: float) -> list[Observed]:
        """The changes that are whole, and those that have waited too long, in order."""
        observed: list[Observed] = []
        changes = self.changes
        while changes:
            change = changes[0]
            if self._is_whole(change):
                self._pieces = change.seen
                self._learnt = True
            elif change.opened < opened_before:
                self._learn(change.seen)
            elif len(changes) <= MOST_OPEN:
                break
            observed.append(self._told(changes.popleft()))
        return observed

    def _is_whole(self, change: Change) -> bool:
        pieces = self._pieces
        return pieces is not None and len(change.seen) >= len(pieces) and pieces <= change.seen

    def _learn(self, seen: set[str]) -> None:
        if seen == self._candidate:
            self._pieces = seen
            self._learnt = True
        self._candidate = seen

    def _told(self, change: Change) -> Observed:
        if self.changes:
            self._given.subtract(change.seen)
        else:
            self._given.clear()
        time = change.received if change.time is None else change.time
        timed = change.time is not None
        self._fresh.update(change.fresh)
        event = StateEvent(time, self.entity_id, change.state, self._whole_attributes(), self.state, timed)
        self.state = change.state
        return Observed(tuple(change.tokens), event)

    def _whole_attributes(self) -> dict[str, Any] | None:
        """The attributes as last told: the same object until one of them changes."""
        if self._fresh:
            self.attributes = {**(self.attributes or {}), **self._fresh}
            self._fresh = {}
        return self.attributes

    def _forget(self, key: str) -> None:
        self._payloads.pop(key, None)
        for fresh in (self._fresh, *(change.fresh for change in self.changes)):
            fresh.pop(key, None)
        if self.attributes and key in self.attributes:
            self.attributes = {other: value for other, value in self.attributes.items() if other != key}
