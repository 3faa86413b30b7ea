"""A client connected to the simulated Home Assistant: one thread reads, one sends, a queue between them."""

import threading
import time
from collections.abc import Callable, Sequence

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from ha_bridge.demo.gate import GatedSocket
from ha_bridge.demo.hass_session import AUTH_REQUIRED, Session
from ha_bridge.demo.outbox import Outbox


class Client:
    """A connected client: this thread reads, one of its own sends, and the server tells it the news."""

    def __init__(self, connection: ServerConnection, session: Session) -> None:
        self.session = session
        self.outbox = Outbox()
        self._connection = connection
        self._sender = threading.Thread(target=self._send, name="hass-sender")

    def converse(self, receive: Callable[["Client", str | bytes], bool], auth_timeout: float) -> None:
        """Talk until the client is gone, `receive` says that it is over, or it has not said who it is in time."""
        self._sender.start()
        try:
            self.tell([AUTH_REQUIRED])
            if receive(self, self._connection.recv(timeout=auth_timeout)):
                while receive(self, self._connection.recv()):
                    pass
        except (ConnectionClosed, TimeoutError):
            pass
        finally:
            self.outbox.close()
            self._sender.join()

    def tell(self, messages: Sequence[bytes]) -> None:
        """Queue messages; a client that does not keep up is cut off."""
        if messages and not self.outbox.put(messages, time.monotonic()):
            self.cut()

    def cut(self) -> None:
        """End the connection without a goodbye."""
        self.outbox.close(discard=True)
        if isinstance(self._connection.socket, GatedSocket):
            self._connection.socket.cut()

    def _send(self) -> None:
        try:
            while messages := self.outbox.take(everything=self.session.coalesces):
                frame = messages[0] if len(messages) == 1 else b"[%b]" % b",".join(messages)
                self._connection.send(frame, text=True)
        except (ConnectionClosed, OSError):
            self.outbox.close(discard=True)
