"""What a test does when a server that it needs is not installed."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test on a developer's machine; fail it in CI, where a skipped test would pass unseen."""
    reason = f"{what} is not installed: run scripts/servers.sh"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
