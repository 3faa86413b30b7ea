"""What must hold for [retention]."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ha_bridge.domain.selectors.patterns import OF_ANY
from ha_bridge.settings.paths import Path, dotted
from ha_bridge.settings.problems import Problem, nearest
from ha_bridge.settings.retention import DownsampleSettings, KeepSettings, RetentionSettings
from ha_bridge.settings.schema import Settings
from ha_bridge.settings.secret import shown
from ha_bridge.settings.sinks import LocalSinkSettings, Sink
from ha_bridge.settings.units import duration_text, life_text

SHORTEST = 3600.0
"""Seconds: what every InfluxDB can do."""

LONGEST = 36_500 * 86_400.0
"""Seconds: a hundred years. Nanoseconds of three are too many for 64 bits, and what a server makes of that is anybody's guess."""

WINDOWS = 4
"""Servers make the last three windows again each time, which must all be there."""

_NAME = re.compile(r"[\w-]+", re.ASCII)
_AT = ("retention",)


def broken(settings: Settings) -> Iterator[Problem]:
    """Give every rule about [retention] that the settings break."""
    wanted, sinks = settings.retention, settings.sinks
    yield from _life((*_AT, "raw"), wanted.raw)
    for name, life in wanted.sinks.items():
        yield from _life((*_AT, "sinks", name), life)
        yield from _known((*_AT, "sinks", name), [name], sinks)
    for index, keep in enumerate(wanted.keep):
        yield from _keep((*_AT, "keep", index), keep, sinks)
    for index, each in enumerate(wanted.downsample):
        yield from _downsample((*_AT, "downsample", index), each, sinks)
        yield from _windows((*_AT, "downsample", index, "every"), each, wanted, sinks)
    yield from _names(wanted)
    yield from _one_life(settings)
    yield from _files(settings)
    yield from _fitting(settings)
    for name, sink in sinks.items():
        if not isinstance(sink, LocalSinkSettings) and sink.retention_policy and not sink.database:
            message = 'this belongs to a database: write that too, or bucket = "DATABASE/POLICY"'
            yield _problem(("sinks", name, "retention_policy"), message, sink.retention_policy)


def _problem(path: Path, message: str, value: object = "") -> Problem:
    return Problem(key=dotted(path), message=message, value=shown(value))


def _life(path: Path, life: float) -> Iterator[Problem]:
    if 0 < life < SHORTEST or (math.isfinite(life) and life % 1):
        yield _problem(path, "write whole seconds, an hour at least", life_text(life))
    elif LONGEST < life < math.inf:
        yield _problem(path, 'this is longer than servers can reckon: write "forever"', life_text(life))


def _said(path: Path, life: float) -> Iterator[Problem]:
    if not life:
        yield _problem(path, 'say how long: a duration of an hour at least, or "forever"')
    yield from _life(path, life)


def _known(path: Path, names: Iterable[str], sinks: Mapping[str, Sink]) -> Iterator[Problem]:
    for name in (name for name in names if name not in sinks):
        near = nearest(name, sinks)
        hint = f"; did you mean {near}?" if near else ""
        yield _problem(path, f"there is no sink {name!r}: there are {', '.join(sinks)}{hint}")


def _keep(path: Path, keep: KeepSettings, sinks: Mapping[str, Sink]) -> Iterator[Problem]:
    yield from _said((*path, "raw"), keep.raw)
    yield from _known((*path, "sinks"), keep.sinks, sinks)
    if not any(getattr(keep.include, key) for key in keep.include.__struct_fields__ if key not in OF_ANY):
        yield _problem((*path, "include"), "name what has this life; retention.raw is for all the rest")


def _downsample(path: Path, each: DownsampleSettings, sinks: Mapping[str, Sink]) -> Iterator[Problem]:
    yield from _said((*path, "keep"), each.keep)
    yield from _known((*path, "sinks"), each.sinks, sinks)
    if each.every < 1 or each.every % 1:
        yield _problem((*path, "every"), "write whole seconds", each.every)
    if not each.fields:
        yield _problem((*path, "fields"), 'name the fields to summarise; "value" is the number of a state')


