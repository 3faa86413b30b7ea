"""The recorder's memory: the latest states of each entity, as `history/history_during_period` gives them."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

from ha_bridge.demo.states import Changed, State

# Attribute-only changes of these count as significant (homeassistant/components/recorder/history/const.py).
SIGNIFICANT_DOMAINS = ("climate", "device_tracker", "humidifier", "thermostat", "water_heater")


class History:
    """Keeps at most `most` states of an entity. `commit_interval`: seconds until a state can be read."""

    def __init__(self, most: int = 5000, commit_interval: float = 0.0) -> None:
        self.commit_interval = commit_interval
        self._rows: defaultdict[str, deque[State]] = defaultdict(lambda: deque(maxlen=most))

    def record(self, changes: Iterable[Changed]) -> None:
        for change in changes:
            if change.new is not None:
                self._rows[change.entity_id].append(change.new)

    def between(
        self, start: float, end: float, entity_ids: Iterable[str], *, now: float, significant: bool = False
    ) -> dict[str, list[State]]:
        """Find the states updated after `start` and before `end`, both exclusive, and committed by `now`.

        Entities without any are left out.
        """
        committed = now - self.commit_interval
        found = {
            entity_id: [
                row
                for row in self._rows.get(entity_id, ())
                if start < row.last_updated < end
                and row.last_updated <= committed
                and (not significant or _significant(row))
            ]
            for entity_id in entity_ids
        }
        return {entity_id: rows for entity_id, rows in found.items() if rows}

    def before(self, start: float, entity_id: str) -> State | None:
        """Find the state an entity had at `start`."""
        rows = [row for row in self._rows.get(entity_id, ()) if row.last_updated <= start]
        return rows[-1] if rows else None


def row_dict(row: State) -> dict[str, Any]:
    """Write a row as HA sends it: `lu` always, `lc` only where it differs."""
    short = {"s": row.state, "a": row.attributes, "lu": row.last_updated}
    if row.last_changed != row.last_updated:
        short["lc"] = row.last_changed
    return short


def _significant(row: State) -> bool:
    return row.last_changed == row.last_updated or row.entity_id.startswith(SIGNIFICANT_DOMAINS)
