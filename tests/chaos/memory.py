"""How much memory the bridge takes, watched for as long as it lives."""

import re
import threading
from collections.abc import Callable
from pathlib import Path

EVERY_SECONDS = 0.25
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


class MemoryWatch:
    """`peak` is the most bytes that any of the processes had resident, by the kernel's own high-water mark."""

    def __init__(self, pid: Callable[[], int | None]) -> None:
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Take the mark; also to be called just before the process is killed."""
        if pid := self._pid():
            self.peak = max(self.peak, peak(pid))

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self.look()


def peak(pid: int) -> int:
    """Bytes; 0 where there is no such process."""
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
