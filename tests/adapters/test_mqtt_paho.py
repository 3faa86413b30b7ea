"""The adapter against a broker that does what the real ones seldom do; tests/system has the real one."""

import logging
import re
import socket
import struct
import threading
from collections.abc import Callable
from functools import partial

import pytest

from ha_bridge.adapters.mqtt_client import PahoClient
from ha_bridge.adapters.mqtt_paho import MAXIMUM_PACKET, MqttPaho, Protocol
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.ports import MqttMessage
from tests.adapters.mqtt_script import (
    CONNECT,
    DISCONNECT,
    PUBACK,
    Connection,
    ScriptedBroker,
    connack,
    listen,
    packet,
    publish,
    text,
    version,
)
from tests.waiting import wait_for

NOW = 1_700_000_000_000_000


class Ear:
    """Hears what the adapter says, and from which thread."""

    def __init__(self) -> None:
        self.messages: list[MqttMessage] = []
        self.losses: list[str] = []
        self.threads: set[str] = set()

    def message(self, message: MqttMessage) -> None:
        self.messages.append(message)
        self.threads.add(threading.current_thread().name)

    def lost(self, reason: str) -> None:
        self.losses.append(reason)

    def wait_lost(self) -> str:
        wait_for(lambda: self.losses, what="the loss")
        return self.losses[0]


@pytest.fixture
def ear() -> Ear:
    return Ear()


def paho(
    port: int,
    protocol: Protocol = "auto",
    timeout: float = 5,
    keepalive: float = 60,
    session_expiry: float = 3600,
    receive_maximum: int = 77,
) -> MqttPaho:
    return MqttPaho(
        "127.0.0.1",
        port,
        client_id="me",
        protocol=protocol,
        keepalive=keepalive,
        session_expiry=session_expiry,
        receive_maximum=receive_maximum,
        timeout=timeout,
        micros=lambda: NOW,
    )


def opened(paho: MqttPaho, ear: Ear, **subscriptions: int) -> PahoClient:
    return paho(subscriptions or {"a/#": 1}, ear.message, ear.lost)


def let_in(connection: Connection, *, session_present: bool = False) -> bytes:
    """Welcome and subscribe a client that asks for one topic at QoS 1, then return its CONNECT."""
    connect = connection.welcome(session_present=session_present)
    if version(connect) == 5:
        connection.grant(0)
    connection.grant(1, five=version(connect) == 5)
    return connect


def serve(connection: Connection) -> None:
    let_in(connection)
    listen(connection)


def test_a_session_is_resumed_and_kept(ear: Ear) -> None:
    heard: list[bytes] = []

    def script(connection: Connection) -> None:
        heard.append(let_in(connection, session_present=True))
        listen(connection)

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port, keepalive=33.4), ear)
        assert client.session_present
        client.close()
    properties = b"\x11" + struct.pack("!I", 3600) + b"\x21" + struct.pack("!H", 77)
    properties += b"\x27" + struct.pack("!I", MAXIMUM_PACKET)
    clean_start_off = b"\0"
    assert heard == [
        text(b"MQTT")
        + b"\5"
        + clean_start_off
        + struct.pack("!H", 33)
        + bytes([len(properties)])
        + properties
        + text(b"me")
    ]


def test_the_older_protocol_resumes_its_session_too(ear: Ear) -> None:
    heard: list[bytes] = []

    def script(connection: Connection) -> None:
        heard.append(let_in(connection))
        listen(connection)

    with ScriptedBroker(script) as broker:
        client = MqttPaho(
            "127.0.0.1", broker.port, client_id="me", username="u", password="p", protocol="3.1.1"
        )({"a/#": 1}, ear.message, ear.lost)
        assert not client.session_present
        client.close()
    assert heard == [
        text(b"MQTT") + b"\4\xc0" + struct.pack("!H", 60) + text(b"me") + text(b"u") + text(b"p")
    ]


