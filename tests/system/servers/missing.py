"""What a test does when a server that it needs is not installed."""

import os
import shutil
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test on a developer's machine; fail it in CI, where a skipped test would pass unseen."""
    reason = f"{what} is not installed: run scripts/servers.sh"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def installed(program: str) -> str:
    """Return the path of a server that Debian ships."""
    # Debian keeps daemons in /usr/sbin, which is not on everybody's PATH.
    path = shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    return path or missing(program)
