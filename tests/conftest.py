"""What tests of several rooms need.

Hypothesis judges by what it finds, not by how long an example took: the machine may be busy.

In CI it plays the same examples every time, as it does there by default; elsewhere it goes on looking.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("any-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("any-machine")


@pytest.fixture
def logs_restored() -> Iterator[None]:
    """Whatever a test does to the logging of this process is undone."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.captureWarnings(capture=False)
