"""supervisord with the project's own supervisord.conf."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.system.servers.newest import CHECKOUT
from tests.system.servers.process import Server

PROGRAM = "ha-bridge"


class Supervisord(Server):
    """Runs the bridge in `directory`, with settings from `environment` and from config/settings.toml there.

    Only the places of supervisord's socket and pid are changed in its file: two of them must not meet in /tmp.
    `binaries` is where ha-bridge and supervisord are installed.
    """

    name = "supervisord"

    def __init__(
        self, directory: Path, environment: Mapping[str, str], binaries: Path = Path(sys.executable).parent
    ) -> None:
        super().__init__(directory)
        self.binaries = binaries
        self.file = directory / "supervisord.conf"
        self.environment = environment

    def write_configuration(self, scratch: Path) -> None:
        text = (CHECKOUT / "supervisord.conf").read_text()
        self.file.write_text(text.replace("/tmp/", f"{scratch}/"))  # noqa: S108 - what stands in there

    def command(self) -> list[str]:
        self.write_configuration(self.directory)
        unset = [f"--unset={name}" for name in os.environ if name.startswith("HA_BRIDGE_")]
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        path = f"PATH={self.binaries}:{os.environ['PATH']}"
        return [
            *("env", f"--chdir={self.directory}", *unset, path, *settings),
            *("supervisord", "--nodaemon", "--configuration", str(self.file)),
        ]

    def is_ready(self) -> bool:
        return self.asked("pid").isdigit()

    def asked(self, *arguments: str) -> str:
        """Ask it as a user would, with supervisorctl."""
        command = [str(self.binaries / "supervisorctl"), "-c", str(self.file), *arguments]
        answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        return answer.stdout.strip()

    @property
    def status(self) -> str:
        """The program's state: STARTING, RUNNING, BACKOFF, EXITED, FATAL or STOPPED; empty where nobody answers."""
        words = self.asked("status", PROGRAM).split()
        return words[1] if len(words) > 1 and words[0] == PROGRAM else ""

    @property
    def program_pid(self) -> int:
        """The bridge's process; 0 while there is none."""
        answer = self.asked("pid", PROGRAM)
        return int(answer) if answer.isdigit() else 0
