"""A broker that does what a test tells it to, packet by packet."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import msgspec

CONNECT, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 0x10, 0x40, 0x82, 0xC0, 0xE0


class Packet(msgspec.Struct, frozen=True):
    """`kind` is the first byte, `body` what follows the length."""

    kind: int
    body: bytes


class Connection:
    """What one client says, and what it is told."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._stream = peer.makefile("rb")

    def read(self) -> Packet:
        """The next packet; EOFError when the client has hung up."""
        kind = self._exactly(1)[0]
        length = shift = 0
        while True:
            byte = self._exactly(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return Packet(kind, self._exactly(length))

    def expect(self, kind: int) -> bytes:
        """The body of the next packet, which is of that kind; pings do not count."""
        packet = self.read()
        while packet.kind == PINGREQ:
            packet = self.read()
        assert packet.kind == kind, f"{packet.kind:#x} instead of {kind:#x}"
        return packet.body

    def send(self, raw: bytes) -> None:
        self._peer.sendall(raw)

    def welcome(self, *, session_present: bool = False, properties: bytes = b"") -> bytes:
        """Let the client in; returns its CONNECT."""
        body = self.expect(CONNECT)
        self.send(connack(body, 0, session_present=session_present, properties=properties))
        return body

    def grant(self, *codes: int, five: bool = True) -> bytes:
        """Answer a SUBSCRIBE; returns it."""
        body = self.expect(SUBSCRIBE)
        self.send(packet(0x90, body[:2] + (b"\0" if five else b"") + bytes(codes)))
        return body

    def hang_up(self) -> None:
        with suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._peer.close()

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise EOFError
        return data


class ScriptedBroker:
    """Serves clients one after the other, each with the next script; the last script serves all that follow.

    `problems` are what the scripts raised; a client that hangs up ends its script.
    """

    def __init__(self, *scripts: Callable[[Connection], None]) -> None:
        self.served = 0
        self.problems: list[Exception] = []
        self._scripts = scripts
        self._connections: list[Connection] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._connections:
            connection.hang_up()
        self._thread.join(5)
        self._listener.close()
        assert not self._thread.is_alive()
        assert self.problems == []

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                connection = Connection(peer)
                self._connections.append(connection)
                self._play(connection)

    def _play(self, connection: Connection) -> None:
        script = self._scripts[min(self.served, len(self._scripts) - 1)]
        self.served += 1
        try:
            script(connection)
        except (EOFError, OSError, ValueError):
            pass
        except Exception as error:  # noqa: BLE001 - told to the test
            self.problems.append(error)
        connection.hang_up()


def packet(kind: int, body: bytes = b"") -> bytes:
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


def text(value: bytes) -> bytes:
    return struct.pack("!H", len(value)) + value


def connack(connect: bytes, code: int, *, session_present: bool = False, properties: bytes = b"") -> bytes:
    """The answer to that CONNECT in its own version of MQTT."""
    more = bytes([len(properties)]) + properties if version(connect) == 5 else b""
    return packet(0x20, bytes([session_present, code]) + more)


def version(connect: bytes) -> int:
    return connect[6]


def publish(topic: bytes, payload: bytes, mid: int = 0, *, five: bool = True) -> bytes:
    """A PUBLISH at QoS 1, at QoS 0 when it has no message id."""
    head = text(topic) + (struct.pack("!H", mid) if mid else b"") + (b"\0" if five else b"")
    return packet(0x32 if mid else 0x30, head + payload)


def listen(connection: Connection) -> None:
    """Read until the client hangs up, answering pings."""
    while True:
        if connection.read().kind == PINGREQ:
            connection.send(packet(0xD0))
