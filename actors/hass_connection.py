"""The WebSocket road: Home Assistant's event bus."""

from collections.abc import Callable, Sequence

from actors.address import Address
from actors.source import Source
from actors.worker import Post
from ha_bridge.domain.events import Unreadable
from ha_bridge.domain.hass.protocol import HassProtocol
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.ports import Socket, SocketOpener
from ha_bridge.domain.supervision import ChildState

FRAME = "WebSocket message"


class HassConnection(Source[bytes]):
    """Opens the socket, feeds the protocol, sends on what it makes of the frames."""

    def __init__(
        self,
        post: Post,
        intake: Intake,
        downstream: Address,
        journal: Address,
        open_socket: SocketOpener,
        make_protocol: Callable[[], HassProtocol],
    ) -> None:
        super().__init__(post, intake, downstream, journal)
        self.state = ChildState.STARTING
        self._open = open_socket
        self._protocol = make_protocol()
        self._socket: Socket | None = None

    def setup(self) -> None:
        self._socket = self._open(self.arrived, self.lost)
        self.resend()

    def take(self, raw: Sequence[bytes]) -> None:
        received = self.post.clock.micros()
        try:
            events = self._protocol.receive(raw, self.post.clock.monotonic(), received)
        finally:
            self._speak()
        self.send_unreadable([Unreadable(received, FRAME, b"", text) for text in self._protocol.problems])
        self._protocol.problems.clear()
        self.send(events)
        self._update_state()

    def tick(self, now: float) -> None:
        super().tick(now)
        self._protocol.tick(now)
        self._speak()
        self._update_state()

    def teardown(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _speak(self) -> None:
        for frame in self._protocol.outgoing():
            assert self._socket is not None  # noqa: S101 - nothing is received before it is open
            self._socket.send(frame)

    def _update_state(self) -> None:
        if not self._protocol.live:
            return
        if self.state is ChildState.STARTING:
            self.log.info("connected", extra={"version": self._protocol.ha_version})
        self.reason = self._protocol.note
        self.state = ChildState.DEGRADED if self.reason else ChildState.UP
