"""The HTTP endpoints as a supervised part."""

from collections.abc import Callable
from typing import Any

from actors.worker import Post, Worker
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.ports import Server


class WebServer(Worker):
    """Opens the server, and ends when it does."""

    def __init__(self, post: Post, open_server: Callable[[], Server]) -> None:
        super().__init__(post)
        self._open = open_server
        self._server: Server | None = None

    def setup(self) -> None:
        self._server = self._open()
        self.log.info("listening", extra={"url": self._server.url})

    def handle(self, message: Any) -> None:
        """It gets none but ticks."""

    def tick(self, now: float) -> None:
        del now
        if self._server is not None and not self._server.running:
            raise Lost("the web server has ended")

    def teardown(self) -> None:
        if self._server is not None:
            self._server.close()
