"""Home Assistant's WebSocket API on a loopback port, for the demo, the benchmarks and the tests."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from ha_bridge.demo.gate import listen
from ha_bridge.demo.hass import Hass, News
from ha_bridge.demo.hass_client import Client
from ha_bridge.demo.hass_session import Session
from ha_bridge.demo.states import Change, Fired

PATH = "/api/websocket"
HEARTBEAT = 55.0

# How long a client on the same machine may take to hang up.
CLOSE_SECONDS = 0.2

# A client that goes away in the middle of a handshake is no news here.
_LOG = logging.getLogger("ha_bridge.demo.websockets")
_LOG.setLevel(logging.CRITICAL)


class HassServer:
    """Serves a Hass. `port` 0 takes a free one, which `port` then names; a stopped server may be started again."""

    def __init__(
        self,
        hass: Hass | None = None,
        port: int = 0,
        token: str = "simulated",  # noqa: S107 - opens nothing but a simulation
        *,
        auth_timeout: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.hass = hass or Hass()
        self.port = port
        self.token = token
        self.accepted = 0
        self._auth_timeout = auth_timeout
        self._clock = clock
        self._lock = threading.RLock()
        self._clients: set[Client] = set()
        self._gate = threading.Event()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the home is, as a user would type it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    @property
    def connections(self) -> int:
        """Clients that are connected and have said who they are."""
        with self._lock:
            return sum(client.session.authenticated for client in self._clients)

    @property
    def backlog(self) -> int:
        """Messages queued for the slowest client."""
        with self._lock:
            return max((len(client.outbox) for client in self._clients), default=0)

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._gate.set()
        listener = listen(self.port, self._gate)
        self.port = listener.getsockname()[1]
        self._server = serve(
            self._converse,
            sock=listener,
            compression=None,
            process_request=_only_the_api,
            ping_interval=HEARTBEAT,
            ping_timeout=HEARTBEAT / 2,
            close_timeout=CLOSE_SECONDS,
            max_size=2**22,
            logger=_LOG,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="hass-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to the clients and close the port."""
        self._gate.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server = self._thread = None

    def publish(self, changes: Sequence[Change]) -> None:
        """Remember changes and tell every subscriber."""
        news = News(changes)
        with self._lock:
            self.hass.apply(changes)
            for client in self._clients:
                client.tell(client.session.news(news))

    def set_state(
        self,
        entity_id: str,
        state: str,
        attributes: Mapping[str, Any] | None = None,
        user_id: str | None = None,
    ) -> None:
        """Set a state as HA's REST API does for a user; the same state again says nothing."""
        now = self._clock()
        with self._lock:
            context = self.hass.contexts.new(now, user_id=user_id)
            change = self.hass.states.set(entity_id, state, attributes or {}, now, context)
            self.publish([] if change is None else [change])

    def remove(self, entity_id: str) -> None:
        now = self._clock()
        with self._lock:
            change = self.hass.states.remove(entity_id, now, self.hass.contexts.new(now))
            self.publish([] if change is None else [change])

    def fire(
        self, event_type: str, data: Mapping[str, Any] | None = None, user_id: str | None = None
    ) -> None:
        now = self._clock()
        with self._lock:
            context = self.hass.contexts.new(now, user_id=user_id)
            self.publish([Fired(event_type, data or {}, now, context)])

    def starting(self) -> None:
        """Answer as a Home Assistant that is not ready yet."""
        self.hass.state = "NOT_RUNNING"

    def started(self) -> None:
        """Be ready, and say so."""
        self.hass.state = "RUNNING"
        self.fire("homeassistant_started")

    def half_open(self) -> None:
        """Keep every socket open and say nothing any more, not even a pong, until `answer_again`."""
        self._gate.clear()

    def answer_again(self) -> None:
        self._gate.set()

    def drop_clients(self) -> None:
        """Cut every connection without a goodbye."""
        with self._lock:
            for client in self._clients:
                client.cut()

    def _converse(self, connection: ServerConnection) -> None:
        client = Client(connection, Session(self.hass, self.token))
        with self._lock:
            self.accepted += 1
            self._clients.add(client)
        try:
            client.converse(self._receive, self._auth_timeout)
        finally:
            with self._lock:
                self._clients.discard(client)

    def _receive(self, client: Client, frame: str | bytes) -> bool:
        """Answer a frame. Under the lock, so that no change falls between a snapshot and what follows it."""
        with self._lock:
            reply = client.session.receive(frame, self._clock())
            client.tell(reply.messages)
        return not reply.closes


def _only_the_api(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == PATH:
        return None
    return connection.respond(404, "404: Not Found")
