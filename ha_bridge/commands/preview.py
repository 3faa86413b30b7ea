"""`ha-bridge preview`: shows what would be written, without a server."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ha_bridge.commands.wrong_settings import tell

if TYPE_CHECKING:
    from ha_bridge.domain.events import Event
    from ha_bridge.domain.ports import Layout
    from ha_bridge.domain.selection import Selection
    from ha_bridge.settings import Settings

LAYOUTS = ("bridge", "homeassistant")


class _Outlet(NamedTuple):
    """A shape to preview; every selection must want an event."""

    name: str
    layout: "Layout"
    selections: "Sequence[Selection]" = ()


@click.command()
@click.option(
    "--layout", type=click.Choice(LAYOUTS), help="That layout with its defaults; the settings are not read."
)
@click.option("--sink", help="The sink of that name in the settings; else all of them.")
@click.option(
    "--config", "config", type=click.Path(path_type=Path), help="A settings file on top of the usual ones."
)
def preview(layout: str | None, sink: str | None, config: Path | None) -> None:
    """Show the line protocol that would be written for the events on stdin.

    Each line is an event of Home Assistant's bus as its WebSocket API sends it:
    {"event_type": "state_changed", "data": {...}, "time_fired": "..."}. A line that is none is reported with its number
    and makes the exit code 1.
    """
    if layout and sink:
        raise click.UsageError("--layout and --sink exclude each other: a sink has its own layout.")
    outlets = [_plain(layout)] if layout else _configured(sink, config)
    bad = 0
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if raw.strip():
            bad += _show(number, raw, outlets)
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


def _configured(name: str | None, config: Path | None) -> list[_Outlet]:
    from ha_bridge.settings import SettingsError, load

    try:
        settings = load(config)
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)
    if name is not None and name not in settings.sinks:
        known = ", ".join(settings.sinks)
        raise click.BadParameter(f"there is no sink {name!r}; there are: {known}", param_hint="--sink")
    return _outlets(settings, list(settings.sinks) if name is None else [name])


def _outlets(settings: "Settings", names: Sequence[str]) -> list[_Outlet]:
    from ha_bridge.domain.registry import Registry
    from ha_bridge.shapes import layout_for, selection_for

    common = selection_for(settings.filter)
    sinks = {name: settings.sinks[name] for name in names}
    return [
        _Outlet(name, layout_for(sink, Registry()), (common, selection_for(sink)))
        for name, sink in sinks.items()
    ]


def _show(number: int, raw: bytes, outlets: Sequence[_Outlet]) -> bool:
    """Print the lines of one event; returns whether it was bad."""
    from ha_bridge.domain.hass_json import decode_event

    try:
        event = decode_event(raw)
    except ValueError as error:
        click.echo(f"line {number}: {error}", err=True)
        return True
    for text in _lines(event, outlets):
        click.echo(text)
    return False


def _lines(event: "Event", outlets: Sequence[_Outlet]) -> Iterator[str]:
    """Give the lines; among several sinks a comment, as line protocol has them, names the one they are for."""
    from ha_bridge.domain.line_protocol import line

    for outlet in outlets:
        wanted = all(selection.wants(event) for selection in outlet.selections)
        points = outlet.layout.points(event) if wanted else ()
        if points and len(outlets) > 1:
            yield f"# {outlet.name}"
        yield from map(line, points)
