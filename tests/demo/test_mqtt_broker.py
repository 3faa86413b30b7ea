"""The embedded broker, spoken to by paho and by strangers."""

import socket
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTProtocolVersion

from ha_bridge.demo import mqtt_packets as wire
from ha_bridge.demo.mqtt_broker import MqttBroker
from tests.demo.paho_peer import V3, V5, PahoPeer
from tests.waiting import wait_for

Peers = Callable[..., PahoPeer]

VERSIONS = pytest.mark.parametrize("protocol", [V3, V5])


@pytest.fixture
def broker() -> Iterator[MqttBroker]:
    broker = MqttBroker()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def peers(broker: MqttBroker) -> Iterator[Peers]:
    """Make paho clients; they are closed after the test."""
    made: list[PahoPeer] = []

    def peer(
        client_id: str = "", *, protocol: MQTTProtocolVersion = V5, clean: bool = True, ack: bool = True
    ) -> PahoPeer:
        made.append(PahoPeer(broker.port, client_id, protocol=protocol, clean=clean, ack=ack))
        return made[-1]

    yield peer
    for each in made:
        each.close()


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1])
def test_what_one_client_publishes_another_gets(
    peers: Peers, protocol: MQTTProtocolVersion, qos: int
) -> None:
    reader = peers(protocol=protocol).connect()
    assert reader.subscribe("home/kitchen", qos) == [qos]
    peers(protocol=protocol).connect().publish("home/kitchen", "21.5", qos)
    assert reader.payloads(1) == ["21.5"]
    message = reader.messages[0]
    assert (message.topic, message.qos, message.retain, message.dup) == ("home/kitchen", qos, False, False)


