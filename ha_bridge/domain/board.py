"""What the bridge shows of itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from ha_bridge.domain.histogram import Buckets
from ha_bridge.domain.metrics import CHILD_RESTARTS, CHILD_UP, UPTIME, Metric, Samples
from ha_bridge.domain.supervision import ChildState, Health


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class Reload(msgspec.Struct, frozen=True):
    """What became of reading the settings again: what was taken over and what waits for a restart, by name.

    `number` counts the reloads since the start; `problems`: why the settings as they are now cannot be used at all.
    """

    number: int = 0
    applied: Sequence[str] = ()
    waiting: Sequence[str] = ()
    problems: Sequence[str] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """Health at one moment. `uptime` in seconds; times in microseconds since the epoch.

    `pid`: the process; `reload`: its latest, None where it does not reload.
    """

    status: Status
    ready: bool
    live: bool
    version: str
    uptime: float
    children: Sequence[Health]
    pid: int = 0
    reload: Reload | None = None


WORKING = {ChildState.UP, ChildState.DEGRADED}


class Board:
    """The latest word of every part. Each has one that writes, any thread reads: each change is one replaced reference.

    Live while the supervisor's reports are younger than `silence` seconds; ready when every part works.
    """

    def __init__(self, version: str, started: int, silence: float = 30.0) -> None:
        self._version = version
        self._started = started
        self._silence = silence
        self._children: Sequence[Health] = ()
        self._heard = started
        self._samples: Mapping[str, Samples] = {}
        self._pid = 0
        self._reload: Reload | None = None

    def reloaded(self, pid: int, reload: Reload) -> None:
        """A process that reloads says so when it starts, and each time that it has."""
        self._pid = pid
        self._reload = reload

    def supervised(self, children: Sequence[Health], wall: int) -> None:
        self._children = tuple(children)
        self._heard = wall

    def reported(self, reporter: str, samples: Samples) -> None:
        self._samples = {**self._samples, reporter: samples}

    def snapshot(self, wall: int) -> Snapshot:
        children = self._children
        live = (wall - self._heard) / 1_000_000 <= self._silence
        ready = live and bool(children) and all(child.state in WORKING for child in children)
        well = ready and all(child.state is ChildState.UP for child in children)
        status = Status.OK if well else Status.DEGRADED if ready else Status.DOWN
        uptime = (wall - self._started) / 1_000_000
        return Snapshot(status, ready, live, self._version, uptime, children, self._pid, self._reload)

    def samples(self, wall: int) -> Mapping[Metric, Mapping[tuple[str, ...], float | Buckets]]:
        """Every metric with its values by label values."""
        merged: dict[Metric, dict[tuple[str, ...], float | Buckets]] = defaultdict(dict)
        for samples in self._samples.values():
            for metric, values in samples.items():
                merged[metric].update(values)
        children = self._children
        merged[CHILD_UP] = {(child.child,): float(child.state in WORKING) for child in children}
        merged[CHILD_RESTARTS] = {(child.child,): child.restarts for child in children}
        merged[UPTIME] = {(): (wall - self._started) / 1_000_000}
        return merged
