"""The bridge of the chaos suite: what it says about losses, dead letters and gaps, as a user would ask."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ha_bridge.adapters.journal.desk import JournalDesk
from tests.system.bridge import BridgeProcess, Json

JOURNAL = "journal/journal.db"
DAMAGED = "journal damaged"
"""The log's event when something of the journal could not be read; `loss` says what that costs."""

_LOST_POINTS = re.compile(r"payloads? with ([\d,]+) points? for sink (\w+)")


class Letter(NamedTuple):
    """A dead letter: what it is about and its raw input, as text. `sink`: the only one that does not get it, "" for all."""

    sink: str
    text: str


class Bridge(BridgeProcess):
    def __init__(self, directory: Path, *settings: Json) -> None:
        super().__init__(directory, *settings)
        self._letters: set[int] = set()

    @property
    def journal(self) -> Path:
        return self.directory / JOURNAL

    def ask(self, *command: str) -> Any:
        """What a command of ours says under --json."""
        program = [sys.executable, "-m", "ha_bridge", *command, "--json", "--config", str(self.file)]
        done = subprocess.run(program, cwd=self.directory, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    def losses(self) -> list[str]:
        """What the log says that damage to the journal has cost, in order."""
        return [str(entry["loss"]) for entry in self.logged(DAMAGED)]

    def dead_letters(self) -> Iterator[Letter]:
        """The dead letters that have come since this was last asked."""
        desk = JournalDesk(self.journal)
        for listed in self.ask("dead-letters", "list"):
            number = listed["number"]
            if number not in self._letters and (letter := desk.letter(number)):
                self._letters.add(number)
                yield Letter(letter.sink, f"{letter.about} {letter.raw.decode(errors='replace')}")

    def open_gaps(self) -> list[Json]:
        gaps: list[Json] = self.ask("gaps", "list")
        return [gap for gap in gaps if gap["state"] == "open"]


def lost_points(said: str) -> Counter[str]:
    """How many points a line of the log says are lost, by sink."""
    lost = Counter[str]()
    for number, sink in _LOST_POINTS.findall(said):
        lost[sink] += int(number.replace(",", ""))
    return lost
