"""Sockets whose sending can be held up: the peer sees a server that is there and says nothing."""

import contextlib
import socket
import threading
from typing import Any

POLL_SECONDS = 0.05


class GatedSocket(socket.socket):
    """Sends while its gate is open, waits while it is closed. `cut` ends it at once, without a goodbye."""

    gate: threading.Event
    is_cut = False

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        while not self.gate.wait(POLL_SECONDS):
            if self.is_cut:
                raise BrokenPipeError("cut")
        super().sendall(data, flags)

    def cut(self) -> None:
        self.is_cut = True
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)


class GatedListener(socket.socket):
    """Listens on 127.0.0.1; all the sockets it accepts share one gate."""

    gate: threading.Event

    def accept(self) -> tuple[GatedSocket, Any]:
        plain, address = super().accept()
        accepted = GatedSocket(fileno=plain.detach())
        accepted.gate = self.gate
        return accepted, address


def listen(port: int, gate: threading.Event) -> GatedListener:
    """Listen on a given port, or on a free one for 0. Raises OSError."""
    plain = socket.create_server(("127.0.0.1", port))
    listener = GatedListener(fileno=plain.detach())
    listener.gate = gate
    return listener
