"""What damage to a journal has cost, point by point."""

import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ha_bridge.adapters.journal.journal import SqliteJournal
from tests.chaos.damage import damage

ENOUGH = 2**40
_LINE = re.compile(r"(chaos_json|chaos_value),\w+=(\w+) value=(\d+) (\d+)")

Identity = tuple[str, str, int, int]
"""Measurement, tag, time in microseconds and value: what makes a point of the MQTT roads."""


class Damage(NamedTuple):
    """`done` to a journal; `lost`: the points that can be read of it no more, by sink, as often as it held them."""

    done: str
    lost: Mapping[str, Counter[Identity]]

    def __str__(self) -> str:
        counts = ", ".join(f"{points.total()} points for {sink}" for sink, points in self.lost.items())
        return f"{self.done}: {counts} cannot be read any more"


def damaged(journal: Path, dice: random.Random, sinks: Iterable[str]) -> Damage:
    """Damage a journal. What that has cost is found by reading a copy before and after, as the bridge would."""
    before = {sink: _held(journal, sink) for sink in sinks}
    done = damage(journal, dice)
    return Damage(done, {sink: points - _held(journal, sink) for sink, points in before.items()})


def _held(journal: Path, sink: str) -> Counter[Identity]:
    with tempfile.TemporaryDirectory() as folder:
        for file in journal.parent.glob(f"{journal.name}*"):
            shutil.copy(file, folder)
        copy = SqliteJournal(Path(folder) / journal.name, ENOUGH, 1)
        payloads = copy.waiting(sink, 0, ENOUGH)
        copy.close()
    return Counter(point for kept in payloads for point in _points(kept.payload.decode()))


def _points(payload: str) -> Iterator[Identity]:
    for measurement, tag, value, time in _LINE.findall(payload):
        yield measurement, tag, int(time), int(value)
