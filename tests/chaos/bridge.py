"""The bridge of the chaos suite: what it says about losses, dead letters and gaps, as a user would ask."""

import json
import re
import subprocess
import sys
from typing import Any

from tests.system.bridge import BridgeProcess, Json

JOURNAL = "journal/journal.db"
DAMAGED = "journal damaged"
"""The log's event when something of the journal could not be read; `reason` says what that costs."""

_LOST_POINTS = re.compile(r"payloads? with ([\d,]+) points? for sink")


class Bridge(BridgeProcess):
    @property
    def journal(self) -> Any:
        return self.directory / JOURNAL

    def ask(self, *command: str) -> Any:
        """What a command of ours says under --json."""
        program = [sys.executable, "-m", "ha_bridge", *command, "--json", "--config", str(self.file)]
        done = subprocess.run(program, cwd=self.directory, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    def losses(self) -> list[str]:
        """What the log says that damage to the journal has cost, in order."""
        return [str(entry["reason"]) for entry in self.logged(DAMAGED)]

    def dead_letters(self) -> list[Json]:
        letters: list[Json] = self.ask("dead-letters", "list")
        return letters

    def open_gaps(self) -> list[Json]:
        gaps: list[Json] = self.ask("gaps", "list")
        return [gap for gap in gaps if not gap["closed"]]


def lost_points(said: str) -> int:
    """How many points a line of the log says are lost."""
    return sum(int(number.replace(",", "")) for number in _LOST_POINTS.findall(said))
