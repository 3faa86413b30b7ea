"""A small disk for the journal, which can be full."""

import os
import resource
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

BYTES = 24 * 2**20
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class SmallDisk:
    """A tmpfs of its own where we are root. Others cannot mount one: there the bridge may write no longer files instead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"
        self._mounted = False
        folder.mkdir()
        if os.geteuid() == 0:
            options = ["-t", "tmpfs", "-o", f"size={BYTES}", "chaos"]
            self._mounted = not subprocess.run(["mount", *options, folder], check=False).returncode

    def fill(self, pid: int) -> None:
        """Leave no byte to the process that writes here."""
        if not self._mounted:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            return
        with suppress(OSError), self._filler.open("wb", buffering=0) as filler:
            while filler.write(b"\0" * 4096):
                pass

    def free(self, pid: int) -> None:
        if self._mounted:
            self._filler.unlink(missing_ok=True)
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, NO_LIMIT)

    def close(self) -> None:
        """What is on it goes with it, so a copy is left where it was."""
        if self._mounted:
            self._filler.unlink(missing_ok=True)
            shutil.copytree(self.folder, self.folder.with_name(f"{self.folder.name}.left"))
            subprocess.run(["umount", "--lazy", self.folder], check=True)
            self._mounted = False
