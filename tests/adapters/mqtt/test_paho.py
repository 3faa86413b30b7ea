"""Connecting to brokers that do what the real ones seldom do; tests/system has the real one."""

import socket
import struct
import threading
from functools import partial

import pytest

from ha_bridge.adapters.mqtt.paho import MAXIMUM_PACKET, MqttPaho
from ha_bridge.domain.failures import Lost, Refused
from tests.adapters.mqtt.ear import Ear, let_in, opened, paho
from tests.adapters.mqtt.script import (
    CONNECT,
    Connection,
    ScriptedBroker,
    connack,
    listen,
    packet,
    publish,
    text,
    version,
)


@pytest.fixture
def ear() -> Ear:
    return Ear()


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
