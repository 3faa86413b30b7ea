"""A connected client: messages, acknowledgements, losses, and leaving."""

import re
import socket
import threading
from collections.abc import Callable

import pytest

from ha_bridge.adapters.mqtt.client import PahoClient
from ha_bridge.domain.ports import MqttMessage
from tests.adapters.mqtt.ear import NOW, Ear, let_in, opened, paho
from tests.adapters.mqtt.script import (
    DISCONNECT,
    PUBACK,
    Connection,
    ScriptedBroker,
    listen,
    packet,
    publish,
)
from tests.waiting import wait_for


@pytest.fixture
def ear() -> Ear:
    return Ear()


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


@pytest.mark.parametrize("kind", [KeyError, SystemExit])
def test_an_error_in_the_callback_ends_the_connection_and_is_told(
    ear: Ear, kind: type[BaseException]
) -> None:
    def fail(_message: MqttMessage) -> None:
        raise kind("oops")

    def script(connection: Connection) -> None:
        let_in(connection)
        connection.send(publish(b"a", b"x") * 3)
        listen(connection)

    with ScriptedBroker(script) as broker:
        paho(broker.port)({"a": 1}, fail, ear.lost)
        assert ear.wait_lost() == f"reading from the MQTT broker failed: {kind.__name__}: {kind('oops')}"
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
