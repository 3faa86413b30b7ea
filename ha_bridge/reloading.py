"""What a running bridge takes over from settings that were read again, and what has to wait for a restart."""

from msgspec.structs import replace

from ha_bridge.settings import Settings, SinkSettings
from ha_bridge.settings.schema import SECTIONS
from ha_bridge.settings.sinks import Sink

_SHAPE = tuple(key for key in SinkSettings.__struct_fields__ if key != "kind")


_LIVE = ("filter", "rules", "log")


def taken_over(running: Settings, read: Settings) -> Settings:
    """Give the running settings with the filter, the rules, the log, and what each sink takes in which shape as read.

    The sinks stay those that run: nothing may be routed to one without a writer. Therefore rules that name another one wait
    with it: what only it is to get would be nobody's until then.
    """
    sinks = {name: _reshaped(sink, read.sinks.get(name, sink)) for name, sink in running.sinks.items()}
    named = {name for rule in read.rules for name in rule.sinks}
    live = {name: getattr(read, name) for name in _LIVE if name != "rules" or named <= running.sinks.keys()}
    return replace(running, **live, sinks=sinks)


def applied(running: Settings, read: Settings) -> list[str]:
    """Name the sections and sinks that are taken over and differ from those that run."""
    return _changed(running, taken_over(running, read))


def waiting(running: Settings, read: Settings) -> list[str]:
    """Name the sections and sinks that were changed in a way that only a restart brings about."""
    return _changed(taken_over(running, read), read)


def _changed(before: Settings, after: Settings) -> list[str]:
    sections = (name for name in SECTIONS if name != "sinks")
    changed = [name for name in sections if getattr(before, name) != getattr(after, name)]
    sinks = sorted({*before.sinks, *after.sinks})
    return changed + [f"sinks.{name}" for name in sinks if before.sinks.get(name) != after.sinks.get(name)]


def _reshaped(running: Sink, read: Sink) -> Sink:
    return replace(running, **{key: getattr(read, key) for key in _SHAPE})
