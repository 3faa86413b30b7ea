"""Where the newest Home Assistant lives: a Debian tree of its own (root) or a virtual environment (python3.14 at hand)."""

import os
from pathlib import Path

from tests.system.servers.missing import missing

CHECKOUT = Path(__file__).parents[3]
SERVERS = CHECKOUT / ".servers"


def newest_command(program: str, *arguments: str, directory: Path | None = None) -> list[str]:
    """Return the command that runs a program of the newest HA's environment.

    In the arguments `{checkout}` stands for the path of this checkout as that program sees it, `{directory}` for that of
    `directory`.
    """
    if (SERVERS / "ha-newest.stamp").exists() and (SERVERS / "ha-newest").exists():
        places = {"checkout": str(CHECKOUT), "directory": str(directory)}
        prefix, program = [], str(SERVERS / "ha-newest/bin" / program)
    elif (SERVERS / "forky.stamp").exists() and os.geteuid() == 0:
        places = {"checkout": "/src", "directory": "/mnt"}
        prefix = [str(CHECKOUT / "scripts/in_forky.sh"), *(["--mount", str(directory)] if directory else [])]
    else:
        missing("the newest Home Assistant")
    return [*prefix, program, *(argument.format(**places) for argument in arguments)]
