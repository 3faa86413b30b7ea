"""The MQTT road."""

from collections.abc import Callable, Collection, Sequence

from actors.address import Address
from actors.source import Source
from actors.worker import Post
from ha_bridge.domain.events import Event, Unreadable
from ha_bridge.domain.failures import Lost, Unavailable
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from ha_bridge.domain.mqtt.reader import MqttReader, Observed
from ha_bridge.domain.ports import MqttClient, MqttMessage, MqttOpener
from ha_bridge.domain.records import DeadLetter, Stage
from ha_bridge.domain.supervision import ChildState

MOST_RAW = 65536
"""Bytes of an unreadable payload that are kept; who sends more is not helped by all of it."""

STUCK_SECONDS = 6.0
ASK_AGAIN = 300.0
"""Seconds after which the broker is asked once more for what it refuses, on a connection of its own."""


class MqttConnection(Source[MqttMessage]):
    """Reads messages into events and acknowledges, in order of arrival, only what is settled.

    Reader and acknowledgements outlive this actor: what was on its way when the connection was lost is not read again
    when the broker sends it again. `keep_subscribed`: have what the broker was asked for outlive the process; raises
    Unavailable.
    """

    def __init__(
        self,
        post: Post,
        intake: Intake,
        downstream: Address,
        journal: Address,
        open_client: MqttOpener,
        reader: MqttReader,
        acknowledgements: Acknowledgements,
        keep_subscribed: Callable[[Collection[str]], None],
    ) -> None:
        super().__init__(post, intake, downstream, journal)
        self._open = open_client
        self._reader = reader
        self._acknowledgements = acknowledgements
        self._keep_subscribed = keep_subscribed
        self._client: MqttClient | None = None
        self._late = False
        self._since = 0.0

    def setup(self) -> None:
        self._forget_connection()
        wanted = self._reader.subscriptions
        self._keep()
        with self.post.call:
            self._client = self._open(wanted, self.arrived, self.lost)
        present = self._client.session_present
        self._acknowledgements.connected(session_present=present)
        self._since = self.post.clock.monotonic()
        self._reader.resume(self._since)
        self.log.info("connected", extra={"session_present": present})
        self.resend()

    def size(self, raw: MqttMessage) -> int:
        return len(raw.topic) + len(raw.payload)

    def take(self, raw: Sequence[MqttMessage]) -> None:
        now = self.post.clock.monotonic()
        observed: list[Observed] = []
        for message in raw:
            token = self._acknowledgements.arrived(message)
            if token is not None:
                observed += self._reader.read(message, token, now)
        self._observe(observed)
        self._acknowledge()
        self._subscribe()

    def tick(self, now: float) -> None:
        super().tick(now)
        self._watch(now)
        self._observe(self._reader.due(now))
        self._acknowledge()
        self._subscribe()
        self._ask_again(now)
        self._say_what_is_missing()

    def finish(self) -> None:
        """What is half told and acknowledged by nobody is told whole after the next start."""
        rest = self._reader.due(float("inf"))
        self._observe([each for each in rest if not self._acknowledgements.owes(each.tokens)])

    def is_pressed(self) -> bool:
        window = self._client.window if self._client is not None else self.intake.limit
        return super().is_pressed() or 2 * self._acknowledgements.waiting >= window

    def settled(self, seqs: Sequence[int]) -> None:
        self._acknowledgements.settled(seqs)
        self._acknowledge()

    def teardown(self) -> None:
        if self._client is not None:
            self._client.close()

    def _forget_connection(self) -> None:
        # A predecessor that crashed may have left messages that it never read: they must be read when they come again.
        self._acknowledgements.disconnected()
        self._observe(self._reader.broken_off())
        self._acknowledgements.forget_unread(self._reader.half_told())

    def replay(self, letter: DeadLetter) -> range:
        if letter.stage is not Stage.READ:
            return super().replay(letter)
        message = MqttMessage(
            letter.about, letter.raw, 0, retain=False, dup=False, mid=0, received=letter.time
        )
        observed = map(_with_event, self._reader.read(message, 0, self.post.clock.monotonic()))
        return self.send(_events(list(observed)), sheddable=False)

    def _observe(self, observed: Sequence[Observed]) -> None:
        owed: list[Observed] = []
        sheddable: list[Observed] = []
        for each in map(_with_event, observed):
            if each.event is None:
                self._acknowledgements.done(each.tokens)
            elif self._acknowledgements.owes(each.tokens):
                owed.append(each)
            else:
                sheddable.append(each)
        self._bind(owed)
        self.send(_events(sheddable))

    def _bind(self, observed: Sequence[Observed]) -> None:
        for seq, each in zip(self.send(_events(observed), sheddable=False), observed, strict=True):
            self._acknowledgements.bind(each.tokens, seq)
        for each in observed:
            self._acknowledgements.done(each.tokens)

    def _acknowledge(self) -> None:
        if self._client is not None:
            for mid, qos in self._acknowledgements.take():
                self._client.acknowledge(mid, qos)

    def _watch(self, now: float) -> None:
        """Find a client whose thread hangs, at the second look: after a pause of the whole process it needs a moment."""
        late = self._client is not None and now - self._client.turned > STUCK_SECONDS
        if late and self._late:
            raise Lost("the thread of the MQTT client hangs")
        self._late = late

    def _subscribe(self) -> None:
        """Entities that were discovered, or are gone, change what there is to listen to."""
        changes = self._reader.changes()
        if changes is not None and self._client is not None:
            self._client.subscribe(changes.wanted, changes.unwanted)
            self._keep()

    def _keep(self) -> None:
        try:
            self._keep_subscribed(self._reader.subscribed)
        except Unavailable as error:
            self.log.warning("subscriptions not kept", extra={"reason": str(error)})

    def _refusal(self) -> str:
        return self._client.refusal if self._client is not None else ""

    def _ask_again(self, now: float) -> None:
        if now - self._since > ASK_AGAIN and (refusal := self._refusal()):
            raise Lost(refusal)

    def _say_what_is_missing(self) -> None:
        for note in self._reader.notes():
            self.log.warning("left out", extra={"what": note})
        left_out, refusal = self._reader.left_out, self._refusal()
        said = f"{left_out} discovered entities are left out, see the log" if left_out else ""
        self.reason = "; ".join(filter(None, (refusal, said)))
        self.state = ChildState.DEGRADED if refusal else ChildState.UP


def _with_event(observed: Observed) -> Observed:
    """What could not be read is an event too."""
    message = observed.message
    if message is None:
        return observed
    event = Unreadable(message.received, message.topic, message.payload[:MOST_RAW], observed.problem)
    return Observed(observed.tokens, event)


def _events(observed: Sequence[Observed]) -> list[Event]:
    return [each.event for each in observed if each.event is not None]