def test_what_is_kept_is_asked_for_at_qos_0_and_only_the_first_time(ear: Ear) -> None:
    asked: list[list[bytes]] = []

    def script(connection: Connection, *, session_present: bool, requests: int) -> None:
        connection.welcome(session_present=session_present)
        asked.append([connection.grant(1, 1)[3:] for _ in range(requests)])
        listen(connection)

    scripts = [
        partial(script, session_present=kept, requests=2 - late)
        for kept, late in ((True, 0), (True, 1), (False, 0))
    ]
    with ScriptedBroker(*scripts) as broker:
        opener = paho(broker.port)
        for _ in scripts:
            opened(opener, ear, a=1, b=0).close()
    both_kept_at_qos_0 = text(b"a") + b"\x00" + text(b"b") + b"\x00"
    raised_without_kept = text(b"a") + b"\x21"
    both_if_new = text(b"a") + b"\x11" + text(b"b") + b"\x10"
    assert asked == [
        [both_kept_at_qos_0, raised_without_kept],
        [both_if_new],
        [both_kept_at_qos_0, raised_without_kept],
    ]


def test_messages_that_come_before_the_subscription_come_first_and_from_the_clients_thread(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome(session_present=True)
        connection.send(publish(b"a/1", b"early", 7))
        connection.grant(0)
        connection.grant(1)
        connection.send(publish(b"a/2", b"late"))
        listen(connection)

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear)
        wait_for(lambda: len(ear.messages) == 2, what="both messages")
        client.close()
    early = MqttMessage("a/1", b"early", 1, retain=False, dup=False, mid=7, received=NOW)
    late = MqttMessage("a/2", b"late", 0, retain=False, dup=False, mid=0, received=NOW)
    assert ear.messages == [early, late]
    assert ear.threads == {"mqtt"}


def test_acknowledgements_go_out_in_order_before_the_goodbye(ear: Ear) -> None:
    heard: list[bytes] = []

    def script(connection: Connection) -> None:
        let_in(connection)
        heard.extend(connection.expect(PUBACK) for _ in range(3))
        heard.append(connection.expect(DISCONNECT))

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear)
        for mid in (3, 1, 2):
            client.acknowledge(mid, 1)
        client.close()
        wait_for(lambda: len(heard) == 4, what="the goodbye")
    assert heard == [b"\0\3", b"\0\1", b"\0\2", b""]
    assert ear.losses == []


@pytest.mark.parametrize(
    ("code", "failure", "words"),
    [
        (0x80, Lost, "Unspecified error"),
        (0x85, Refused, "mqtt.client_id"),
        (0x86, Refused, "mqtt.username and mqtt.password"),
        (0x87, Refused, "mqtt.username and mqtt.password"),
        (0x88, Lost, "Server unavailable"),
        (0x89, Lost, "Server busy"),
        (0x8A, Refused, "banned"),
        (0x9D, Refused, "mqtt.host"),
    ],
)
def test_a_refusal_says_how_it_is_mended(ear: Ear, code: int, failure: type[Exception], words: str) -> None:
    def script(connection: Connection) -> None:
        connection.send(connack(connection.expect(CONNECT), code))

    with ScriptedBroker(script) as broker:
        with pytest.raises(failure, match=words) as raised:
            opened(paho(broker.port), ear)
        assert str(raised.value).startswith(f"MQTT broker 127.0.0.1:{broker.port} ")
        assert broker.served == 1


@pytest.mark.parametrize(
    ("code", "failure"), [(2, Refused), (3, Lost), (4, Refused), (5, Refused), (99, Lost)]
)
def test_the_older_protocols_refusals_are_understood(ear: Ear, code: int, failure: type[Exception]) -> None:
    def script(connection: Connection) -> None:
        connection.send(connack(connection.expect(CONNECT), code))

    with ScriptedBroker(script) as broker, pytest.raises(failure):
        opened(paho(broker.port, "3.1.1"), ear)


def no_five(connection: Connection, answer: bytes | None = None) -> None:
    """Serve 3.1.1 only, and tell those who speak 5 so, or nothing."""
    connect = connection.expect(CONNECT)
    if version(connect) == 5:
        connection.send(answer or b"")
        return
    connection.send(connack(connect, 0))
    connection.grant(1, five=False)
    listen(connection)


@pytest.mark.parametrize("answer", [packet(0x20, b"\0\x84\0"), packet(0x20, b"\0\1")])
def test_a_broker_that_does_not_speak_5_is_spoken_to_in_the_older_protocol_and_remembered(
    ear: Ear, answer: bytes
) -> None:
    with ScriptedBroker(partial(no_five, answer=answer)) as broker:
        opener = paho(broker.port)
        for served in (2, 3):
            opened(opener, ear).close()
            assert broker.served == served


