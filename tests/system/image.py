"""The Docker image without Docker: what the Dockerfile says is carried out in a folder instead of a container."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.dockerfile import CHECKOUT, Instruction, copied, lets_through, stages
from tests.system.servers.supervisord import Supervisord

HOME = "/opt/ha-bridge"
# The kernel lets this user read everything, for the Python here may live in somebody's home, and write only what is its own.
NOBODY = [
    *("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--pdeathsig", "KILL"),
    *("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"),
]


class Image:
    """Built in `folder`, with the Python of the tests in place of the one that the Dockerfile names."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        self.home = folder / "opt"
        self.binaries = self.home / "bin"

    def build(self) -> None:
        first, _ = stages()
        self.source.mkdir()
        for source, destination in copied(first).items():
            self._copy(source, self.source / destination)
        command = first.only("RUN").rest.replace(HOME, str(self.home))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        subprocess.run(["sh", "-ec", command], cwd=self.source, env=os.environ | {"PATH": path}, check=True)
        # Up to Python 3.11 every environment has it; the image's has not.
        self.run("pip", "uninstall", "--quiet", "--yes", "setuptools")

    def _copy(self, source: str, destination: Path) -> None:
        files = [CHECKOUT / source, *(CHECKOUT / source).rglob("*")]
        for file in (
            file for file in files if file.is_file() and lets_through(str(file.relative_to(CHECKOUT)))
        ):
            target = destination / file.relative_to(CHECKOUT / source)
            target = target / file.name if target.is_dir() else target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of the image; returns what it prints."""
        command = [str(self.binaries / program), *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    @property
    def environment(self) -> dict[str, str]:
        found = stages()[-1].environment
        path = found["PATH"].replace(HOME, str(self.home)).replace("$PATH", "/usr/bin:/bin")
        return found | {"PATH": path}


class Container(Supervisord):
    """Runs the image's CMD, with only the image's environment and `settings`, as a user who owns data and tmp alone."""

    def __init__(self, directory: Path, image: Image, settings: Mapping[str, str]) -> None:
        super().__init__(directory, {**image.environment, **settings}, image.binaries)
        self.data, self.tmp = directory / "data", directory / "tmp"
        for folder in (self.data, self.tmp):
            folder.mkdir()
        self.log.touch()
        if os.geteuid() == 0:
            for owned in (self.data, self.tmp, self.log):
                shutil.chown(owned, "nobody", "nogroup")

    def command(self) -> list[str]:
        final = stages()[-1]
        self.write_configuration(self.tmp)
        place = final.all("COPY")[-1].words[-1]
        program = [word.replace(place, str(self.file)) for word in final.only("CMD").words]
        return self._inside(program)

    def health(self) -> int:
        """Run what HEALTHCHECK says; returns its exit code."""
        _, _, command = stages()[-1].only("HEALTHCHECK").rest.partition("CMD ")
        program = self._inside(Instruction("CMD", command).words)
        return subprocess.run(program, check=False, stdout=subprocess.DEVNULL, timeout=60).returncode

    def _inside(self, program: list[str]) -> list[str]:
        user = NOBODY if os.geteuid() == 0 else []
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        return [*user, "env", "-i", f"--chdir={self.directory}", *settings, *program]
