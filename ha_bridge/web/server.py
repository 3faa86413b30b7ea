"""Flask's application served by waitress."""

import threading
from typing import Any

from flask import Flask
from waitress.server import create_server

from ha_bridge.domain.failures import Lost

THREADS = 2
"""Enough for Prometheus and a browser; each costs memory on a Pi."""


class WebServer:
    """Listens from the start of its life until `close`. Port 0 takes any free one; `url` names it."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        try:
            self._server = create_server(
                app,
                host=host,
                port=port,
                threads=THREADS,
                ident="ha-bridge",
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise Lost(
                f"cannot listen on {host}:{port}: {error.strerror}; set web.port or web.host to a free one"
            ) from error
        self.url = f"http://{host}:{_port(self._server)}"
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self._server.close()
        self._thread.join(timeout=1)


def _port(server: Any) -> int:
    # A name with several addresses makes a server with several sockets, all of one port.
    listening: list[tuple[str, int]] = getattr(server, "effective_listen", [])
    return listening[0][1] if listening else int(server.effective_port)
