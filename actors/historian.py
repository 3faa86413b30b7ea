"""The third road: what Home Assistant's recorder remembers of the time when nobody listened."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from actors.address import Address
from actors.messages import GapFilled, GapsOpen, GapsWanted
from actors.source import Source
from actors.worker import Post
from ha_bridge.domain.agenda import Agenda
from ha_bridge.domain.events import Event, Unreadable
from ha_bridge.domain.hass.history import REST_SECONDS, HistoryProtocol
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.ports import Socket, SocketOpener
from ha_bridge.domain.records import Gap
from ha_bridge.domain.times import iso_of_micros

FRAME = "history message"
ASK_AGAIN = 5.0
"""Seconds between two questions which gaps are open, until the journal answers, and that none is which was filled."""
TELL_EVERY = 10.0
"""Seconds between two words on how far a gap has come: each is written to disk, and a crash only costs this much work."""


class Historian(Source[bytes]):
    """Fills one gap after the other, and is connected only while there is one to fill.

    It is the last to be served: it asks for more only when all that it has sent down is settled, which also means that
    a gap has come as far as the protocol says. `known` gives entities that Home Assistant may have no more.
    """

    def __init__(
        self,
        post: Post,
        intake: Intake,
        downstream: Address,
        journal: Address,
        open_socket: SocketOpener,
        make_protocol: Callable[[], HistoryProtocol],
        known: Callable[[], Iterable[str]],
        delay: float,
    ) -> None:
        super().__init__(post, intake, downstream, journal)
        self._open = open_socket
        self._make_protocol = make_protocol
        self._known = known
        self._agenda = Agenda(delay)
        self._protocol: HistoryProtocol | None = None
        self._socket: Socket | None = None
        self._pending: list[Event] = []  # known, and not sent down yet
        self._told: Gap | None = None
        self._doing = ""
        self._answered = False
        self._ask_at = 0.0
        self._tell_at = 0.0

    def setup(self) -> None:
        self.resend()

    def handle(self, message: Any) -> None:
        if isinstance(message, GapsOpen):
            self._answered = True
            for gap in self._agenda.told(message.gaps, self.post.clock.monotonic()):
                self.journal.tell(GapFilled(gap))
        else:
            super().handle(message)

    def size(self, raw: bytes) -> int:
        return len(raw)

    def take(self, raw: Sequence[bytes]) -> None:
        protocol = self._protocol
        if protocol is None:
            return
        try:
            self._pending += protocol.receive(raw, self.post.clock.monotonic())
        finally:
            self._speak(protocol)
        received = self.post.clock.micros()
        self.send_unreadable([Unreadable(received, FRAME, b"", text) for text in protocol.problems])
        protocol.problems.clear()
        self.reason = protocol.note or self._doing
        self._step()

    def settled(self, seqs: Sequence[int]) -> None:
        del seqs
        self._step()

    def tick(self, now: float) -> None:
        super().tick(now)
        if now >= self._ask_at and (self._agenda.unconfirmed or not self._answered):
            self._ask_at = now + ASK_AGAIN
            self.journal.tell(GapsWanted())
        if self._protocol is not None:
            self._protocol.tick(now)
            self._speak(self._protocol)
        self._step()

    def finish(self) -> None:
        """What was not sent down yet stays in the gap."""
        self._disconnect()

    def teardown(self) -> None:
        self._disconnect()

    def _step(self) -> None:
        """Do what comes next, unless something has to come first."""
        now = self.post.clock.monotonic()
        if self._quiet or self.intake.waiting:
            return
        protocol = self._protocol
        if protocol is None:
            self._connect(now)
        elif not protocol.busy:
            self._go_on(protocol, now)

    def _connect(self, now: float) -> None:
        """Connect if there is a gap to fill."""
        gap = self._agenda.next(now)
        if gap is not None:
            with self.post.call:
                self._socket = self._open(self.arrived, self.lost)
            self._protocol = self._make_protocol()
            self._fill(self._protocol, gap)

    def _go_on(self, protocol: HistoryProtocol, now: float) -> None:
        """Send what has gathered when it is enough or nothing is to be asked; else ask for more."""
        enough = 2 * len(self._pending) >= self.intake.limit
        if enough or (self._pending and not protocol.asks_by(now + REST_SECONDS)):
            self.send(self._pending[: self.intake.limit], sheddable=False)
            del self._pending[: self.intake.limit]
            return
        if not self._pending and protocol.gap is not None:
            self._say_progress(protocol, protocol.gap, now)
        if protocol is self._protocol and protocol.ready(now):
            protocol.ask(now)
            self._speak(protocol)

    def _say_progress(self, protocol: HistoryProtocol, gap: Gap, now: float) -> None:
        """All that the protocol has told is settled: so far has the gap come."""
        if gap.closed or (gap != self._told and now >= self._tell_at):
            self._tell_at = now + TELL_EVERY
            self._told = gap
            self.journal.tell(GapFilled(gap))
        if gap.closed:
            self._close(protocol, gap, now)

    def _close(self, protocol: HistoryProtocol, gap: Gap, now: float) -> None:
        self.log.info("gap filled", extra={"start": gap.start, "end": gap.end, "note": gap.note})
        self._agenda.filled(gap)
        following = self._agenda.next(now)
        if following is None:
            self._disconnect()
        else:
            self._fill(protocol, following)

    def _fill(self, protocol: HistoryProtocol, gap: Gap) -> None:
        self._told = gap
        self.reason = self._doing = f"filling the gap after {iso_of_micros(gap.filled)}"
        protocol.fill(gap, self._known())

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = self._protocol = None
        self._pending = []
        self.reason = self._doing = ""

    def _speak(self, protocol: HistoryProtocol) -> None:
        for frame in protocol.outgoing():
            assert self._socket is not None  # noqa: S101 - it is asked for nothing before it is open
            with self.post.call:
                self._socket.send(frame)
