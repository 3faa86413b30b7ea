"""A connected MQTT client: the thread that serves it, and what others may ask of it."""

import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from ha_bridge.adapters.mqtt.link import Link
from ha_bridge.adapters.mqtt.refusals import of_suback
from ha_bridge.adapters.mqtt.subscribing import Request, plain_requests, requests, send
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.ports import MqttMessage

OnMessage = Callable[[MqttMessage], None]
OnLost = Callable[[str], None]

CLOSE_SECONDS = 1.0

log = logging.getLogger("ha_bridge.mqtt")


class PahoClient:
    """Fulfils ports.MqttClient. `early` are messages that came before it was subscribed.

    An exception in `on_message` ends the connection: the broker will send again what was not taken.
    """

    def __init__(
        self,
        client: Client,
        link: Link,
        early: Sequence[MqttMessage],
        on_message: OnMessage,
        on_lost: OnLost,
        *,
        refused: Mapping[str, str],
        session_present: bool,
        window: int,
    ) -> None:
        self.session_present = session_present
        self.window = window
        self._client = client
        self._link = link
        self._early = early
        self._on_message = on_message
        self._on_lost = on_lost
        self._closed = False
        self._plain = client.protocol != MQTTProtocolVersion.MQTTv5
        self._asked: dict[int, Request] = {}
        self._refused = refused
        self._asking = threading.Lock()
        link.answered = self._answered
        self._ending = threading.RLock()
        self._thread = threading.Thread(target=self._serve, name="mqtt", daemon=True)
        self._thread.start()

    @property
    def turned(self) -> float:
        return self._link.turned

    @property
    def refusal(self) -> str:
        return of_suback(self._refused, self._link.broker) if self._refused else ""

    def acknowledge(self, mid: int, qos: int) -> None:
        """Send a PUBACK soon; nothing happens when the connection is gone."""
        self._client.ack(mid, qos)

    def subscribe(self, wanted: Mapping[str, int], unwanted: Sequence[str]) -> None:
        """Ask for topics, and for others no longer; nothing happens when the connection is gone."""
        with self._asking:
            for request in (
                plain_requests(wanted) if self._plain else requests(wanted, kept=False, numbers=False)
            ):
                self._asked[send(self._client, request)] = request
        if unwanted:
            self._client.unsubscribe(list(unwanted))

    def close(self) -> None:
        """Leave, the broker keeping the session; `on_lost` is not called any more. Takes a second at most."""
        with self._ending:
            self._closed = True
        self._client.disconnect()
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)
            self._hang_up()

    def _answered(self, mid: int, reasons: list[ReasonCode]) -> None:
        with self._asking:
            request = self._asked.pop(mid, Request(()))
        refused = {
            topic: code.getName()
            for (topic, _), code in zip(request.filters, reasons, strict=False)
            if code.is_failure
        }
        if refused:
            log.warning("subscriptions refused", extra={"refused": refused})
            self._refused = {**self._refused, **refused}

    def _hang_up(self) -> None:
        """Cut off a broker that does not take our goodbye."""
        connection = self._client.socket()
        if self._thread.is_alive() and isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        reason = self._why_it_ended()
        self._link.close()
        with self._ending:
            if not self._closed:
                self._on_lost(reason)

    def _why_it_ended(self) -> str:
        try:
            for message in self._early:
                self._on_message(message)
            self._early = ()
            self._link.deliver = self._on_message
            while True:
                self._link.turn()
        except Lost as error:
            return str(error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody must hear of it
            return f"reading from the MQTT broker failed: {type(error).__name__}: {error}"
