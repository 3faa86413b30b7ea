"""`ha-bridge preview`: shows what would be written, without a server."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ha_bridge.commands.wrong_settings import tell

if TYPE_CHECKING:
    from ha_bridge.domain.events import BusEvent, Event
    from ha_bridge.domain.hass.event_rules import EventRules
    from ha_bridge.domain.hass.event_types import EventTypes
    from ha_bridge.domain.points import Point
    from ha_bridge.domain.ports import Layout
    from ha_bridge.domain.routing import Wants
    from ha_bridge.domain.rules import Rules, Shaped
    from ha_bridge.domain.selection import Selection
    from ha_bridge.settings import Settings

LAYOUTS = ("bridge", "homeassistant")


class _Outlet(NamedTuple):
    """A shape to preview, and which events it takes: all, where there is no selection. `places` are those of the sink."""

    name: str
    layout: "Layout"
    selection: "Selection | None" = None
    places: "Mapping[str, Wants] | None" = None

    def called(self, event: "Event") -> str:
        """Name where an event goes that the sink wants."""
        return next((name for name, place in (self.places or {}).items() if place.wants(event)), self.name)


class _Road(NamedTuple):
    """What an event meets on its way."""

    outlets: "Sequence[_Outlet]"
    selection: "Selection | None" = None
    rules: "Rules | None" = None
    types: "EventTypes | None" = None
    events: "EventRules | None" = None
    explain: bool = False


@click.command()
@click.option(
    "--layout", type=click.Choice(LAYOUTS), help="That layout with its defaults; the settings are not read."
)
@click.option("--sink", help="The sink of that name in the settings; else all of them.")
@click.option("--explain", is_flag=True, help="Say in comments which selections and rules did what.")
@click.option(
    "--config", "config", type=click.Path(path_type=Path), help="A settings file on top of the usual ones."
)
def preview(layout: str | None, sink: str | None, config: Path | None, *, explain: bool) -> None:
    """Show the line protocol that would be written for the events on stdin.

    Each line is an event of Home Assistant's bus as its WebSocket API sends it:
    {"event_type": "state_changed", "data": {...}, "time_fired": "..."}, alone or in its message
    {"id": 1, "type": "event", "event": {...}}. A line that is none is reported with its number
    and makes the exit code 1. Areas, labels and all else from Home Assistant's registries are those that a bridge has remembered
    beside the journal of these settings; where there is none they name nothing.
    """
    if layout and sink:
        raise click.UsageError("--layout and --sink exclude each other: a sink has its own layout.")
    road = (_Road([_plain(layout)]) if layout else _configured(sink, config))._replace(explain=explain)
    bad = 0
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if raw.strip():
            bad += _show(number, raw, road)
    sys.exit(1 if bad else 0)


def _plain(name: str) -> _Outlet:
    from ha_bridge.domain.layouts import (
        BridgeLayout,
        BridgeOptions,
        HomeAssistantLayout,
        HomeAssistantOptions,
    )

    if name == "homeassistant":
        return _Outlet(name, HomeAssistantLayout(HomeAssistantOptions()))
    return _Outlet(name, BridgeLayout(BridgeOptions()))


def _configured(name: str | None, config: Path | None) -> _Road:
    from ha_bridge.settings import SettingsError, load

    try:
        settings = load(config)
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)
    if name is not None and name not in settings.sinks:
        known = ", ".join(settings.sinks)
        raise click.BadParameter(f"there is no sink {name!r}; there are: {known}", param_hint="--sink")
    return _road(settings, list(settings.sinks) if name is None else [name])


def _road(settings: "Settings", names: Sequence[str]) -> _Road:
    from ha_bridge.adapters.hass.registry_file import beside
    from ha_bridge.domain.registry import Registry
    from ha_bridge.places import places
    from ha_bridge.shapes import event_rules_for, layout_for, rules_for, selection_for, zone_for

    registry, zone = Registry(), zone_for(settings)
    beside(settings.journal.path, registry).load()
    rules = rules_for(settings, registry)
    known = (rules.aliases if rules else None) or registry
    found = places(settings, registry)
    outlets = [
        _Outlet(
            name,
            layout_for(sink, known),
            selection_for(sink, registry, zone),
            {place: each.selection for place, each in found.items() if each.owner == name},
        )
        for name, sink in settings.sinks.items()
        if name in names
    ]
    common = selection_for(settings.filter, registry, zone)
    return _Road(outlets, common, rules, _types(settings), event_rules_for(settings))


def _types(settings: "Settings") -> "EventTypes | None":
    """Which types of events are asked for; None where that is not what decides, as an eventstream brings all."""
    from ha_bridge.domain.hass.event_types import EventTypes

    wanted = settings.home_assistant
    if not wanted.url or any(route.format == "eventstream" for route in settings.mqtt.routes):
        return None
    return EventTypes(wanted.event_types, wanted.exclude_event_types, wanted.rules())


def _show(number: int, raw: bytes, road: _Road) -> bool:
    """Print the lines of one event; returns whether it was bad."""
    from ha_bridge.domain.hass_json import decode_event

    try:
        event = decode_event(raw)
    except ValueError as error:
        click.echo(f"line {number}: {error}", err=True)
        return True
    for text in _lines(number, event, road):
        click.echo(text)
    return False


def _lines(number: int, event: "Event", road: _Road) -> Iterator[str]:
    """Give the lines, and comments as line protocol has them: which sink they are for, and what else is to be told."""
    told: list[str] = []
    shaped = _shaped(number, event, road, told)
    if road.explain:
        yield _comment(f"line {number}: {_about(event)}")
        yield from (_comment(f"  {text}") for text in told)
    if shaped is not None:
        for outlet in road.outlets:
            yield from _points(event, shaped, outlet, road)


def _comment(text: str) -> str:
    """Make a comment of what may have anything in it."""
    return "# " + text.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")


def _shaped(number: int, event: "Event", road: _Road, told: list[str]) -> "Shaped | Event | None":
    """Take the event through the common selection and the rules; None where it does not come out."""
    from ha_bridge.domain.events import Batch, BusEvent

    if isinstance(event, BusEvent) and (reason := _unwanted(event, road)):
        told.append(reason)
        return None
    if road.selection is not None:
        wanted, reason = road.selection.verdict(event)
        told += [f"filter: {reason}"] if reason else []
        if not wanted:
            return None
    if road.rules is None or road.rules.is_idle(event):
        return event
    return road.rules.explained(Batch("preview", (number,), (event,)), number, event, told.append)


def _unwanted(event: "BusEvent", road: _Road) -> str:
    """Say why an event would not even be asked for, or be left out where it is read; "" where it is wanted."""
    if road.types and not road.types.wants(event.event_type):
        return "home_assistant.event_types does not ask for it"
    if road.events and not road.events.wants(event.event_type, event.data):
        return "home_assistant: its type is excluded, or no rule for its events wants its data"
    return ""


def _points(event: "Event", shaped: "Shaped | Event", outlet: _Outlet, road: _Road) -> Iterator[str]:
    from ha_bridge.domain.line_protocol import line

    wanted, reason = outlet.selection.verdict(event) if outlet.selection else (True, "")
    points: Sequence[Point] = ()
    if wanted:
        points, reason = _made(shaped, outlet, reason)
    if road.explain:
        yield f"#   {outlet.called(event)}: {reason or 'written' if points else reason or 'it makes no point of it'}"
    elif points and (len(road.outlets) > 1 or len(outlet.places or ()) > 1):
        yield f"# {outlet.called(event)}"
    yield from map(line, points)


def _made(shaped: "Shaped | Event", outlet: _Outlet, reason: str) -> "tuple[Sequence[Point], str]":
    """Give the points of an event for an outlet that wants it, and what there is to say of them."""
    from ha_bridge.domain.layouts.reduced import reshaped
    from ha_bridge.domain.rules import Shaped

    if not isinstance(shaped, Shaped):
        return outlet.layout.points(shaped), reason
    if not shaped.is_for(outlet.name):
        return (), "a rule sends it to other sinks"
    return reshaped(outlet.layout, shaped.event, shaped.reshape), reason


def _about(event: "Event") -> str:
    from ha_bridge.domain.events import BusEvent, StateEvent

    if isinstance(event, StateEvent):
        return f"{event.entity_id} = {event.state}"
    return event.event_type if isinstance(event, BusEvent) else type(event).__name__
