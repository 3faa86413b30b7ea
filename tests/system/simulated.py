"""A bridge for a simulated home that only does what the test says, with an embedded store."""

import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.demo.simulation import Simulation
from tests.system.bridge import LONG, BridgeProcess, Json
from tests.waiting import wait_for

ROADS = ("home_assistant", "mqtt")
MINE = "sensor.mine"


class Bridge(BridgeProcess):
    """It logs nothing but JSON lines."""

    def __init__(self, folder: Path, simulation: Simulation, *settings: Json) -> None:
        self.store = folder / "points.db"
        local = {"sinks": {"local": {"kind": "local", "path": str(self.store)}}}
        super().__init__(folder, simulation.settings(), local, *settings)

    def entries(self) -> list[Json]:
        """Give the log, every line of which is JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def said(self, event: str) -> list[Json]:
        return [entry for entry in self.entries() if entry["event"] == event]

    def wait_said(self, event: str, times: int = 1) -> list[Json]:
        def heard() -> list[Json]:
            # A line may be half written just now.
            with suppress(ValueError):
                return said if len(said := self.said(event)) >= times else []
            return []

        return wait_for(heard, LONG, f"{event!r}; {self}")

    def stored(self, entity_id: str = MINE) -> list[Any]:
        """Give the values that are in the store for a sensor, in the order of time."""
        reader, name = LocalReader(self.store), entity_id.partition(".")[2]
        return [
            sample.value
            for series in reader.series()
            if series.measurement == "sensor" and series.tags["entity_id"] == name
            for sample in reader.read(series.id, "value")
        ]

    def ended(self, number: signal.Signals) -> int:
        """Send it a signal and wait for its exit code."""
        self.signal(number)
        wait_for(lambda: not self.running, LONG, f"{self} to end by {number.name}")
        return self.terminate()


def tell(simulation: Simulation, *values: int, entity_id: str = MINE) -> None:
    for value in values:
        simulation.set_state(entity_id, str(value), {"unit_of_measurement": "W"})