def test_a_broker_that_hangs_up_on_5_may_have_had_other_reasons(ear: Ear) -> None:
    with ScriptedBroker(no_five) as broker:
        opener = paho(broker.port)
        for served in (2, 4):
            opened(opener, ear).close()
            assert broker.served == served


def test_a_protocol_that_was_asked_for_is_not_changed(ear: Ear) -> None:
    with ScriptedBroker(partial(no_five, answer=packet(0x20, b"\0\x84\0"))) as broker:
        with pytest.raises(Refused, match=r'mqtt\.protocol = "auto"'):
            opened(paho(broker.port, "5"), ear)
        assert broker.served == 1


def test_a_broker_that_hangs_up_on_everything_is_lost(ear: Ear) -> None:
    with ScriptedBroker(lambda connection: connection.hang_up()) as broker:
        with pytest.raises(Lost, match=r"without an answer to MQTT 3\.1\.1"):
            opened(paho(broker.port), ear)
        assert broker.served == 2


@pytest.mark.parametrize("welcome", [False, True])
def test_a_silent_broker_is_not_waited_for_longer_than_the_timeout(ear: Ear, *, welcome: bool) -> None:
    def script(connection: Connection) -> None:
        if welcome:
            connection.welcome()
        listen(connection)

    with ScriptedBroker(script) as broker, pytest.raises(Lost, match=r"no answer from .* within 0\.2 s"):
        opened(paho(broker.port, timeout=0.2), ear)


def test_a_broker_that_has_much_to_tell_first_is_waited_for(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0)
        for _ in range(6):
            connection.send(publish(b"a/b", b"kept"))
            threading.Event().wait(0.2)  # longer together than the timeout
        connection.grant(1)
        listen(connection)

    with ScriptedBroker(script) as broker:
        opened(paho(broker.port, timeout=1), ear).close()


def test_a_broker_that_is_lost_while_subscribing_is_lost(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()

    with ScriptedBroker(script) as broker, pytest.raises(Lost, match="broke off"):
        opened(paho(broker.port), ear)


def test_nobody_listening_is_lost(ear: Ear) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Lost, match="connection refused"):
        opened(paho(port), ear)


def test_an_unknown_name_is_lost(ear: Ear) -> None:
    opener = MqttPaho("broker.invalid", client_id="me", timeout=5)
    with pytest.raises(Lost, match=r"broker\.invalid:1883: its name cannot be resolved"):
        opened(opener, ear)


def test_a_name_that_cannot_be_one_is_lost(ear: Ear) -> None:
    with pytest.raises(Lost, match="Invalid host"):
        opened(MqttPaho("", client_id="me"), ear)


def test_a_refused_subscription_names_its_topic(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0, 0x87)
        connection.grant(1, 0x87)

    with (
        ScriptedBroker(script) as broker,
        pytest.raises(Refused, match=r"'b' \(Not authorized\): allow") as raised,
    ):
        opened(paho(broker.port), ear, a=1, b=1)
    assert "'a'" not in str(raised.value)


def test_the_older_protocols_refused_subscription_names_its_topic(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0x80, five=False)

    with ScriptedBroker(script) as broker, pytest.raises(Refused, match=r"'a' \(Unspecified error\): allow"):
        opened(paho(broker.port, "3.1.1"), ear, a=1)


def test_a_lowered_qos_is_logged(ear: Ear, caplog: pytest.LogCaptureFixture) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0)
        connection.grant(0)
        listen(connection)

    with ScriptedBroker(script) as broker, caplog.at_level(logging.WARNING, "ha_bridge.mqtt"):
        opened(paho(broker.port), ear, a=1).close()
    assert [(record.getMessage(), record.__dict__["topic"]) for record in caplog.records] == [
        ("QoS lowered", "a")
    ]