def test_a_message_goes_out_with_the_lower_qos_of_the_two(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect()
    reader.subscribe("a", 1)
    reader.subscribe("b", 0)
    for topic in "ab":
        for qos in (0, 1):
            broker.publish(topic, f"{topic}{qos}", qos)
    reader.payloads(4)
    assert [(message.payload, message.qos) for message in reader.messages] == [
        (b"a0", 0),
        (b"a1", 1),
        (b"b0", 0),
        (b"b1", 0),
    ]


@pytest.mark.parametrize(
    ("topic_filter", "wanted"),
    [
        ("home/+/state", ["home/a/state"]),
        ("home/#", ["home", "home/a", "home/a/state"]),
        ("#", ["home", "home/a", "home/a/state", "/"]),
        ("+", ["home"]),
        ("+/+", ["home/a", "/"]),
        ("$SYS/#", ["$SYS/load"]),
        ("home", ["home"]),
    ],
)
def test_wildcards_want_what_the_standard_says(
    broker: MqttBroker, peers: Peers, topic_filter: str, wanted: list[str]
) -> None:
    reader = peers().connect()
    reader.subscribe(topic_filter)
    reader.subscribe("end")
    for topic in ("home", "home/a", "home/a/state", "/", "$SYS/load", "end"):
        broker.publish(topic, topic)
    wait_for(lambda: any(message.topic == "end" for message in reader.messages), what="the last message")
    assert [message.topic for message in reader.messages if message.topic != "end"] == wanted


@pytest.mark.parametrize(
    ("topic_filter", "code"),
    [("", 0x8F), ("a/#/b", 0x8F), ("a#", 0x8F), ("a+/b", 0x8F), ("$share/g/a", 0x9E)],
)
@VERSIONS
def test_what_is_no_filter_is_refused(
    broker: MqttBroker, protocol: MQTTProtocolVersion, topic_filter: str, code: int
) -> None:
    level = 5 if protocol == V5 else 4
    stranger = Stranger(broker.port, level)
    stranger.subscribe(topic_filter)
    assert stranger.packet().body[-1] == (code if level == 5 else 0x80)
    stranger.close()


def test_two_subscriptions_that_match_bring_the_message_once(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect()
    reader.subscribe("home/#", 0)
    reader.subscribe("home/a", 1)
    broker.publish("home/a", "one", 1)
    broker.publish("home/b", "two", 1)
    assert reader.payloads(2) == ["one", "two"]
    assert [message.qos for message in reader.messages] == [1, 0]


def test_after_unsubscribing_nothing_comes(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect()
    reader.subscribe("a")
    reader.subscribe("b")
    broker.publish("a", "before")
    reader.payloads(1)
    reader.unsubscribe("a")
    broker.publish("a", "after")
    broker.publish("b", "end")
    assert reader.payloads(2) == ["before", "end"]


@VERSIONS
def test_a_retained_message_waits_for_who_comes_later(peers: Peers, protocol: MQTTProtocolVersion) -> None:
    writer = peers(protocol=protocol).connect()
    writer.publish("home/a", "old", 1, retain=True)
    writer.publish("home/a", "kept", 1, retain=True)
    writer.publish("home/b", "wiped", 1, retain=True)
    writer.publish("home/b", "", 1, retain=True)
    reader = peers(protocol=protocol).connect()
    reader.subscribe("home/#", 1)
    writer.publish("home/a", "live", 1, retain=True)
    assert reader.payloads(2) == ["kept", "live"]
    assert [message.retain for message in reader.messages] == [True, False]


def test_the_options_of_a_subscription_are_kept_to(broker: MqttBroker, peers: Peers) -> None:
    broker.publish("a", "retained", retain=True)
    reader = peers("reader").connect()
    reader.subscribe("a", retainHandling=2)
    reader.subscribe("a", retainHandling=1)
    reader.subscribe("b", noLocal=True, retainAsPublished=True, retainHandling=1)
    reader.publish("b", "mine", 1)
    broker.publish("b", "theirs", retain=True)
    reader.subscribe("a", retainHandling=0)
    assert reader.payloads(2) == ["theirs", "retained"]
    assert [message.retain for message in reader.messages] == [True, True]


def test_a_new_subscription_may_ask_for_retained_messages_once(broker: MqttBroker, peers: Peers) -> None:
    broker.publish("a", "retained", retain=True)
    reader = peers().connect()
    reader.subscribe("a", retainHandling=1)
    reader.subscribe("a", retainHandling=1)
    broker.publish("a", "end")
    assert reader.payloads(2) == ["retained", "end"]


@VERSIONS
def test_a_persistent_session_gets_what_it_missed_and_what_it_did_not_acknowledge(
    broker: MqttBroker, peers: Peers, protocol: MQTTProtocolVersion
) -> None:
    first = peers("bridge", protocol=protocol, clean=False, ack=False)
    first.connect(**({"SessionExpiryInterval": 3600} if protocol == V5 else {}))
    assert first.connects == [(False, first.connects[0][1])]
    first.subscribe("home/#", 1)
    broker.publish("home/a", "1", 1)
    broker.publish("home/a", "2", 1)
    first.payloads(2)
    first.client.ack(first.messages[0].mid, 1)
    wait_for(lambda: broker.stats["in_flight"] == 1, what="the acknowledgement")
    first.vanish()
    wait_for(lambda: broker.stats["clients"] == 0, what="the broker to notice")
    broker.publish("home/a", "3", 1)
    broker.publish("home/a", "not kept", 0)
    second = peers("bridge", protocol=protocol, clean=False)
    second.connect(**({"SessionExpiryInterval": 3600} if protocol == V5 else {}))
    broker.publish("home/a", "4", 1)
    assert second.connects[0][0] is True
    assert second.payloads(3) == ["2", "3", "4"]
    assert [message.dup for message in second.messages] == [True, False, False]


def test_a_clean_start_forgets_the_session(broker: MqttBroker, peers: Peers) -> None:
    old = peers("bridge", clean=False).connect(SessionExpiryInterval=3600)
    old.subscribe("a", 1)
    old.close()
    fresh = peers("bridge", clean=True).connect()
    assert fresh.connects[0][0] is False
    assert broker.stats["subscriptions"] == 0


def test_a_session_expires() -> None:
    now = [0.0]
    broker = MqttBroker(clock=lambda: now[0])
    broker.start()
    for away, present in ((59, True), (61, False)):
        peer = PahoPeer(broker.port, "bridge", clean=False).connect(SessionExpiryInterval=60)
        peer.close()
        wait_for(lambda: broker.stats["clients"] == 0)
        now[0] += away
        again = PahoPeer(broker.port, "bridge", clean=False).connect(SessionExpiryInterval=60)
        assert again.connects[0][0] is present
        again.close()
        wait_for(lambda: broker.stats["clients"] == 0)
    broker.stop()


def test_a_session_without_expiry_ends_with_its_connection(broker: MqttBroker, peers: Peers) -> None:
    peer = peers("passer-by").connect()
    peer.subscribe("a")
    assert broker.stats["sessions"] == 1
    peer.close()
    wait_for(lambda: broker.stats["sessions"] == 0, what="the session to be forgotten")


def test_no_more_is_in_flight_than_the_client_takes(broker: MqttBroker, peers: Peers) -> None:
    reader = peers("bridge", clean=False, ack=False).connect(ReceiveMaximum=2, SessionExpiryInterval=60)
    reader.subscribe("a", 1)
    for number in range(4):
        broker.publish("a", str(number), 1)
    assert reader.payloads(2) == ["0", "1"]
    assert broker.backlog == 2
    reader.client.ack(reader.messages[0].mid, 1)
    assert reader.payloads(3) == ["0", "1", "2"]
    assert broker.backlog == 1


def test_a_client_that_comes_back_smaller_gets_no_more_than_it_takes(
    broker: MqttBroker, peers: Peers
) -> None:
    wide = peers("bridge", clean=False, ack=False).connect(ReceiveMaximum=10, SessionExpiryInterval=60)
    wide.subscribe("a", 1)
    for number in range(3):
        broker.publish("a", str(number), 1)
    wide.payloads(3)
    wide.vanish()
    narrow = peers("bridge", clean=False, ack=False).connect(ReceiveMaximum=1, SessionExpiryInterval=60)
    assert narrow.payloads(1) == ["0"]
    assert broker.backlog == 2
    narrow.client.ack(narrow.messages[0].mid, 1)
    assert narrow.payloads(2) == ["0", "1"]


def test_who_comes_with_the_same_name_takes_over(peers: Peers) -> None:
    first = peers("bridge").connect()
    second = peers("bridge").connect()
    wait_for(lambda: first.disconnects, what="the first to be sent away")
    assert first.disconnects[0].value == 0x8E
    assert not second.disconnects


def test_the_will_of_a_client_that_vanishes_is_done(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect()
    reader.subscribe("status")
    mortal, careful = peers(), peers(protocol=V3)
    for client in (mortal, careful):
        client.client.will_set("status", "gone", 1, retain=True)
        client.connect()
    careful.close()
    mortal.vanish()
    broker.publish("status", "end")
    assert sorted(reader.payloads(2)) == ["end", "gone"]
    assert broker.stats["retained"] == 1


def test_a_silent_client_is_given_up_and_its_will_done(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect()
    reader.subscribe("status")
    stranger = Stranger(broker.port, 5, keepalive=1, will=("status", "silent"))
    assert reader.payloads(1) == ["silent"]
    assert stranger.closed()


@VERSIONS
def test_credentials_are_checked(protocol: MQTTProtocolVersion) -> None:
    broker = MqttBroker(credentials=("ha", "secret"))
    broker.start()
    for password, welcome in (("secret", True), ("wrong", False)):
        peer = PahoPeer(broker.port, protocol=protocol)
        peer.client.username_pw_set("ha", password)
        peer.connect()
        assert [not reason.is_failure for _, reason in peer.connects] == [welcome]
        peer.close()
    broker.stop()


def test_a_client_without_a_name_is_given_one(broker: MqttBroker) -> None:
    named = Stranger(broker.port, 5, client_id="")
    assert b"auto-1" in named.connack.body
    refused = Stranger(broker.port, 4, client_id="", clean=False)
    assert refused.connack.body == b"\x00\x02"
    assert refused.closed()
    named.close()


def test_an_old_protocol_is_refused(broker: MqttBroker) -> None:
    ancient = Stranger(broker.port, 3, name="MQIsdp")
    assert ancient.connack.body == b"\x00\x01"
    assert ancient.closed()


def test_qos_2_is_refused_to_who_publishes_and_lowered_for_who_subscribes(peers: Peers) -> None:
    reader = peers().connect()
    assert reader.subscribe("a", 2) == [1]
    bold = Stranger(reader_port(reader), 5)
    bold.send(wire.packet(wire.PUBLISH, b"\0\1a\0\1\0x", 4))
    assert bold.packet() == wire.Packet(wire.DISCONNECT, 0, b"\x9b")
    assert bold.closed()


def test_a_message_too_large_for_a_client_is_not_sent_to_it(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect(MaximumPacketSize=100)
    reader.subscribe("a", 1)
    broker.publish("a", "x" * 200, 1)
    broker.publish("a", "small", 1)
    assert reader.payloads(1) == ["small"]
    assert broker.stats["dropped"] == 1


def test_beyond_its_limit_the_queue_of_a_client_drops() -> None:
    broker = MqttBroker(most=2)
    broker.start()
    peer = PahoPeer(broker.port, "bridge", clean=False).connect(SessionExpiryInterval=60)
    peer.subscribe("a", 1)
    peer.close()
    wait_for(lambda: broker.stats["clients"] == 0)
    for number in range(5):
        broker.publish("a", str(number), 1)
    assert (broker.stats["queued"], broker.stats["dropped"]) == (2, 3)
    broker.stop()


def test_a_half_open_broker_says_nothing_and_then_goes_on(broker: MqttBroker, peers: Peers) -> None:
    reader = peers().connect()
    reader.subscribe("a")
    broker.half_open()
    stranger = Stranger(broker.port, 5, answered=False)
    broker.publish("a", "late")
    stranger.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        stranger.socket.recv(1)
    assert reader.messages == []
    broker.answer_again()
    assert reader.payloads(1) == ["late"]
    stranger.close()


def test_dropped_clients_find_their_session_again(broker: MqttBroker, peers: Peers) -> None:
    peer = peers("bridge", clean=False).connect(SessionExpiryInterval=60)
    broker.half_open()
    broker.publish("nobody", "x")
    broker.drop_clients()
    wait_for(lambda: peer.disconnects, what="the client to notice")
    broker.answer_again()
    again = peers("bridge", clean=False).connect(SessionExpiryInterval=60)
    assert again.connects[0][0] is True


def test_a_restarted_broker_remembers(broker: MqttBroker, peers: Peers) -> None:
    broker.publish("a", "kept", retain=True)
    peer = peers().connect()
    port = broker.port
    broker.stop()
    wait_for(lambda: peer.disconnects, what="the goodbye")
    assert peer.disconnects[0].value == 0x8B
    broker.start()
    assert broker.port == port
    reader = peers().connect()
    reader.subscribe("a")
    assert reader.payloads(1) == ["kept"]
    assert broker.stats["connections"] == 2


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: a.friendly.and.rather.long.name.example\r\nAccept: */*\r\n\r\n",
        b"\x10\xff\xff\xff\xff\x01",
        b"\x10\xff\xff\xff\x7f",
        b"\x10\x02\x00\x04",
        b"\xc0\x00",
        b"\x10\x00",
        b"\x10\x06\x00\x04\xff\xff\xff\xff",
    ],
)
def test_who_does_not_begin_with_connect_is_cut_off(broker: MqttBroker, garbage: bytes) -> None:
    raw = socket.create_connection(("127.0.0.1", broker.port), 10)
    raw.sendall(garbage)
    assert raw.recv(100) == b""
    raw.close()


@pytest.mark.parametrize(
    ("kind", "flags", "body", "code"),
    [
        (wire.CONNECT, 0, b"\0\4MQTT\5\2\0\0\0\0\0", 0x82),
        (wire.SUBSCRIBE, 0, b"\0\1\0\0\1a\0", 0x81),
        (wire.SUBSCRIBE, 2, b"\0\1\0", 0x82),
        (wire.SUBSCRIBE, 2, b"\0\1\0\0\1a\3", 0x81),
        (wire.SUBSCRIBE, 2, b"\0\1\0\0\1\xff\0", 0x81),
        (wire.SUBSCRIBE, 2, b"\0\1\0\0\1\0\0", 0x81),
        (wire.SUBSCRIBE, 2, b"\0\1\2\x7e\0\0\1a\0", 0x81),
        (wire.SUBSCRIBE, 2, b"\0\1\x80", 0x81),
        (wire.PUBLISH, 0, b"\0\1+\0x", 0x90),
        (wire.PUBLISH, 2, b"\0\1a", 0x81),
        (15, 0, b"", 0x82),
        (wire.PUBACK, 0, b"\0", 0x81),
    ],
)
def test_who_breaks_the_protocol_is_told_and_cut_off(
    broker: MqttBroker, kind: int, flags: int, body: bytes, code: int
) -> None:
    stranger = Stranger(broker.port, 5)
    stranger.send(wire.packet(kind, body, flags))
    assert stranger.packet() == wire.Packet(wire.DISCONNECT, 0, bytes([code]))
    assert stranger.closed()


def test_a_receive_maximum_of_nothing_is_an_error(broker: MqttBroker) -> None:
    stranger = Stranger(broker.port, 5, properties=b"\x21\0\0", answered=False)
    assert stranger.closed()


def test_properties_of_every_type_are_read_over(broker: MqttBroker) -> None:
    properties = b"\x26\0\1k\0\1v" + b"\x15\0\1m" + b"\x16\0\1d" + b"\x17\1" + b"\x0b\x81\1"
    stranger = Stranger(broker.port, 5, properties=properties)
    stranger.send(wire.packet(wire.PINGREQ, b""))
    assert stranger.packet() == wire.Packet(wire.PINGRESP, 0, b"")
    stranger.send(wire.packet(wire.UNSUBSCRIBE, b"\0\7\0\0\1a", 2))
    assert stranger.packet() == wire.Packet(wire.UNSUBACK, 0, b"\0\7\0\x11")
    stranger.close()


def test_a_session_can_be_given_up_at_the_end(broker: MqttBroker) -> None:
    stranger = Stranger(broker.port, 5, properties=b"\x11\0\0\0\x3c")
    stranger.send(wire.packet(wire.DISCONNECT, b"\0\5\x11\0\0\0\0"))
    assert stranger.closed()
    wait_for(lambda: broker.stats["sessions"] == 0, what="the session to end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(min_size=1, max_size=60), known=st.booleans())
def test_garbage_hurts_nobody_else(broker: MqttBroker, garbage: bytes, known: bool) -> None:
    raw = Stranger(broker.port, 5).socket if known else socket.create_connection(("127.0.0.1", broker.port))
    raw.sendall(garbage)
    raw.close()
    witness = Stranger(broker.port, 4, client_id="witness")
    witness.send(wire.packet(wire.PINGREQ, b""))
    assert witness.packet().kind == wire.PINGRESP
    witness.close()


def reader_port(peer: PahoPeer) -> int:
    return peer.client.port


class Stranger:
    """A client that says exactly what it is told to, on a bare socket."""

    def __init__(
        self,
        port: int,
        level: int,
        *,
        client_id: str = "stranger",
        clean: bool = True,
        keepalive: int = 0,
        properties: bytes = b"",
        will: tuple[str, str] | None = None,
        name: str = "MQTT",
        answered: bool = True,
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self._level = level
        self._reader = wire.PacketReader()
        self._packets: list[wire.Packet] = []
        flags = clean << 1 | (will is not None) << 2
        body = _text(name) + bytes([level, flags]) + keepalive.to_bytes(2, "big")
        if level == 5:
            body += bytes([len(properties)]) + properties
        body += _text(client_id)
        if will is not None:
            body += (b"\0" if level == 5 else b"") + _text(will[0]) + _text(will[1])
        self.send(wire.packet(wire.CONNECT, body))
        if answered:
            self.connack = self.packet()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def subscribe(self, topic_filter: str) -> None:
        body = b"\0\1" + (b"\0" if self._level == 5 else b"") + _text(topic_filter) + b"\0"
        self.send(wire.packet(wire.SUBSCRIBE, body, 2))

    def packet(self) -> wire.Packet:
        while not self._packets:
            data = self.socket.recv(1000)
            assert data, "closed"
            self._packets += self._reader.feed(data)
        return self._packets.pop(0)

    def closed(self) -> bool:
        """Wait for the broker to hang up."""
        return self.socket.recv(1000) == b""

    def close(self) -> None:
        self.socket.close()


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()
