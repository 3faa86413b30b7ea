"""`ha-bridge run`: the service."""

import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--config", "config", type=click.Path(path_type=Path), help="A settings file on top of the usual ones."
)
def run(config: Path | None) -> None:
    """Carry events until told to stop (SIGTERM or Ctrl-C)."""
    from ha_bridge.app import serve
    from ha_bridge.settings import SettingsError, load

    try:
        sys.exit(serve(lambda: load(config)))
    except SettingsError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
