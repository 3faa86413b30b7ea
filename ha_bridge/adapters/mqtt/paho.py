"""Connections to an MQTT broker, on paho-mqtt and a thread of our own."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Literal

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ha_bridge.adapters.mqtt.client import OnLost, OnMessage, PahoClient
from ha_bridge.adapters.mqtt.link import Connack, Link
from ha_bridge.adapters.mqtt.refusals import UNSUPPORTED_VERSION, of_connack, of_error
from ha_bridge.adapters.mqtt.subscribing import plain_requests, requests, subscribe
from ha_bridge.adapters.mqtt.tls import MqttTls
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.ports import MqttMessage

Protocol = Literal["auto", "5", "3.1.1"]

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
VERSIONS: Mapping[Protocol, tuple[MQTTProtocolVersion, ...]] = {
    "auto": (V5, V311),
    "5": (V5,),
    "3.1.1": (V311,),
}
NAMES = {V5: "5", V311: "3.1.1"}
WINDOW_311 = 20  # before MQTT 5 the broker decides; this is Mosquitto's default max_inflight_messages
MAXIMUM_PACKET = 16 * 1024 * 1024  # bytes; an MQTT 5 broker keeps longer ones to itself

log = logging.getLogger("ha_bridge.mqtt")


class _OtherVersion(Refused):
    """The broker does not speak this version of MQTT."""


class _NoAnswer(Lost):
    """The broker ended the connection before it answered, as some do to a version that they do not know."""


def _micros() -> int:
    return time.time_ns() // 1000


class MqttPaho:
    """Opens connections to one broker (ports.MqttOpener), each resuming the session of the one before.

    Times are in seconds: `keepalive`, `session_expiry` (how long the broker keeps what we miss; MQTT 5 only) and
    `timeout` (until a connection is made, and without news until it is subscribed). `receive_maximum`: how many
    messages may be unacknowledged (MQTT 5; before it, the broker decides). `protocol` "auto" is 5, where the broker
    does not speak it 3.1.1. `micros` gives the time of receipt.
    """

    def __init__(
        self,
        host: str,
        port: int = 1883,
        *,
        client_id: str,
        username: str = "",
        password: str = "",
        protocol: Protocol = "auto",
        tls: MqttTls | None = None,
        keepalive: float = 60,
        session_expiry: float = 7 * 86400,
        receive_maximum: int = 1000,
        timeout: float = 10,
        micros: Callable[[], int] = _micros,
    ) -> None:
        self.broker = f"MQTT broker {host}:{port}"
        self._host = host
        self._port = port
        self._client_id = client_id
        self._username = username
        self._password = password
        self._versions = VERSIONS[protocol]
        self._tls = tls
        self._keepalive = round(keepalive)
        self._session_expiry = round(session_expiry)
        self._receive_maximum = receive_maximum
        self._timeout = timeout
        self._micros = micros
        self._primed = False

    def __call__(
        self, subscriptions: Mapping[str, int], on_message: OnMessage, on_lost: OnLost
    ) -> PahoClient:
        """Connect and subscribe. Raises Lost or Refused."""
        version, *others = self._versions
        try:
            return self._opened(version, subscriptions, on_message, on_lost)
        except (_OtherVersion, _NoAnswer) as error:
            if not others:
                raise
            client = self._opened(others[0], subscriptions, on_message, on_lost)
            log.warning("MQTT version", extra={"version": NAMES[others[0]], "reason": str(error)})
            if isinstance(error, _OtherVersion):
                self._versions = (*others, version)
            return client

    def _opened(
        self,
        version: MQTTProtocolVersion,
        subscriptions: Mapping[str, int],
        on_message: OnMessage,
        on_lost: OnLost,
    ) -> PahoClient:
        early: list[MqttMessage] = []
        client = self._client(version)
        link = Link(client, early.append, self._micros, self.broker)
        try:
            connack = self._connected(client, link, version)
            kept = self._primed and connack.session_present
            wanted = (
                requests(subscriptions, kept=kept, numbers=connack.numbers)
                if version == V5
                else plain_requests(subscriptions)
            )
            lowered, refused = subscribe(client, link, wanted, self._timeout)
        except (Lost, Refused):
            link.close()
            raise
        except (OSError, ValueError) as error:
            link.close()
            raise of_error(error, self.broker, self._timeout) from error
        for topic, granted in lowered.items():
            log.warning("QoS lowered", extra={"topic": topic, "granted": granted})
        self._primed = True
        return PahoClient(
            client,
            link,
            early,
            on_message,
            on_lost,
            refused=refused,
            session_present=connack.session_present,
            window=self._receive_maximum if version == V5 else WINDOW_311,
        )

    def _client(self, version: MQTTProtocolVersion) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if version == V5 else False,
            protocol=version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = self._timeout
        if self._username:
            client.username_pw_set(self._username, self._password or None)
        if self._tls:
            client.tls_set_context(self._tls.context())
        return client

    def _connected(self, client: Client, link: Link, version: MQTTProtocolVersion) -> Connack:
        if version == V5:
            properties = self._properties()
            client.connect(self._host, self._port, self._keepalive, clean_start=False, properties=properties)
        else:
            client.connect(self._host, self._port, self._keepalive)
        try:
            link.until(lambda: link.connack is not None, self._timeout)
        except Lost as error:
            if link.connack is None:
                why = f"{self.broker} ended the connection without an answer to MQTT {NAMES[version]}"
                raise _NoAnswer(f"{why}: check mqtt.port and mqtt.tls") from error
        connack = link.connack
        assert connack is not None  # noqa: S101 - `until` has seen it
        if connack.code == UNSUPPORTED_VERSION:
            raise _OtherVersion(str(of_connack(connack.code, connack.name, self.broker)))
        if connack.code:
            raise of_connack(connack.code, connack.name, self.broker)
        return connack

    def _properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_expiry
        properties.ReceiveMaximum = self._receive_maximum
        properties.MaximumPacketSize = MAXIMUM_PACKET
        return properties
