"""One connection through a proxy, and the weather on it."""

import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

LOOK_SECONDS = 0.05
"""How soon a quiet connection notices that it was cut, or that the weather has changed."""
CHUNK = 64 * 1024
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time at all: closing sends RST and forgets what was still to be sent."""


class Weather(NamedTuple):
    """What a network does to what it carries. `delay`: seconds for each chunk; `rate`: bytes a second, 0 for any."""

    open: bool = True
    flowing: bool = True
    delay: float = 0.0
    rate: float = 0.0

    @property
    def chunk(self) -> int:
        """How much to carry at once, so that a change of weather is noticed soon."""
        return int(min(CHUNK, max(1, self.rate * LOOK_SECONDS))) if self.rate else CHUNK

    def seconds(self, size: int) -> float:
        return self.delay + (size / self.rate if self.rate else 0.0)


class Link:
    """Carries bytes both ways until both ends have closed, or until `cut`: then both get an RST.

    `gone` is called when it is over.
    """

    def __init__(
        self,
        near: socket.socket,
        far: socket.socket,
        weather: Callable[[], Weather],
        gone: Callable[["Link"], None],
    ) -> None:
        self._cut = threading.Event()
        self._weather = weather
        self._gone = gone
        self._ends = (near, far)
        ways = ((near, far), (far, near))
        self._pumping = len(ways)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._pump, args=way, daemon=True) for way in ways]
        for end in self._ends:
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        self._cut.set()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while not self._cut.is_set() and self._carry(source, target):
                pass
        except OSError:
            self._cut.set()
        with self._lock:
            self._pumping -= 1
            last = not self._pumping
        if last:
            self._end()

    def _carry(self, source: socket.socket, target: socket.socket) -> bool:
        """Carry a chunk, if there is one; False at the end of the stream."""
        if not self._flows() or not is_ready(source, select.POLLIN):
            return True
        weather = self._weather()
        chunk = source.recv(weather.chunk)
        if not chunk:
            target.shutdown(socket.SHUT_WR)
            return False
        self._cut.wait(weather.seconds(len(chunk)))
        self._push(target, memoryview(chunk))
        return True

    def _push(self, target: socket.socket, rest: memoryview) -> None:
        while rest and not self._cut.is_set():
            if self._flows() and is_ready(target, select.POLLOUT):
                rest = rest[target.send(rest) :]

    def _flows(self) -> bool:
        """Whether the weather lets anything through; waits a little where it does not."""
        return self._weather().flowing or self._cut.wait(LOOK_SECONDS)

    def _end(self) -> None:
        for end in self._ends:
            if self._cut.is_set():
                reset(end)
            end.close()
        self._gone(self)


def reset(end: socket.socket) -> None:
    """Close a connection as a machine does that knows nothing of it."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()


def is_ready(end: socket.socket, for_what: int) -> bool:
    """Wait a little for a socket to be ready; an error counts, the next call on the socket will raise it."""
    poll = select.poll()
    poll.register(end, for_what)
    return any(happened & (for_what | select.POLLERR) for _, happened in poll.poll(LOOK_SECONDS * 1000))
