"""The acknowledgements against a broker that keeps to the specification, and a bridge that loses its mind at times."""

from collections import deque
from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from ha_bridge.domain.ports import MqttMessage
from tests.domain.mqtt.messages import message

WINDOW = 8


def arrive(acknowledgements: Acknowledgements, mid: int, payload: str = "x", *, dup: bool = False) -> int:
    token = acknowledgements.arrived(message("t", payload, mid=mid, dup=dup))
    assert token is not None
    return token


def fresh() -> Acknowledgements:
    acknowledgements = Acknowledgements(WINDOW)
    acknowledgements.connected(session_present=False)
    return acknowledgements


def reconnected(acknowledgements: Acknowledgements, *, session_present: bool = True) -> None:
    acknowledgements.disconnected()
    acknowledgements.disconnected()
    acknowledgements.connected(session_present=session_present)


def test_messages_are_acknowledged_in_order_of_arrival() -> None:
    acknowledgements = fresh()
    for mid in (1, 2, 3):
        acknowledgements.bind([arrive(acknowledgements, mid)], seq=mid)
    acknowledgements.settled([3, 2])
    assert acknowledgements.take() == []
    assert acknowledgements.waiting == 3
    acknowledgements.settled([1, 99])
    assert acknowledgements.take() == [(1, 1), (2, 1), (3, 1)]
    assert acknowledgements.take() == []
    assert acknowledgements.waiting == 0


def test_what_has_nothing_to_settle_is_acknowledged_when_its_turn_comes() -> None:
    acknowledgements = fresh()
    first, second = arrive(acknowledgements, 1), arrive(acknowledgements, 2)
    acknowledgements.done([second])
    assert acknowledgements.take() == []
    acknowledgements.done([first])
    assert acknowledgements.take() == [(1, 1), (2, 1)]


def test_several_messages_may_settle_with_one_event() -> None:
    acknowledgements = fresh()
    acknowledgements.bind([arrive(acknowledgements, 1), arrive(acknowledgements, 2)], seq=5)
    acknowledgements.settled([5])
    assert acknowledgements.take() == [(1, 1), (2, 1)]


def test_qos_0_wants_no_acknowledgement() -> None:
    acknowledgements = fresh()
    token = acknowledgements.arrived(message("t", qos=0, mid=0))
    assert token is not None
    assert not acknowledgements.owes([token])
    acknowledgements.bind([token], seq=1)
    acknowledgements.done([token])
    acknowledgements.settled([1])
    assert acknowledgements.take() == []


def test_a_message_is_owed_an_acknowledgement_until_its_fate_is_tied_to_an_event() -> None:
    acknowledgements = fresh()
    token = arrive(acknowledgements, 1)
    assert acknowledgements.owes([0, token])
    acknowledgements.bind([token], seq=1)
    assert not acknowledgements.owes([token])


def test_what_is_on_its_way_is_not_read_again_and_acknowledged_when_it_settles() -> None:
    acknowledgements = fresh()
    acknowledgements.bind([arrive(acknowledgements, 1)], seq=1)
    reconnected(acknowledgements)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    assert acknowledgements.take() == []
    acknowledgements.settled([1])
    assert acknowledgements.take() == [(1, 1)]


def test_what_settled_while_disconnected_is_acknowledged_when_it_comes_again() -> None:
    acknowledgements = fresh()
    acknowledgements.bind([arrive(acknowledgements, 1)], seq=1)
    acknowledgements.disconnected()
    acknowledgements.settled([1])
    assert acknowledgements.take() == []
    acknowledgements.connected(session_present=True)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    assert acknowledgements.take() == [(1, 1)]


def test_a_lost_acknowledgement_is_given_again() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1)])
    assert acknowledgements.take() == [(1, 1)]
    reconnected(acknowledgements)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    assert acknowledgements.take() == [(1, 1)]


def test_lost_acknowledgements_are_remembered_up_to_the_window() -> None:
    acknowledgements = fresh()
    for mid in range(1, WINDOW + 2):
        acknowledgements.done([arrive(acknowledgements, mid)])
    acknowledgements.take()
    reconnected(acknowledgements)
    for mid in range(2, WINDOW + 2):
        assert acknowledgements.arrived(message("t", "x", mid=mid, dup=True)) is None
    arrive(acknowledgements, 1, dup=True)


def test_lost_acknowledgements_are_those_of_the_first_messages_sent_again() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1), arrive(acknowledgements, 2)])
    acknowledgements.take()
    reconnected(acknowledgements)
    arrive(acknowledgements, 3)
    arrive(acknowledgements, 1, dup=True)
    reconnected(acknowledgements)
    arrive(acknowledgements, 2, dup=True)


def test_another_message_under_a_known_id_is_read() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1)])
    acknowledgements.take()
    acknowledgements.bind([arrive(acknowledgements, 2)], seq=2)
    reconnected(acknowledgements)
    for arrived in (
        message("t", "y", mid=1, dup=True),
        message("u", "x", mid=2, dup=True),
        message("t", "x", mid=1),
    ):
        assert acknowledgements.arrived(arrived) is not None


def test_a_message_that_is_sent_again_on_the_same_connection_is_acknowledged_once() -> None:
    acknowledgements = fresh()
    acknowledgements.bind([arrive(acknowledgements, 1)], seq=1)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    acknowledgements.settled([1])
    assert acknowledgements.take() == [(1, 1)]


def test_an_id_given_to_two_messages_is_acknowledged_for_each() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1), arrive(acknowledgements, 1, "other")])
    assert acknowledgements.take() == [(1, 1), (1, 1)]


def test_a_forgotten_session_wants_no_acknowledgements() -> None:
    acknowledgements = fresh()
    acknowledgements.bind([arrive(acknowledgements, 1)], seq=1)
    acknowledgements.done([arrive(acknowledgements, 2)])
    reconnected(acknowledgements, session_present=False)
    acknowledgements.settled([1])
    assert acknowledgements.take() == []
    arrive(acknowledgements, 1, dup=True)
    arrive(acknowledgements, 2, dup=True)


def test_what_nobody_has_read_is_read_when_it_comes_again() -> None:
    acknowledgements = fresh()
    arrive(acknowledgements, 1)
    acknowledgements.bind([arrive(acknowledgements, 2)], seq=2)
    acknowledgements.disconnected()
    arrive(acknowledgements, 3)
    arrive(acknowledgements, 3, "other")
    acknowledgements.disconnected()
    acknowledgements.forget_unread()
    acknowledgements.connected(session_present=True)
    arrive(acknowledgements, 1, dup=True)
    assert acknowledgements.arrived(message("t", "x", mid=2, dup=True)) is None


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
