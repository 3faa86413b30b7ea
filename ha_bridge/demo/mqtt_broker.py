"""A small MQTT broker on a loopback port, for the demo and the tests.

The ready-made brokers in Python bring some twenty packages (pydantic, psutil, argon2 and more) to a Raspberry Pi
that only wants a demo. This one speaks MQTT 3.1.1 and 5 at QoS 0 and 1, keeps sessions and retained messages in
memory, and closes on whoever breaks the protocol.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable

from ha_bridge.demo.gate import GatedListener, listen
from ha_bridge.demo.mqtt_client import MqttClient
from ha_bridge.demo.mqtt_packets import Connect, Message
from ha_bridge.demo.mqtt_post import Post
from ha_bridge.demo.mqtt_session import Session
from ha_bridge.demo.mqtt_talk import Talk, Unwelcome

NAME_REJECTED = (2, 0x85)
NOT_AUTHORIZED = (5, 0x87)
TAKEN_OVER = 0x8E
SHUTTING_DOWN = 0x8B


class MqttBroker:
    """`credentials`: user name and password, None to let everybody in. `port` 0 takes a free one, which it then names.

    `most`: messages queued for a client before any is dropped, silently as Mosquitto does. A stopped broker may be
    started again and has kept its sessions and retained messages.
    """

    def __init__(
        self,
        port: int = 0,
        credentials: tuple[str, str] | None = None,
        most: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.port = port
        self.credentials = credentials
        self.lock = threading.Lock()
        self.post = Post(most)
        self._clock = clock
        self._named: dict[str, Talk] = {}
        self._connected: set[MqttClient] = set()
        self._names = 0
        self._gate = threading.Event()
        self._listener: GatedListener | None = None
        self._thread: threading.Thread | None = None

    @property
    def stats(self) -> dict[str, int]:
        """Tell what came in since the start (connections, published), and how much there is of the rest."""
        with self.lock:
            return {**self.post.stats(), "clients": len(self._named)}

    @property
    def backlog(self) -> int:
        """Messages queued for the slowest client that is connected."""
        with self.lock:
            return max((self.post.sessions[name].backlog for name in self._named), default=0)

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._gate.set()
        self._listener = listen(self.port, self._gate)
        self.port = self._listener.getsockname()[1]
        accept = self._accept
        self._thread = threading.Thread(target=accept, args=[self._listener], name="mqtt-broker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to the clients and close the port."""
        self._gate.set()
        if self._listener is not None and self._thread is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._listener.close()
        self._listener = self._thread = None
        with self.lock:
            clients = list(self._connected)
            for client in clients:
                client.talk.end(SHUTTING_DOWN)
        for client in clients:
            client.join()

    def publish(self, topic: str, payload: bytes | str, qos: int = 0, *, retain: bool = False) -> None:
        """Publish as if a client had; QoS 0 or 1."""
        self.publish_all(
            [Message(topic, payload.encode() if isinstance(payload, str) else payload, qos, retain)]
        )

    def publish_all(self, messages: Iterable[Message]) -> None:
        """Publish many at once, in order."""
        with self.lock:
            touched = {session.client_id for message in messages for session in self.post.publish(message)}
            self._wake(touched)

    def half_open(self) -> None:
        """Keep every socket open and say nothing any more until `answer_again`."""
        self._gate.clear()

    def answer_again(self) -> None:
        self._gate.set()

    def drop_clients(self) -> None:
        """Cut every connection without a goodbye."""
        with self.lock:
            for client in self._connected:
                client.cut()

    def admit(self, talk: Talk, connect: Connect) -> tuple[Session, bool]:
        """Give a client its session, and whether there was one; raises Unwelcome. Its predecessor has to go."""
        self._check(connect)
        if not talk.name:
            self._names += 1
            talk.name = f"auto-{self._names}"
        if (predecessor := self._named.get(talk.name)) is not None:
            predecessor.end(TAKEN_OVER)
        self._named[talk.name] = talk
        return self.post.session(connect, talk.name, self._clock())

    def deliver(self, message: Message, sender: str) -> None:
        """Pass on what a client published."""
        self._wake(session.client_id for session in self.post.publish(message, sender))

    def _check(self, connect: Connect) -> None:
        if not connect.client_id and connect.level == 4 and not connect.clean:
            raise Unwelcome(*NAME_REJECTED)
        if self.credentials is None:
            return
        username, password = self.credentials
        if (connect.username, connect.password) != (username, password.encode()):
            raise Unwelcome(*NOT_AUTHORIZED)

    def _wake(self, names: Iterable[str]) -> None:
        for name in names:
            if (talk := self._named.get(name)) is not None:
                talk.wake()

    def _left(self, client: MqttClient) -> None:
        """Forget a client that is gone, keep its session as long as agreed, and publish its will."""
        talk = client.talk
        self._connected.discard(client)
        if self._named.get(talk.name) is talk:
            del self._named[talk.name]
            self.post.sessions[talk.name].detach(self._clock())
            self.post.expire(self._clock())
        if talk.will is not None:
            self.deliver(talk.will, talk.name)

    def _accept(self, listener: GatedListener) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                client = MqttClient(sock, self.lock, self._left)
                client.talk = Talk(self, client.wake)
                with self.lock:
                    self.post.counts["connections"] += 1
                    self._connected.add(client)
                client.start()
