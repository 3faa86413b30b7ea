"""What Home Assistant's recorder has kept of entities, read and made into the events that live would have told.

The shape is that of `components/recorder/models/state.py` (row_to_compressed_state): by entity, in the order of time.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.hass.frames import UNREADABLE, Seconds
from ha_bridge.domain.times import micros_of_float


class Row(msgspec.Struct, gc=False):
    """What an entity was from `lu` (last_updated) on; `s` is null when it was removed then."""

    s: str | None
    lu: Seconds
    a: dict[str, Any] | None = None


Rows = Mapping[str, Sequence[Row]]
Complain = Callable[[str, bytes], None]

_all = msgspec.json.Decoder(dict[str, list[Row]])
_by_entity = msgspec.json.Decoder(dict[str, msgspec.Raw])
_parts = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(Row)


def rows(result: bytes, complain: Complain) -> Rows:
    """Read the result of `history/history_during_period`; raises one of UNREADABLE when it is no such thing at all.

    Single rows that cannot be read are left out and complained of.
    """
    try:
        return _all.decode(result)
    except UNREADABLE:
        by_entity = _by_entity.decode(result)
    return {entity_id: _one_by_one(entity_id, part, complain) for entity_id, part in by_entity.items()}


def _one_by_one(entity_id: str, part: bytes, complain: Complain) -> list[Row]:
    good: list[Row] = []
    try:
        for raw in _parts.decode(part):
            try:
                good.append(_row.decode(raw))
            except UNREADABLE as error:
                complain(f"cannot read a row of {entity_id} in Home Assistant's history ({error})", raw)
    except UNREADABLE as error:
        complain(f"cannot read Home Assistant's history of {entity_id} ({error})", part)
    return good


class Past:
    """The states of entities as history tells them, stretch after stretch.

    `met`: every entity it had anything about. `reaches_back`: it had a state from before a stretch.
    """

    def __init__(self) -> None:
        self.met: set[str] = set()
        self.reaches_back = False
        self._latest: dict[str, StateEvent] = {}

    def events(self, found: Rows, after: int, until: int) -> list[StateEvent]:
        """What happened after `after` and up to `until`, in the order of time.

        Rows from before say what was before. An entity that has none did not exist then, if others have.
        """
        self.met.update(entity_id for entity_id, each in found.items() if each)
        self.reaches_back |= any(each and micros_of_float(each[0].lu) <= after for each in found.values())
        events: list[StateEvent] = []
        for entity_id, each in found.items():
            for row in each:
                time = micros_of_float(row.lu)
                if time > until:
                    break
                event = self._next(entity_id, row, time)
                if time > after:
                    events.append(event)
        events.sort(key=attrgetter("time"))
        return events

    def _next(self, entity_id: str, row: Row, time: int) -> StateEvent:
        old = self._latest.get(entity_id)
        attributes: Mapping[str, Any] | None = None if row.s is None else row.a or {}
        if old is None:
            previous = "" if self.reaches_back else None
        else:
            entity_id, previous = old.entity_id, old.state or ""
            attributes = old.attributes if old.attributes == attributes else attributes
        event = self._latest[entity_id] = StateEvent(time, entity_id, row.s, attributes, previous)
        return event
