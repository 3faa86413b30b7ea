"""`ha-bridge config show` and `ha-bridge config check`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ha_bridge.commands.import_ha import import_ha
from ha_bridge.commands.wrong_settings import tell

if TYPE_CHECKING:
    from ha_bridge.settings import Row, Settings

FILE = click.option(
    "--config", type=click.Path(path_type=Path), help="A settings file on top of the usual ones."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
@FILE
@click.pass_context
def config(context: click.Context, config: Path | None) -> None:
    """Show the settings, check them, or take them over from Home Assistant's own integration."""
    context.obj = config


config.add_command(import_ha)


@config.command()
@FILE
@JSON
@click.pass_obj
def show(above: Path | None, config: Path | None, *, as_json: bool) -> None:
    """Show every setting, secrets hidden, and where it was set. Exit code 1 when the settings are wrong."""
    from ha_bridge.settings import SettingsError, load, rows

    try:
        found = rows(load(config or above))
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)
    if as_json:
        _print_json(found)
    else:
        _print_table(found)


@config.command()
@FILE
@JSON
@click.pass_obj
def check(above: Path | None, config: Path | None, *, as_json: bool) -> None:
    """Check the settings: exit code 0 when they can be used, 1 with everything that is wrong with them."""
    from ha_bridge.settings import SettingsError, load

    try:
        settings = load(config or above)
    except SettingsError as error:
        if as_json:
            _print_json({"ok": False, "problems": error.problems})
        else:
            tell(error.problems)
        sys.exit(1)
    if as_json:
        _print_json({"ok": True, "roads": _roads(settings), "sinks": _sinks(settings)})
    else:
        roads = ", ".join(_roads(settings)) or "none (set home_assistant.url, or mqtt.enabled)"
        click.echo(f"ok: roads {roads}; sinks {', '.join(_sinks(settings))}")


def _roads(settings: "Settings") -> list[str]:
    from ha_bridge.settings import shown

    mqtt = f"mqtt {settings.mqtt.host}:{settings.mqtt.port}, routes {len(settings.mqtt.routes)}"
    websocket = f"websocket {shown(settings.home_assistant.url)}"
    chosen = ((websocket, settings.home_assistant.url), (mqtt, settings.mqtt.enabled))
    return [road for road, wanted in chosen if wanted]


def _sinks(settings: "Settings") -> list[str]:
    return [f"{name} ({sink.kind}, layout {sink.layout})" for name, sink in settings.sinks.items()]


def _print_json(found: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def _print_table(found: Sequence["Row"]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("key", "value", "where set", box=box.SIMPLE_HEAD)
    for row in found:
        style = "dim" if row.default else ""
        table.add_row(
            *(Text(cell, style=style, overflow="fold") for cell in (row.key, row.value, row.origin))
        )
    Console().print(table)
