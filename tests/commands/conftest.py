"""Commands run in this process leave its signals, its logging and its folder as they were."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    logged = root.handlers[:], root.level
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    root.handlers[:] = logged[0]
    root.setLevel(logged[1])
    logging.captureWarnings(capture=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty working directory, and a wide terminal; what the developer has set is not for these commands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in os.environ if name.startswith("HA_BRIDGE_")]:
        monkeypatch.delenv(name)
    return tmp_path
