"""What each stage from Home Assistant's frames to an InfluxDB's payload costs by itself: `python -m benchmarks.stages`.

CPU time in one process and thread, without actors and sockets.
"""

import json
import time
from collections.abc import Callable, Sequence

from benchmarks.feeder import ENTITIES, Mode, Stream
from benchmarks.line import Line, Nowhere
from ha_bridge.adapters.influx.lines import packed
from ha_bridge.domain.hass import frames
from ha_bridge.domain.points import Point

FRAMES = 4
"""Frames in a batch, which makes 1000 events."""
BATCHES = 60
ROUNDS = 3

COALESCED = Mode("entities", True)
LINES = {
    "entities": (COALESCED, False),
    "events": (Mode("events", True), False),
    "single": (Mode("entities", False), False),
    "two roads": (COALESCED, True),
}


class Scales(Nowhere):
    """A sink that weighs what it does, which is a part of what its writer does."""

    def __init__(self) -> None:
        self.encoding = self.packing = 0.0

    def encode(self, points: Sequence[Point]) -> bytes:
        begun = time.thread_time()
        payload = super().encode(points)
        self.encoding += time.thread_time() - begun
        return payload

    def deliver(self, payload: bytes) -> None:
        begun = time.thread_time()
        packed(payload, gzipped=True)
        self.packing += time.thread_time() - begun


def main() -> None:
    columns = {name: costs(mode, twins=twins) for name, (mode, twins) in LINES.items()}
    print(f"{'µs of CPU time per event':28}" + "".join(f"{name:>12}" for name in columns))
    for stage in next(iter(columns.values())):
        print(f"{stage:28}" + "".join(f"{column[stage]:12.2f}" for column in columns.values()))


def costs(mode: Mode, *, twins: bool) -> dict[str, float]:
    """Microseconds per event by stage, each from its quickest round."""
    rounds = [one_round(mode, twins=twins) for _ in range(ROUNDS)]
    return {stage: min(each[stage] for each in rounds) for stage in rounds[0]}


def one_round(mode: Mode, *, twins: bool) -> dict[str, float]:
    sink = Scales()
    line, stream = Line(mode, entities=ENTITIES, sink=sink, twins=twins), Stream(mode)
    decoding = loading = 0.0
    for _ in range(BATCHES):
        batch = stream.batch(FRAMES)
        line.carry(batch)
        decoding += spent(lambda batch=batch: [frames.messages(frame) for frame in batch])  # type: ignore[misc]
        loading += spent(lambda batch=batch: [json.loads(frame) for frame in batch])  # type: ignore[misc]
    total = sum(line.seconds.values())
    found = {
        **line.seconds,
        "together": total,
        "of these, decode": decoding,
        "of these, encode": sink.encoding,
        "of these, gzip": sink.packing,
        "json.loads of the frames": loading,
    }
    return {stage: seconds / line.events * 1e6 for stage, seconds in found.items()}


def spent(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


if __name__ == "__main__":
    main()