def _windows(
    path: Path, each: DownsampleSettings, wanted: RetentionSettings, sinks: Mapping[str, Sink]
) -> Iterator[Problem]:
    """Find lives that are so short that a window is half gone when it is summarised."""
    lives = {"keep": each.keep}
    for name in (name for name in sinks if not each.sinks or name in each.sinks):
        lives[f"retention.raw of sinks.{name}"] = wanted.life(name)
        lives |= {f"raw of {keep.name}": keep.raw for keep in wanted.kept(name) if keep.downsample}
    for what, life in lives.items():
        if 0 < life < WINDOWS * each.every:
            message = f"{what} ({life_text(life)}) has to be {WINDOWS} such windows long at least"
            yield _problem(path, message, duration_text(each.every))


def _fitting(settings: Settings) -> Iterator[Problem]:
    """Find windows that end together too seldom: a local store deletes only where all of them end."""
    wanted = settings.retention
    for name in (name for name, sink in settings.sinks.items() if isinstance(sink, LocalSinkSettings)):
        longest = max((each.every for each in wanted.downsampled(name)), default=0.0)
        for index, each in enumerate(wanted.downsample):
            if each in wanted.downsampled(name) and each.every >= 1 and longest % each.every:
                message = f"such windows do not fit into those of {duration_text(longest)}, as sinks.{name} needs it"
                yield _problem((*_AT, "downsample", index, "every"), message, duration_text(each.every))


def _names(wanted: RetentionSettings) -> Iterator[Problem]:
    """Find names that cannot be part of a bucket, a policy and a file name, or are there twice."""
    named: Sequence[tuple[Path, str]] = [
        *((("keep", index), keep.name) for index, keep in enumerate(wanted.keep)),
        *((("downsample", index), each.place) for index, each in enumerate(wanted.downsample)),
    ]
    seen: set[str] = set()
    for path, name in named:
        if not _NAME.fullmatch(name):
            yield _problem((*_AT, *path, "name"), "use letters, digits, _ and - only", name)
        if name in seen:
            yield _problem((*_AT, *path, "name"), "this name is taken: every place needs its own", name)
        seen.add(name)


def _one_life(settings: Settings) -> Iterator[Problem]:
    """Find sinks that write to the same place and say different lives for it: the last to apply would win."""
    wanted = settings.retention
    lives: dict[object, tuple[str, float]] = {}
    for name, sink in settings.sinks.items():
        if isinstance(sink, LocalSinkSettings):
            continue
        place = (sink.url, sink.bucket, sink.database, sink.retention_policy)
        other, life = lives.setdefault(place, (name, wanted.life(name)))
        if wanted.life(name) != life:
            message = f"sinks.{other} has the same place, which can have one life only: {life_text(life)!r}"
            yield _problem((*_AT, "sinks", name), message, life_text(wanted.life(name)))


def _files(settings: Settings) -> Iterator[Problem]:
    """Find places of a local store whose file is somebody else's."""
    local = {name: sink for name, sink in settings.sinks.items() if isinstance(sink, LocalSinkSettings)}
    owners = {settings.journal.path: "journal"} | {sink.path: f"sinks.{name}" for name, sink in local.items()}
    retention = settings.retention
    named: list[tuple[Path, str, Sequence[str]]] = [
        *((("keep", index), each.name, each.sinks) for index, each in enumerate(retention.keep)),
        *((("downsample", index), each.place, each.sinks) for index, each in enumerate(retention.downsample)),
    ]
    for path, place, sinks in named:
        for name, sink in local.items():
            if (not sinks or name in sinks) and sink.file(place) in owners:
                message = f"{owners[sink.file(place)]} has the file that sinks.{name} would keep this in"
                yield _problem((*_AT, *path, "name"), message, place)
