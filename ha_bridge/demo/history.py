"""The recorder's memory: the latest states of each entity, as `history/history_during_period` gives them."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from ha_bridge.demo.states import Attributes, Changed

# Attribute-only changes of these count as significant (homeassistant/components/recorder/history/const.py).
SIGNIFICANT_DOMAINS = ("climate", "device_tracker", "humidifier", "thermostat", "water_heater")


class Row(msgspec.Struct, frozen=True):
    """What an entity was from `updated` on; `state` is None when it was removed then."""

    entity_id: str
    state: str | None
    attributes: Attributes
    changed: float
    updated: float

    @property
    def significant(self) -> bool:
        return self.changed == self.updated or self.entity_id.startswith(SIGNIFICANT_DOMAINS)

    def as_dict(self, *, attributes: bool = True) -> dict[str, Any]:
        """Write it as HA sends it: `lu` always, `lc` only where it differs."""
        short = {"s": self.state, "a": self.attributes if attributes else {}, "lu": self.updated}
        if self.changed != self.updated:
            short["lc"] = self.changed
        return short


class History:
    """Keeps at most `most` rows of an entity. `commit_interval`: seconds until a row can be read.

    `excluded`: entities that the recorder is told to leave out.
    """

    def __init__(
        self, most: int = 5000, commit_interval: float = 0.0, excluded: Collection[str] = ()
    ) -> None:
        self.commit_interval = commit_interval
        self.excluded = excluded
        self._rows: defaultdict[str, deque[Row]] = defaultdict(lambda: deque(maxlen=most))

    def record(self, changes: Iterable[Changed]) -> None:
        for change in changes:
            if change.entity_id not in self.excluded:
                self._rows[change.entity_id].append(_row(change))

    def purge(self, before: float) -> None:
        """Forget all rows updated before then, as the recorder does every night."""
        for rows in self._rows.values():
            while rows and rows[0].updated < before:
                rows.popleft()

    def between(
        self, start: float, end: float, entity_ids: Iterable[str], now: float
    ) -> dict[str, list[Row]]:
        """Find the rows updated after `start` and before `end`, both exclusive, and committed by `now`.

        Entities without any are left out.
        """
        committed = now - self.commit_interval
        found = {
            entity_id: [
                row
                for row in self._rows.get(entity_id, ())
                if start < row.updated < end and row.updated <= committed
            ]
            for entity_id in entity_ids
        }
        return {entity_id: rows for entity_id, rows in found.items() if rows}

    def before(self, start: float, entity_id: str) -> Row | None:
        """Find what an entity was at `start`."""
        rows = [row for row in self._rows.get(entity_id, ()) if row.updated <= start]
        return rows[-1] if rows else None


def _row(change: Changed) -> Row:
    state = change.new
    if state is None:
        return Row(change.entity_id, None, {}, change.time, change.time)
    return Row(change.entity_id, state.state, state.attributes, state.last_changed, state.last_updated)
