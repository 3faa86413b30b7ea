"""paho's client in a loop of our own, which notices whatever ends it.

paho's own thread dies of an exception in a callback while `is_connected` stays true, wakes itself with a system call
for every acknowledgement, and cannot use file descriptors above 1023.
"""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ha_bridge.adapters.mqtt.refusals import of_disconnect
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.ports import MqttMessage

TURN = 1.0  # seconds; paho must look at its keep-alive that often
BURST = 200  # messages in a row before something is written

Deliver = Callable[[MqttMessage], None]


class Connack(msgspec.Struct, frozen=True):
    """The broker's answer to a CONNECT; `code` as in MQTT 5.0, 0 for welcome.

    `numbers`: whether subscriptions may have numbers (subscription identifiers; MQTT 5.0, 3.2.2.3.12).
    """

    code: int
    name: str
    session_present: bool
    numbers: bool


class Link:
    """A connection while it lasts. All but `wake` belongs to one thread at a time.

    `deliver` gets each message, from within `turn`; what it raises comes out of there. `answered` gets what the broker
    says to a SUBSCRIBE, by its message id. `broker` is how texts call it.
    """

    def __init__(self, client: Client, deliver: Deliver, micros: Callable[[], int], broker: str) -> None:
        self.deliver = deliver
        self.connack: Connack | None = None
        self.subacks: dict[int, list[ReasonCode]] = {}
        self.answered: Callable[[int, list[ReasonCode]], None] = self.subacks.__setitem__
        self.received = 0
        self.turned = time.monotonic()
        self.broker = broker
        self._client = client
        self._micros = micros
        self._end = ""
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        # paho calls this where another thread has something to write, once until it is written.
        client.on_socket_register_write = lambda *_: self.wake()

    def wake(self) -> None:
        """End the current turn soon; from any thread, at any time."""
        with suppress(OSError):
            self._waker.send(b"\0")

    def turn(self, timeout: float = TURN) -> None:
        """Wait for something to read or write and do it; raises Lost when the connection is gone."""
        self.turned = time.monotonic()
        connection = self._connection()
        pending = getattr(connection, "pending", int)
        events = select.POLLIN | (select.POLLOUT if self._client.want_write() else 0)
        self._poll.register(connection, events)
        ready = dict(self._poll.poll(0 if pending() else timeout * 1000))
        if self._woken.fileno() in ready:
            with suppress(BlockingIOError):
                self._woken.recv(4096)
        if pending() or ready.get(connection.fileno(), 0) & ~select.POLLOUT:
            self._read(pending)
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        self._connection()

    def until(self, done: Callable[[], bool], timeout: float) -> None:
        """Take turns until it is so; TimeoutError when nothing has come for `timeout` seconds."""
        heard, received = time.monotonic(), self.received
        while not done():
            if self.received != received:
                heard, received = time.monotonic(), self.received
            left = heard + timeout - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.turn(min(left, TURN))

    def close(self) -> None:
        """Let go of the sockets, without a word to the broker unless it has been said."""
        if connection := self._client.socket():
            connection.close()
        self._woken.close()
        self._waker.close()

    def _connection(self) -> socket.socket:
        connection = self._client.socket()
        if connection is None:
            raise Lost(self._end or f"the connection to {self.broker} broke off")
        assert isinstance(connection, socket.socket)  # noqa: S101 - paho's only other kind is for websockets
        return connection

    def _read(self, pending: Callable[[], int]) -> None:
        """Read messages as long as there are any; paho reads one packet a call and does not say whether it did."""
        for _ in range(BURST):
            before = self.received
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return
            if self.received == before and not (self._client.socket() and pending()):
                return

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        numbers = getattr(properties, "SubscriptionIdentifierAvailable", properties is not None)
        self.connack = Connack(reason.value, reason.getName(), flags.session_present, bool(numbers))

    def _on_subscribe(
        self,
        _client: Client,
        _data: object,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self.answered(mid, reasons)

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        by_broker = flags.is_disconnect_packet_from_server
        self._end = self._end or of_disconnect(
            reason.value, reason.getName(), self.broker, by_broker=by_broker
        )

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.received += 1
        self.deliver(
            MqttMessage(
                _topic(message),
                bytes(message.payload),
                message.qos,
                message.retain,
                message.dup,
                message.mid,
                self._micros(),
                tuple(getattr(message.properties, "SubscriptionIdentifier", ())),
            )
        )


def _topic(message: MQTTMessage) -> str:
    """The topic, in which a broker that lets bad UTF-8 pass gets replacement characters."""
    try:
        return message.topic
    except UnicodeDecodeError as error:
        return bytes(error.object).decode(errors="replace")
