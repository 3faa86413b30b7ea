"""Somebody who publishes, and the adapter with what it hears."""

from collections.abc import Mapping
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ha_bridge.adapters.mqtt.client import PahoClient
from ha_bridge.adapters.mqtt.paho import MqttPaho, Protocol
from ha_bridge.domain.ports import MqttMessage
from tests.system.servers import Mosquitto
from tests.system.servers.process import HOST
from tests.waiting import wait_for

SYNC = "sync"


class Publisher:
    """Somebody else on the broker."""

    def __init__(self, port: int) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def publish(self, topic: str, *payloads: str, qos: int = 1, retain: bool = False) -> None:
        """Return when the broker has them all."""
        infos = [self._client.publish(topic, payload, qos, retain) for payload in payloads]
        for info in infos:
            info.wait_for_publish(10)
            assert info.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Ear:
    """One connection's messages and losses."""

    def __init__(self, opener: MqttPaho, subscriptions: Mapping[str, int]) -> None:
        self.messages: list[MqttMessage] = []
        self.losses: list[str] = []
        self.client: PahoClient = opener(subscriptions, self.messages.append, self.losses.append)

    def wait(self, number: int) -> list[MqttMessage]:
        wait_for(lambda: len(self.messages) >= number, what=f"{number} messages")
        return self.messages[:number]

    def wait_lost(self) -> str:
        wait_for(lambda: self.losses, what="the loss")
        return self.losses[0]

    def acknowledge(self, *messages: MqttMessage) -> None:
        for message in messages:
            self.client.acknowledge(message.mid, message.qos)

    def wait_for_broker(self, publisher: Publisher) -> list[MqttMessage]:
        """All that the broker had to send so far, for which `sync` must be subscribed to."""
        publisher.publish(SYNC, SYNC, qos=0)
        wait_for(lambda: any(message.topic == SYNC for message in self.messages), what="the broker's answer")
        return [message for message in self.messages if message.topic != SYNC]

    def say(self, topic: str) -> None:
        """Publish something, which the broker hears after all that was asked of it before."""
        self.client._client.publish(topic, topic, qos=1)

    def hears_itself(self) -> bool:
        """Whether what it publishes on `sync` comes back."""
        self.say(SYNC)
        return self.wait(1)[0].topic == SYNC


def opener(broker: Mosquitto, protocol: Protocol = "auto", host: str = HOST, **options: Any) -> MqttPaho:
    return MqttPaho(host, broker.port, client_id="me", protocol=protocol, **options)
