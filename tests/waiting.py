"""Waiting for something that another thread or process does, with a deadline instead of a hopeful sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02


def wait_for(predicate: Callable[[], T | None], timeout: float = 30, what: str = "") -> T:
    """Call `predicate` until it answers something truthy and return that; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        if answer := predicate():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(
                f"waited {timeout} s in vain for {what or predicate!r}; last answer: {answer!r}"
            )
        time.sleep(POLL_SECONDS)
