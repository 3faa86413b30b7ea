"""What a running bridge takes over from settings that were read again, and what has to wait for a restart."""

from msgspec.structs import replace

from ha_bridge.settings import Settings, SinkSettings
from ha_bridge.settings.schema import SECTIONS
from ha_bridge.settings.sinks import Sink

_SHAPE = tuple(key for key in SinkSettings.__struct_fields__ if key != "kind")


def taken_over(running: Settings, read: Settings) -> Settings:
    """Give the running settings with the filter, the log, and what each sink takes in which shape as they were read.

    The sinks stay those that run: nothing may be routed to one without a writer.
    """
    sinks = {name: _reshaped(sink, read.sinks.get(name, sink)) for name, sink in running.sinks.items()}
    return replace(running, filter=read.filter, log=read.log, sinks=sinks)


def waiting(running: Settings, read: Settings) -> list[str]:
    """Name the sections and sinks that were changed in a way that only a restart brings about."""
    after = taken_over(running, read)
    sections = (name for name in SECTIONS if name != "sinks")
    changed = [name for name in sections if getattr(after, name) != getattr(read, name)]
    sinks = sorted({*after.sinks, *read.sinks})
    return changed + [f"sinks.{name}" for name in sinks if after.sinks.get(name) != read.sinks.get(name)]


def _reshaped(running: Sink, read: Sink) -> Sink:
    return replace(running, **{key: getattr(read, key) for key in _SHAPE})
