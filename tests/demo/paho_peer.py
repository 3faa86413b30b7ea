"""A paho client with an inbox: what the embedded broker is tested against."""

import socket
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.waiting import wait_for

V3, V5 = MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5


class PahoPeer:
    """Made, perhaps given a will or a password, then connected. `ack` False leaves messages unacknowledged."""

    def __init__(
        self,
        port: int,
        client_id: str = "",
        *,
        protocol: MQTTProtocolVersion = V5,
        clean: bool = True,
        ack: bool = True,
    ) -> None:
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=clean if protocol == V3 else None,
            protocol=protocol,
            manual_ack=not ack,
            reconnect_on_failure=False,
        )
        self.messages: list[MQTTMessage] = []
        self.connects: list[tuple[bool, Any]] = []
        self.disconnects: list[Any] = []
        self.subscribed: dict[int | None, list[int]] = {}
        self._port = port
        self._clean = clean
        self.client.on_message = lambda _, __, message: self.messages.append(message)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda _, __, ___, reason, ____: self.disconnects.append(reason)
        self.client.on_subscribe = self._on_subscribe

    def connect(self, *, keepalive: int = 60, **properties: int) -> "PahoPeer":
        """Connect and wait for the answer. Properties by paho's names, such as SessionExpiryInterval."""
        if self.client.protocol == V5:
            packed = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            for name, value in properties.items():
                setattr(packed, name, value)
            self.client.connect(
                "127.0.0.1", self._port, keepalive, clean_start=self._clean, properties=packed
            )
        else:
            self.client.connect("127.0.0.1", self._port, keepalive)
        self.client.loop_start()
        wait_for(lambda: self.connects or self.disconnects, what="an answer to CONNECT")
        return self

    def subscribe(self, topic_filter: str, qos: int = 0, **options: Any) -> list[int]:
        """Subscribe, wait for the answer and return its codes. Options as in SubscribeOptions."""
        if self.client.protocol == V5:
            _, mid = self.client.subscribe(topic_filter, options=SubscribeOptions(qos, **options))
        else:
            _, mid = self.client.subscribe(topic_filter, qos)
        return wait_for(lambda: self.subscribed.get(mid), what="SUBACK")

    def unsubscribe(self, topic_filter: str) -> None:
        done: list[int] = []
        self.client.on_unsubscribe = lambda *_: done.append(1)
        self.client.unsubscribe(topic_filter)
        wait_for(lambda: done, what="UNSUBACK")

    def publish(self, topic: str, payload: str, qos: int = 0, *, retain: bool = False) -> None:
        """Publish, and with QoS 1 wait for the acknowledgement."""
        self.client.publish(topic, payload, qos, retain).wait_for_publish(10)

    def payloads(self, count: int) -> list[str]:
        """Wait for that many messages and return what all say."""
        wait_for(lambda: len(self.messages) >= count, what=f"{count} messages")
        return [message.payload.decode() for message in self.messages]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """Go without a word."""
        sock = self.client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: self.disconnects, what="paho to notice")
        self.client.loop_stop()

    def _on_connect(self, _: Any, __: Any, flags: Any, reason: Any, ___: Any) -> None:
        self.connects.append((flags.session_present, reason))

    def _on_subscribe(self, _: Any, __: Any, mid: int, codes: Any, ___: Any) -> None:
        self.subscribed[mid] = [code.value for code in codes]
