"""One client's conversation with the embedded broker: fed what arrives, it queues what to answer.

Pure but for `wake`; everything is called with the broker's lock held.
"""

from collections.abc import Callable
from typing import Protocol

from ha_bridge.demo import mqtt_packets as wire
from ha_bridge.demo import mqtt_requests as requests
from ha_bridge.demo.mqtt_packets import Connect, Message, Packet, PacketError, PacketReader
from ha_bridge.demo.mqtt_post import Post
from ha_bridge.demo.mqtt_session import Session


class Unwelcome(Exception):
    """The client is not let in. `code`: the return code of MQTT 3.1.1 and the reason code of MQTT 5."""

    def __init__(self, old_code: int, code: int) -> None:
        super().__init__(code)
        self.code = {4: old_code, 5: code}


class Broker(Protocol):
    """What a conversation needs of the broker."""

    post: Post

    def admit(self, talk: "Talk", connect: Connect) -> tuple[Session, bool]: ...

    def deliver(self, message: Message, sender: str) -> None: ...


class Talk:
    """`name` is the client's id, `will` what is published when it goes without a word, `keepalive` in seconds.

    `wake` is called when there may be something to `take`.
    """

    def __init__(self, broker: Broker, wake: Callable[[], None]) -> None:
        self.name = ""
        self.will: Message | None = None
        self.keepalive: int | None = None
        self.over = False
        self.wake = wake
        self._broker = broker
        self._level = 4
        self._session: Session | None = None
        self._packets = PacketReader()
        self._out: list[bytes] = []
        self._handlers: dict[int, Callable[[Packet, Session], None]] = {
            wire.PUBLISH: self._publish,
            wire.PUBACK: self._puback,
            wire.SUBSCRIBE: self._subscribe,
            wire.UNSUBSCRIBE: self._unsubscribe,
            wire.PINGREQ: self._ping,
            wire.DISCONNECT: self._disconnect,
        }

    def receive(self, data: bytes) -> None:
        """Read what arrived; whatever breaks the protocol ends the conversation."""
        try:
            for packet in self._packets.feed(data):
                if not self.over:
                    self._handle(packet)
        except PacketError as error:
            self.end(error.code)
        self.wake()

    def ready(self) -> bool:
        """Tell whether there is something to take, or nothing to wait for any more."""
        return bool(self._out) or self.over or (self._session is not None and self._session.ready())

    def take(self) -> list[bytes]:
        """Give the packets to send: answers first, then messages as far as the client may have them."""
        packets, self._out = self._out, []
        return packets if self._session is None else packets + self._session.take()

    def end(self, code: int) -> None:
        """Say why, if the client understands it, and be done."""
        if self._level == 5 and self._session is not None:
            self._out.append(wire.packet(wire.DISCONNECT, bytes([code])))
        self.hang_up()

    def hang_up(self) -> None:
        self._session = None
        self.over = True
        self.wake()

    def _handle(self, packet: Packet) -> None:
        if self._session is None:
            self._connect(packet)
        elif (handler := self._handlers.get(packet.kind)) is not None:
            handler(packet, self._session)
        else:
            raise PacketError(f"unexpected packet {packet.kind}", 0x82)

    def _connect(self, packet: Packet) -> None:
        if packet.kind != wire.CONNECT:
            raise PacketError("no CONNECT")
        try:
            connect = requests.read_connect(packet)
            self._level, self.name = connect.level, connect.client_id
            self._session, present = self._broker.admit(self, connect)
        except requests.WrongProtocol:
            self._refuse(1)
        except Unwelcome as refusal:
            self._refuse(refusal.code[self._level])
        else:
            self.will, self.keepalive = connect.will, connect.keepalive
            assigned = "" if connect.client_id else self.name
            self._out.append(wire.connack(self._level, present=present, code=0, client_id=assigned))
            self._session.attach(connect)

    def _refuse(self, code: int) -> None:
        self._out.append(wire.connack(self._level, present=False, code=code))
        self.hang_up()

    def _publish(self, packet: Packet, _: Session) -> None:
        message, mid = requests.read_publish(packet, self._level)
        self._broker.deliver(message, self.name)
        if mid:
            self._out.append(wire.acknowledgement(wire.PUBACK, self._level, mid))

    def _puback(self, packet: Packet, session: Session) -> None:
        session.acknowledge(wire.Fields(packet.body).number(2))

    def _subscribe(self, packet: Packet, session: Session) -> None:
        mid, wanted = requests.read_subscribe(packet, self._level)
        codes = [self._broker.post.subscribe(session, each, self._level) for each in wanted]
        self._out.append(wire.acknowledgement(wire.SUBACK, self._level, mid, codes))

    def _unsubscribe(self, packet: Packet, session: Session) -> None:
        mid, filters = requests.read_unsubscribe(packet, self._level)
        codes = [self._broker.post.unsubscribe(session, each) for each in filters]
        self._out.append(
            wire.acknowledgement(wire.UNSUBACK, self._level, mid, codes if self._level == 5 else ())
        )

    def _ping(self, _: Packet, __: Session) -> None:
        self._out.append(wire.packet(wire.PINGRESP, b""))

    def _disconnect(self, packet: Packet, session: Session) -> None:
        code, expiry = requests.read_disconnect(packet, self._level)
        if code == 0:
            self.will = None
        if expiry is not None:
            session.expiry = expiry
        self.hang_up()