def test_nothing_needs_to_be_subscribed_to(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        listen(connection)

    with ScriptedBroker(script) as broker:
        paho(broker.port)({}, ear.message, ear.lost).close()


@pytest.mark.parametrize(
    ("last_words", "reason"),
    [
        (b"", "the connection to .* broke off"),
        (packet(0xE0), "ended the connection, saying 'Normal disconnection'"),
        (packet(0xE0, b"\x8e"), "'Session taken over'; another client uses the same id"),
        (packet(0xE0, b"\x8b\0"), "'Server shutting down'$"),
        (packet(0xF0), "sent what is no MQTT"),
        (packet(0x32, b"\xff\xff"), "sent what is no MQTT"),
    ],
)
def test_a_loss_is_told_once_with_its_reason(ear: Ear, last_words: bytes, reason: str) -> None:
    def script(connection: Connection) -> None:
        let_in(connection)
        connection.send(last_words)

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear)
        told = ear.wait_lost()
        client.acknowledge(1, 1)
        client.close()
        client.close()
    assert re.search(reason, told)
    assert len(ear.losses) == 1


def test_a_broker_that_does_not_answer_pings_is_lost(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        let_in(connection)
        while True:
            connection.read()

    with ScriptedBroker(script) as broker:
        opened(paho(broker.port, keepalive=1), ear)
        assert "has not answered for too long" in ear.wait_lost()


def test_pings_keep_a_quiet_connection(ear: Ear) -> None:
    pings: list[int] = []

    def script(connection: Connection) -> None:
        let_in(connection)
        while True:
            pings.append(connection.read().kind)
            connection.send(packet(0xD0))

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port, keepalive=1), ear)
        wait_for(lambda: len(pings) >= 2, what="two pings")
        client.close()
    assert ear.losses == []


def test_an_error_in_the_callback_ends_the_connection_and_is_told(ear: Ear) -> None:
    def fail(_message: MqttMessage) -> None:
        raise KeyError("oops")

    def script(connection: Connection) -> None:
        let_in(connection)
        connection.send(publish(b"a", b"x") * 3)
        listen(connection)

    with ScriptedBroker(script) as broker:
        paho(broker.port)({"a": 1}, fail, ear.lost)
        assert ear.wait_lost() == "reading from the MQTT broker failed: KeyError: 'oops'"
        wait_for(lambda: not alive("mqtt"), what="the thread to end")
    assert len(ear.losses) == 1


def alive(name: str) -> bool:
    return any(thread.name == name for thread in threading.enumerate())


@pytest.mark.parametrize("callback", ["message", "lost"])
def test_a_client_may_be_closed_from_its_own_callbacks(ear: Ear, callback: str) -> None:
    box: list[PahoClient] = []
    ready = threading.Event()

    def close(*_: object) -> None:
        ready.wait(5)
        box[0].close()

    def script(connection: Connection) -> None:
        let_in(connection)
        connection.send(publish(b"a", b"x"))
        if callback == "message":
            listen(connection)

    on_message: Callable[[MqttMessage], None] = close if callback == "message" else ear.message
    on_lost: Callable[[str], None] = close if callback == "lost" else ear.lost
    with ScriptedBroker(script) as broker:
        box.append(paho(broker.port)({"a": 1}, on_message, on_lost))
        ready.set()
        wait_for(lambda: not alive("mqtt"), what="the thread to end")
    assert ear.losses == []


def test_closing_does_not_wait_for_a_broker_that_takes_nothing(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        let_in(connection)
        over.wait(30)

    over = threading.Event()
    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear)
        tcp = client._client.socket()
        assert isinstance(tcp, socket.socket)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(200_000):
            client.acknowledge(1, 1)
        client.close()
        assert client._client.want_write()
        wait_for(lambda: not alive("mqtt"), what="the thread to end")
        over.set()
    assert ear.losses == []


def test_a_topic_that_is_no_utf8_is_delivered_as_well_as_can_be(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        let_in(connection)
        connection.send(publish(b"a/\xff", b"x", 1))
        listen(connection)

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear)
        wait_for(lambda: ear.messages, what="the message")
        client.close()
    assert ear.messages[0].topic == "a/\ufffd"


def test_a_burst_is_delivered_whole(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        let_in(connection)
        for _ in range(20):
            connection.send(publish(b"a", b"x") * 100)
        listen(connection)

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear)
        wait_for(lambda: len(ear.messages) == 2000, what="2000 messages")
        client.close()
