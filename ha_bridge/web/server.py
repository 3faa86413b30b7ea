"""Flask's application served by waitress."""

import socket
import threading
from contextlib import suppress
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import close_all

from ha_bridge.domain.failures import Lost

THREADS = 2
"""Enough for Prometheus and a browser; each costs memory on a Pi."""


class WebServer:
    """Listens from the start of its life until `close`. Port 0 takes any free one; `url` names it."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        listening = _listen(host, port)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            app, map=self._sockets, sockets=[listening], threads=THREADS, ident="ha-bridge"
        )
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        # Within its own loop, which would else notice only at its next timeout.
        # It may do so for another reason before the pull, and its end is then gone.
        with suppress(OSError):
            self._server.trigger.pull_trigger(lambda: close_all(self._sockets))
        self._thread.join(timeout=2)
        self._server.task_dispatcher.shutdown()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise Lost(
            f"cannot listen on {host}:{port}: {error.strerror}; set web.host and web.port to a free address"
        ) from error
