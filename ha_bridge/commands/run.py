"""`ha-bridge run`: the service."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ha_bridge.commands.config import FILE
from ha_bridge.commands.wrong_settings import tell

if TYPE_CHECKING:
    from ha_bridge.settings import Settings

NO_ROAD = (
    "there is nothing to listen to: set home_assistant.url and home_assistant.token, "
    "or mqtt.enabled = true and [[mqtt.routes]]; to look around without a home, run ha-bridge demo"
)


@click.command()
@FILE
def run(config: Path | None) -> None:
    """Carry events until told to stop (SIGTERM or Ctrl-C).

    SIGHUP reads the filter, the rules, the layouts and the log levels again, as ha-bridge reload does; SIGUSR1 logs what every thread is doing.
    Exit code 1 when the settings are wrong, or when starting a part again and again does not help.
    """
    from ha_bridge.app import serve
    from ha_bridge.settings import SettingsError

    try:
        sys.exit(serve(lambda: _usable(config)))
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)


def _usable(config: Path | None) -> "Settings":
    """Load settings that a bridge can run with: looking at them needs no road, running does."""
    from ha_bridge.settings import Problem, SettingsError, load

    settings = load(config)
    if not settings.home_assistant.url and not settings.mqtt.enabled:
        raise SettingsError([Problem(key="home_assistant.url, mqtt.enabled", message=NO_ROAD)])
    return settings
