"""How the cost of an event relates to json.loads of it, and how it grows with the home: `python -m benchmarks.ratios`.

Ratios of CPU times within one run, so they hold on any machine. tests/test_cost.py bounds them.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.feeder import PER_FRAME, Mode, Stream
from benchmarks.line import EVERYTHING, Line, Nowhere
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.selection import Patterns, Selection

FEW, MANY = 1_000, 20_000
FRAMES = 4
"""Frames in a batch, which makes 1000 events."""
BATCHES = 20
ROUNDS = 3

ENTITIES = Mode("entities", coalesced=True)
EVENTS = Mode("events", coalesced=True)
SINGLE = Mode("entities", coalesced=False)

Work = Callable[[], float]
"""Does something and returns the CPU seconds that it took for each event."""


class Gate(Nowhere):
    """A sink that cannot be reached until it is `open`."""

    def __init__(self) -> None:
        self.open = False

    def deliver(self, payload: bytes) -> None:
        if not self.open:
            raise Unavailable(f"away, with {len(payload)} bytes")


def main() -> None:
    for name, measured in RATIOS.items():
        print(f"{name:28}{measured():8.2f}", flush=True)


def against_json(mode: Mode, *, twins: bool = False) -> float:
    """Take events all the way, against json.loads of their frames."""
    return ratio(carrying(mode, twins=twins), loading(mode))


def more_entities() -> float:
    return ratio(carrying(ENTITIES, entities=MANY), carrying(ENTITIES, entities=FEW))


def more_rules() -> float:
    return ratio(*(carrying(ENTITIES, entities=FEW, selection=rules(number)) for number in (FEW, 1)))


def more_unsettled() -> float:
    """Take events in while the sink is away."""
    return ratio(admitting(MANY), admitting(FEW))


def longer_outage() -> float:
    """Write what has gathered while the sink was away."""
    return ratio(draining(MANY), draining(FEW))


RATIOS: dict[str, Callable[[], float]] = {
    "entities / json.loads": partial(against_json, ENTITIES),
    "events / json.loads": partial(against_json, EVENTS),
    "single frames / json.loads": partial(against_json, SINGLE),
    "two roads / json.loads": partial(against_json, ENTITIES, twins=True),
    "20,000 entities / 1000": more_entities,
    "1000 rules / 1": more_rules,
    "20,000 unsettled / 1000": more_unsettled,
    "20,000 to catch up / 1000": longer_outage,
}


def ratio(work: Work, other: Work) -> float:
    """Do both in turns; the quickest round of each counts."""
    rounds = [(work(), other()) for _ in range(ROUNDS)]
    return min(each for each, _ in rounds) / min(each for _, each in rounds)


def carrying(
    mode: Mode, *, entities: int = 500, selection: Selection = EVERYTHING, twins: bool = False
) -> Work:
    line = Line(mode, entities=entities, selection=selection, twins=twins)
    stream = Stream(mode, entities=entities)
    while line.events < entities:
        line.carry(stream.batch(FRAMES))
    return lambda: each_event(line.carry, [stream.batch(FRAMES) for _ in range(BATCHES)])


def loading(mode: Mode) -> Work:
    stream = Stream(mode)

    def load(frames: Sequence[bytes]) -> None:
        for frame in frames:
            json.loads(frame)

    return lambda: each_event(load, [stream.batch(FRAMES) for _ in range(BATCHES)])


def admitting(unsettled: int) -> Work:
    stream = Stream(ENTITIES, entities=FEW)

    def admit() -> float:
        return each_event(full(unsettled, Gate(), stream).carry, [stream.batch(FRAMES)])

    return admit


def draining(unsettled: int) -> Work:
    stream = Stream(ENTITIES, entities=FEW)

    def drain() -> float:
        gate = Gate()
        line = full(unsettled, gate, stream)
        gate.open = True
        begun = time.thread_time()
        line.catch_up()
        seconds = time.thread_time() - begun
        assert not line.intake.ledger().in_flight
        return seconds / line.events

    return drain


def full(unsettled: int, gate: Gate, stream: Stream) -> Line:
    line = Line(ENTITIES, entities=FEW, sink=gate)
    while line.events < unsettled:
        line.carry(stream.batch(FRAMES))
    return line


def rules(number: int) -> Selection:
    globs = tuple(f"sensor.excluded_{each}_*" for each in range(number))
    return Selection(Patterns(), Patterns(entities=globs))


def each_event(work: Callable[[Sequence[bytes]], None], batches: Sequence[Sequence[bytes]]) -> float:
    begun = time.thread_time()
    for batch in batches:
        work(batch)
    return (time.thread_time() - begun) / (len(batches) * FRAMES * PER_FRAME)


if __name__ == "__main__":
    main()
