"""A naive recorder: what it was told, and how Home Assistant answers questions about it.

Written after `components/history/websocket_api.py` and `components/recorder/history/modern.py` of Home Assistant.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.domain.hass.home import Attributes, iso

Rows = dict[str, list[dict[str, Any]]]


class Recorder:
    """Times are Unix seconds. `committed`: rows after it cannot be read yet. `horizon`: rows before it are purged."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any]]] = []
        self.left_out: set[str] = set()
        self.committed = float("inf")
        self.horizon = 0.0

    def add(
        self, entity_id: str, state: str | None, time: float, attributes: Attributes | None = None
    ) -> None:
        """The entity has been in this state since `time`; None: it was removed then."""
        if entity_id not in self.left_out:
            row = {"s": state, "a": attributes or {}, "lu": time}
            self.rows.append((entity_id, row))

    def answer(self, question: dict[str, Any]) -> Rows:
        """Answer history/history_during_period."""
        assert question["significant_changes_only"] is question["minimal_response"] is False
        start = datetime.fromisoformat(question["start_time"]).timestamp()
        end = datetime.fromisoformat(question["end_time"]).timestamp()
        found: Rows = {}
        for entity_id in question["entity_ids"]:
            kept = self._kept(entity_id)
            rows = [row for row in kept if start < row["lu"] < end]
            earlier = [row for row in kept if row["lu"] < start]
            if question["include_start_time_state"] and earlier:
                rows.insert(0, {**earlier[-1], "lu": start})
            if rows:
                found[entity_id] = [{**row, "a": {}} if question["no_attributes"] else row for row in rows]
        return found

    def states(self, excluded: Iterable[tuple[str, float]] = ()) -> list[dict[str, Any]]:
        """Answer get_states: the latest of every entity, and of those that the recorder leaves out."""
        latest = {entity_id: row["lu"] for entity_id, row in self.rows if row["s"] is not None}
        for entity_id, row in self.rows:
            if row["s"] is None and latest.get(entity_id, row["lu"]) < row["lu"]:
                del latest[entity_id]
        return [
            {"entity_id": entity_id, "state": "x", "last_updated": iso(time), "attributes": {}}
            for entity_id, time in [*latest.items(), *excluded]
        ]

    def _kept(self, entity_id: str) -> list[dict[str, Any]]:
        return [
            row
            for each, row in self.rows
            if each == entity_id and self.horizon <= row["lu"] <= self.committed
        ]
