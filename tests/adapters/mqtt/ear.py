"""The adapter at a scripted broker, and what it says."""

import threading

from ha_bridge.adapters.mqtt.client import PahoClient
from ha_bridge.adapters.mqtt.paho import MqttPaho, Protocol
from ha_bridge.domain.ports import MqttMessage
from tests.adapters.mqtt.script import Connection, version
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
