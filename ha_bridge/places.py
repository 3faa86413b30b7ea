"""Settings become places: a sink, and within it what [retention] gives a life of its own."""

import hashlib
import math
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ha_bridge.domain.places import Pick, Placed, Sorting
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.retention import BRIDGES, FOREVER, OWN, Sampling, Wanted
from ha_bridge.domain.routing import Wants
from ha_bridge.domain.selectors import Zone
from ha_bridge.settings import (
    DownsampleSettings,
    LocalSinkSettings,
    RetentionSettings,
    Settings,
)
from ha_bridge.settings.selecting import patterns
from ha_bridge.settings.sinks import Sink
from ha_bridge.shapes import selection_for, zone_for


class Summary(msgspec.Struct, frozen=True):
    """A sampling, and where it goes: `sink` as that is written to, and how long it lives."""

    sampling: Sampling
    sink: Sink
    life: float


class Place(msgspec.Struct, frozen=True):
    """Where points go: `sink` as it is written to, what it wants, and how long that lives (0: nobody has said).

    `summaries`: what is to be summarised of it, whoever does that.
    """

    owner: str
    sink: Sink
    selection: Wants
    life: float
    summaries: tuple[Summary, ...] = ()


def places(settings: Settings, registry: Registry | None = None) -> dict[str, Place]:
    """Every place by its name: that of its sink, followed by its own where it has one."""
    zone = zone_for(settings)
    return {
        name: place
        for owner, sink in settings.sinks.items()
        for name, place in _of_sink(owner, sink, settings.retention, registry, zone).items()
    }


def within(sink: Sink, place: str) -> Sink:
    """The sink as its place of that name is written to; `db/rp` is how all that speak of buckets name a policy."""
    if not place:
        return sink
    if isinstance(sink, LocalSinkSettings):
        return replace(sink, path=sink.file(place))
    bucket = f"{sink.bucket.partition('/')[0]}/{place}" if sink.bucket else ""
    return replace(sink, bucket=bucket, retention_policy=place)


def wanted(name: str, settings: Settings) -> Wanted:
    """What [retention] says of that sink's server."""
    retention = settings.retention
    kept, downsampled = retention.kept(name), retention.downsampled(name)
    lives = {OWN: retention.life(name)}
    lives |= {each.name: each.raw for each in kept} | {each.place: each.keep for each in downsampled}
    samplings = tuple(_samplings(name, retention))
    return Wanted({place: _server_life(life) for place, life in lives.items() if life}, samplings)


def mark(sink: str) -> str:
    """How the names of a sink's samplings begin: by this the bridge knows them for its own."""
    return f"{BRIDGES}{sink}."


def _of_sink(
    owner: str, sink: Sink, retention: RetentionSettings, registry: Registry | None, zone: Zone
) -> dict[str, Place]:
    kept, base = retention.kept(owner), selection_for(sink, registry, zone)
    lives = {each.place: each.keep for each in retention.downsampled(owner)}
    made: dict[str, tuple[Summary, ...]] = {}
    for each in _samplings(owner, retention):
        summary = Summary(each, within(sink, each.target), lives[each.target])
        made[each.source] = (*made.get(each.source, ()), summary)
    if not kept:
        return {owner: Place(owner, sink, base, retention.life(owner), made.get(OWN, ()))}
    picks = [Pick(patterns(each.include), patterns(each.exclude), registry, zone) for each in kept]
    sorting = Sorting(base, picks, registry)
    own = Place(owner, sink, Placed(sorting, len(kept)), retention.life(owner), made.get(OWN, ()))
    return {owner: own} | {
        f"{owner}.{each.name}": Place(
            owner, within(sink, each.name), Placed(sorting, number), each.raw, made.get(each.name, ())
        )
        for number, each in enumerate(kept)
    }


def _server_life(seconds: float) -> int:
    return FOREVER if math.isinf(seconds) else round(seconds)


def _samplings(sink: str, retention: RetentionSettings) -> Iterator[Sampling]:
    sources = [OWN, *(each.name for each in retention.kept(sink) if each.downsample)]
    return (_sampling(sink, source, each) for each in retention.downsampled(sink) for source in sources)


def _sampling(sink: str, source: str, wanted: DownsampleSettings) -> Sampling:
    """Name it by what it does, so that a change of the settings is another one; the number is that of how it is done."""
    told = msgspec.json.encode((2, source, wanted.place, wanted.every, wanted.fields))
    digest = hashlib.sha256(told).hexdigest()[:8]
    return Sampling(
        name=f"{mark(sink)}{wanted.place}.{digest}",
        source=source,
        target=wanted.place,
        every=round(wanted.every),
        fields=wanted.fields,
    )
