"""The promises, all of them at once, while everything breaks that can."""

import os
from pathlib import Path

import pytest

from tests.chaos.suite import suite

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

SEED = int(os.environ.get("CHAOS_SEED", "1"))
MINUTES = float(os.environ.get("CHAOS_MINUTES", "0"))


def test_nothing_is_lost_and_nothing_comes_twice_whatever_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Its table is for people, whether it passes or not.
    with capsys.disabled():
        assert suite(tmp_path, SEED, MINUTES) == []
