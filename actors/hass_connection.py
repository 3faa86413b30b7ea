"""The WebSocket road: Home Assistant's event bus."""

from collections.abc import Callable, Sequence
from typing import Any

from actors.address import Address
from actors.messages import Checkpoint, CheckpointWanted, Covered, GapRecorded, Missed
from actors.source import Source
from actors.worker import Post
from ha_bridge.domain.coverage import Coverage
from ha_bridge.domain.events import StateEvent, Unreadable
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.hass.protocol import HassProtocol
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.ports import Socket, SocketOpener
from ha_bridge.domain.supervision import ChildState

FRAME = "WebSocket message"
SAY_EVERY = 1.0
"""Seconds between two words to the journal."""


class HassConnection(Source[bytes]):
    """Opens the socket, feeds the protocol, sends on what it makes of the frames.

    The coverage outlives this actor. It tells the journal how far it goes and what was missed. `keep_registry`: have what
    the registries say outlive the process; raises Unavailable.
    """

    def __init__(
        self,
        post: Post,
        intake: Intake,
        downstream: Address,
        journal: Address,
        open_socket: SocketOpener,
        make_protocol: Callable[[], HassProtocol],
        coverage: Coverage,
        keep_registry: Callable[[], None],
    ) -> None:
        super().__init__(post, intake, downstream, journal)
        self.state = ChildState.STARTING
        self._open = open_socket
        self._protocol = make_protocol()
        self._socket: Socket | None = None
        self._coverage = coverage
        self._keep_registry = keep_registry
        self._covered = 0
        self._say_at = 0.0

    def setup(self) -> None:
        self._coverage.connected()
        self._say_coverage()
        with self.post.call:
            self._socket = self._open(self.arrived, self.lost)
        self.resend()

    def size(self, raw: bytes) -> int:
        return len(raw)

    def take(self, raw: Sequence[bytes]) -> None:
        received = self.post.clock.micros()
        try:
            events = self._protocol.receive(raw, self.post.clock.monotonic(), received)
        finally:
            self._speak()
        self.send_unreadable([Unreadable(received, FRAME, b"", text) for text in self._protocol.problems])
        self._protocol.problems.clear()
        kept = self.send(events)
        self._coverage.heard(events, vanished=self._protocol.vanished)
        if len(kept) < len(events):
            self._coverage.shed(events[len(kept) :], self.post.clock.monotonic())
        self._update_state()

    def handle(self, message: Any) -> None:
        match message:
            case Checkpoint():
                self._coverage.begin(message.until)
            case GapRecorded():
                self._coverage.recorded(message.gap)
            case _:
                super().handle(message)

    def tick(self, now: float) -> None:
        super().tick(now)
        if now >= self._say_at:
            self._say_at = now + SAY_EVERY
            self._coverage.tick(now)
            self._say_coverage()
            self._keep()
        self._protocol.tick(now)
        self._speak()
        self._update_state()

    def teardown(self) -> None:
        self._say_coverage()
        self._keep()
        if self._socket is not None:
            self._socket.close()

    def _say_coverage(self) -> None:
        """Say what the journal has not confirmed, as often as it takes: it may have been restarted meanwhile."""
        if not self._coverage.begun:
            self.journal.tell(CheckpointWanted())
        for gap in self._coverage.missed:
            self.journal.tell(Missed(gap))
        until = self._coverage.checkpoint(self._oldest_unsettled())
        if until != self._covered:
            self._covered = until
            self.journal.tell(Covered(until))

    def _keep(self) -> None:
        try:
            self._keep_registry()
        except Unavailable as error:
            self.log.warning("registries not kept", extra={"reason": str(error)})

    def _oldest_unsettled(self) -> int | None:
        times = (each.time for each in self.intake.waiting if isinstance(each, StateEvent) and each.timed)
        return next(times, None)

    def _speak(self) -> None:
        for frame in self._protocol.outgoing():
            assert self._socket is not None  # noqa: S101 - nothing is received before it is open
            with self.post.call:
                self._socket.send(frame)

    def _update_state(self) -> None:
        if not self._protocol.live:
            return
        if self.state is ChildState.STARTING:
            self.log.info("connected", extra={"version": self._protocol.ha_version})
        self.reason = self._protocol.note
        self.state = ChildState.DEGRADED if self.reason else ChildState.UP
