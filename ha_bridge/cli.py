"""The command line. Each command imports what it needs when it runs, so that `--help` and `health` stay light."""

import click

from ha_bridge.commands.config import config
from ha_bridge.commands.dead_letters import dead_letters
from ha_bridge.commands.demo import demo
from ha_bridge.commands.gaps import gaps
from ha_bridge.commands.health import health
from ha_bridge.commands.preview import preview
from ha_bridge.commands.reload import reload
from ha_bridge.commands.retention import retention
from ha_bridge.commands.run import run

CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="ha-bridge", message="%(prog)s %(version)s")
def main() -> None:
    """Carry everything that happens in a Home Assistant home into InfluxDB."""


for command in (run, reload, demo, config, preview, health, dead_letters, gaps, retention):
    main.add_command(command)
