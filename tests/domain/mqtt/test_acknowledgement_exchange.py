"""The acknowledgements against a broker that keeps to the specification, and connections that are lost at any time."""

from collections import deque
from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from ha_bridge.domain.ports import MqttMessage
from tests.domain.mqtt.messages import message

WINDOW = 8


class Broker:
    """One session: messages in order, message ids from the lowest free one, unacknowledged ones sent again."""

    def __init__(self) -> None:
        self.queue: deque[str] = deque()
        self.unacknowledged: dict[int, str] = {}
        self.acknowledged: list[str] = []
        self.connected = False

    def send(self) -> MqttMessage:
        mid = next(mid for mid in range(1, 99) if mid not in self.unacknowledged)
        self.unacknowledged[mid] = self.queue.popleft()
        return message("t", self.unacknowledged[mid], mid=mid)

    def send_again(self) -> list[MqttMessage]:
        return [message("t", payload, mid=mid, dup=True) for mid, payload in self.unacknowledged.items()]

    def acknowledge(self, mid: int) -> None:
        self.acknowledged.append(self.unacknowledged.pop(mid))


class Exchange(RuleBasedStateMachine):
    """Nothing is acknowledged before it is settled, everything is in the end, in order, and nothing is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledgements = Acknowledgements(WINDOW)
        self.broker = Broker()
        self.read: list[str] = []
        self.held: dict[int, str] = {}  # read, and not yet an event
        self.settling: dict[int, list[str]] = {}
        self.settled: set[str] = set()
        self.published = 0
        self.seq = 0
        self.order: list[int] = []  # arrived on this connection
        self.session_kept = True
        self.connect()

    def connect(self) -> None:
        self.acknowledgements.connected(session_present=self.session_kept)
        self.broker.connected = True
        self.order = []
        if not self.session_kept:
            self.broker.unacknowledged.clear()
            self.broker.queue.clear()
            self.session_kept = True
        for sent in self.broker.send_again():
            self.arrive(sent)

    def arrive(self, sent: MqttMessage) -> None:
        self.order.append(sent.mid)
        payload = sent.payload.decode()
        token = self.acknowledgements.arrived(sent)
        if token is None:
            assert payload in self.read
        else:
            assert payload not in self.read
            self.read.append(payload)
            self.held[token] = payload

    @precondition(lambda self: self.broker.connected)
    @rule(number=st.integers(1, WINDOW))
    def publish(self, number: int) -> None:
        for _ in range(number):
            self.published += 1
            self.broker.queue.append(str(self.published))
        while self.broker.queue and len(self.broker.unacknowledged) < WINDOW:
            self.arrive(self.broker.send())

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def bind(self, data: st.DataObject) -> None:
        tokens = data.draw(st.lists(st.sampled_from(sorted(self.held)), min_size=1, unique=True))
        self.seq += 1
        self.settling[self.seq] = [self.held.pop(token) for token in tokens]
        self.acknowledgements.bind(tokens, self.seq)
        self.acknowledgements.done(tokens)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.held)))
        self.settled.add(self.held.pop(token))
        self.acknowledgements.done([token])

    @precondition(lambda self: self.settling)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        seqs = data.draw(st.lists(st.sampled_from(sorted(self.settling)), min_size=1, unique=True))
        for seq in seqs:
            self.settled.update(self.settling.pop(seq))
        self.acknowledgements.settled(seqs)

    @rule(lost_after=st.integers(0, WINDOW))
    def take(self, lost_after: int) -> None:
        """Acknowledge, of which the last may be lost together with the connection."""
        taken = self.acknowledgements.take()
        if not self.broker.connected:
            assert taken == []
            return
        self.deliver(taken[:lost_after])
        if len(taken) > lost_after:
            self.disconnect()

    def deliver(self, taken: Sequence[tuple[int, int]]) -> None:
        for mid, qos in taken:
            assert qos == 1
            assert self.broker.unacknowledged[mid] in self.settled
            assert mid == self.order.pop(0)
            self.broker.acknowledge(mid)

    @precondition(lambda self: self.broker.connected)
    @rule()
    def disconnect(self) -> None:
        self.broker.connected = False
        self.acknowledgements.disconnected()

    @precondition(lambda self: not self.broker.connected)
    @rule(kept=st.sampled_from([True, True, True, False]))
    def reconnect(self, *, kept: bool) -> None:
        self.session_kept = kept
        self.connect()

    @invariant()
    def as_many_wait_as_the_broker_thinks(self) -> None:
        if self.broker.connected:
            assert self.acknowledgements.waiting == len(self.broker.unacknowledged)

    def teardown(self) -> None:
        if not self.broker.connected:
            self.connect()
        self.settled.update(self.held.values())
        self.acknowledgements.done(self.held)
        self.settled.update(*self.settling.values())
        self.acknowledgements.settled(self.settling)
        self.deliver(self.acknowledgements.take())
        assert not self.broker.unacknowledged


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=200, stateful_step_count=40)
