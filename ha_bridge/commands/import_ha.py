"""`ha-bridge config import-ha`: settings from Home Assistant's own influxdb integration."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ha_bridge.settings.ha_import import Import

NAME = "main"
BLOCK = "influxdb"
NO_BLOCK = "there is no influxdb: block in it; where it stands in another file, such as a package, name that"
HEAD = (
    "# From Home Assistant's influxdb integration, by ha-bridge config import-ha.",
    "# The bridge also has to know where Home Assistant is: home_assistant.url and home_assistant.token.",
)


@click.command("import-ha")
@click.argument("file", type=click.Path(path_type=Path))
def import_ha(file: Path) -> None:
    """Print the settings that go on where Home Assistant's influxdb: block leaves off.

    FILE is a configuration.yaml, or the block alone. What is printed is TOML for config/settings.toml; passwords and tokens
    are in it where they are in FILE. What is not carried over stands in it as a comment, and on stderr.
    """
    from ha_bridge.adapters.hass import yaml_file as ha_yaml
    from ha_bridge.settings.ha_import import Import

    try:
        document = ha_yaml.read(file)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    found = Import(block_of(document), NAME)
    click.echo(written(found))
    for note in found.notes:
        click.echo(str(note), err=True)
    _check(written(found))


def block_of(document: Any) -> Mapping[str, Any]:
    """Find the block in what a file holds."""
    from ha_bridge.settings.ha_import import OPTIONS
    from ha_bridge.settings.ha_values import Tagged

    if not isinstance(document, Mapping):
        raise click.ClickException(NO_BLOCK)
    found = next((place[BLOCK] for place in _places(document) if BLOCK in place), document)
    if isinstance(found, Tagged):
        raise click.ClickException(f"influxdb: is {found.tag} {found.text} there: name that file")
    if found is None:
        return {}
    if not isinstance(found, Mapping) or (found is document and not OPTIONS & document.keys()):
        raise click.ClickException(NO_BLOCK)
    return found


def _places(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Where a block may be: on top, or in a package."""
    core = document.get("homeassistant")
    packages = core.get("packages") if isinstance(core, Mapping) else None
    within = packages.values() if isinstance(packages, Mapping) else ()
    return [document, *(package for package in within if isinstance(package, Mapping))]


def written(found: "Import") -> str:
    """Write the settings, and what is not in them, as TOML."""
    from ha_bridge.settings.toml_text import table

    secret = ("# There is a password or a token in it: .secrets.toml is the better place.",)
    head = [*HEAD, *(secret if {"password", "token"} & found.sink.keys() else ())]
    notes = ("# Not as it was:", *(f"# - {note}" for note in found.notes)) if found.notes else ()
    return "\n".join([*head, *notes, "", *table(("sinks", NAME), found.sink)])


def _check(text: str) -> None:
    """Say where the settings would be refused, as they would be if the block was none that Home Assistant takes."""
    import tomllib

    from ha_bridge.commands.wrong_settings import tell
    from ha_bridge.settings import check

    if problems := check(tomllib.loads(text)):
        tell(problems)
        sys.exit(1)
