"""MQTT 3.1.1 and 5 on the wire, as far as a broker needs it. Pure: bytes in, packets out, and the other way round.

Sources: OASIS MQTT 3.1.1 (chapters 2 and 3) and MQTT 5.0 (2.2.2 for properties). Every fault in what a client sends
is a PacketError.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14

MAX_PACKET = 1 << 20
FOR_EVER = 0xFFFFFFFF

SESSION_EXPIRY, ASSIGNED_CLIENT_ID, RECEIVE_MAXIMUM = 0x11, 0x12, 0x21
MAXIMUM_QOS, MAXIMUM_PACKET_SIZE = 0x24, 0x27
SUBSCRIPTION_IDS_AVAILABLE, SHARED_AVAILABLE = 0x29, 0x2A

Property = int | str | bytes | tuple[str, str]


class PacketError(Exception):
    """The client broke the protocol. `code` is the reason code of the MQTT 5 DISCONNECT."""

    def __init__(self, reason: str, code: int = 0x81) -> None:
        super().__init__(reason)
        self.code = code


class Message(NamedTuple):
    """What is published."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class Connect(msgspec.Struct, frozen=True):
    """`level` is 4 for MQTT 3.1.1 and 5 for MQTT 5; `expiry` in seconds, FOR_EVER for a session without end."""

    level: int
    client_id: str
    clean: bool
    keepalive: int
    expiry: int
    receive_maximum: int
    maximum_packet: int
    will: Message | None
    username: str | None
    password: bytes | None


class Subscription(msgspec.Struct, frozen=True):
    topic_filter: str
    qos: int
    no_local: bool = False
    as_published: bool = False
    retain_handling: int = 0


class Packet(NamedTuple):
    kind: int
    flags: int
    body: bytes


class PacketReader:
    """Fed whatever arrived, it gives the packets that are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Packet]:
        self._buffer += data
        while (head := _head(self._buffer)) is not None:
            start, length = head
            if length > MAX_PACKET:
                raise PacketError("packet too large", 0x95)
            if len(self._buffer) < start + length:
                return
            first, body = self._buffer[0], bytes(self._buffer[start : start + length])
            del self._buffer[: start + length]
            yield Packet(first >> 4, first & 0x0F, body)


class Fields:
    """Reads the fields of a packet's body one after another."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._body) - self._at

    def take(self, count: int) -> bytes:
        if self.left < count:
            raise PacketError("packet too short")
        taken = self._body[self._at : self._at + count]
        self._at += count
        return taken

    def rest(self) -> bytes:
        return self.take(self.left)

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def variable(self) -> int:
        head = _variable(self._body, self._at)
        if head is None:
            raise PacketError("packet too short")
        self._at, value = head
        return value

    def binary(self) -> bytes:
        return self.take(self.number(2))

    def text(self) -> str:
        try:
            text = self.binary().decode()
        except UnicodeDecodeError:
            raise PacketError("text that is not UTF-8") from None
        if "\0" in text:
            raise PacketError("text with a NUL")
        return text

    def properties(self) -> dict[int, Property]:
        inner = Fields(self.take(self.variable()))
        found: dict[int, Property] = {}
        while inner.left:
            key = inner.number(1)
            found[key] = inner.property(key)
        return found

    def property(self, key: int) -> Property:
        size = _NUMBERS.get(key)
        if size is not None:
            return self.number(size)
        if key in _TEXTS:
            return self.text()
        if key in _BINARIES:
            return self.binary()
        if key == 0x0B:
            return self.variable()
        if key == 0x26:
            return self.text(), self.text()
        raise PacketError(f"no such property: {key}")


# The properties of MQTT 5 by type: numbers with their size in bytes.
_NUMBERS = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
}
_TEXTS = frozenset((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F))
_BINARIES = frozenset((0x09, 0x16))


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    return bytes([kind << 4 | flags]) + _length(len(body)) + body


def publish(level: int, message: Message, mid: int, *, dup: bool = False) -> bytes:
    """Write a PUBLISH; `mid` is left out at QoS 0."""
    topic = message.topic.encode()
    numbered = struct.pack("!H", mid) if message.qos else b""
    properties = b"\0" if level == 5 else b""
    flags = dup << 3 | message.qos << 1 | message.retain
    body = b"".join((struct.pack("!H", len(topic)), topic, numbered, properties, message.payload))
    return packet(PUBLISH, body, flags)


def acknowledgement(kind: int, level: int, mid: int, codes: Sequence[int] = ()) -> bytes:
    """Write a PUBACK, SUBACK or UNSUBACK."""
    properties = b"\0" if level == 5 and kind != PUBACK else b""
    return packet(kind, struct.pack("!H", mid) + properties + bytes(codes))


def connack(level: int, *, present: bool, code: int, client_id: str = "") -> bytes:
    """Write a CONNACK that tells an MQTT 5 client what this broker cannot do."""
    body = bytes([present, code])
    if level == 5:
        limits = struct.pack("!BBBI", MAXIMUM_QOS, 1, MAXIMUM_PACKET_SIZE, MAX_PACKET)
        limits += bytes([SUBSCRIPTION_IDS_AVAILABLE, 0, SHARED_AVAILABLE, 0])
        if client_id:
            limits += bytes([ASSIGNED_CLIENT_ID]) + _text(client_id)
        body += _length(len(limits)) + limits
    return packet(CONNACK, body)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def _length(value: int) -> bytes:
    """Write a variable byte integer."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _head(buffer: bytearray) -> tuple[int, int] | None:
    """Find where the body of the first packet starts and how long it is; None while that has not arrived."""
    return _variable(buffer, 1)


def _variable(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Read a variable byte integer: where it ends, and its value. None when it is not all there."""
    value = 0
    for index in range(4):
        if at + index >= len(data):
            return None
        byte = data[at + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return at + index + 1, value
    raise PacketError("a length of more than four bytes")
