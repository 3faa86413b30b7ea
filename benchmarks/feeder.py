"""A Home Assistant that says as much as it is allowed to, as fast as it is read: the far end of the pipeline's benchmark.

Its frames are made beforehand; only the second in their times is new each time. So it costs a fraction of what the
bridge costs, in a process of its own.
"""

import json
import struct
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any, Literal

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from benchmarks import home

ENTITIES = 500
PER_FRAME = 250
LEAST_BLOCKS = 8
"""So many different blocks of PER_FRAME changes are made at least, and take turns."""


class Mode(msgspec.Struct, frozen=True):
    """How Home Assistant tells of changes, and whether it puts many into a frame, as it does when it is busy."""

    subscription: Literal["entities", "events"]
    coalesced: bool

    def __str__(self) -> str:
        return f"{self.subscription}, {'coalesced' if self.coalesced else 'single frames'}"

    def frames(
        self, block: int, *, entities: int = ENTITIES, subscription: int = home.SUBSCRIPTION
    ) -> list[bytes]:
        """Write PER_FRAME changes, all within one second, no two at the same microsecond."""
        tell = home.diff if self.subscription == "entities" else home.state_changed
        start = block * PER_FRAME % entities
        second = BEGIN + block
        messages = [
            tell(start + number, second + (2 * number + 1) / 1024, subscription)
            for number in range(PER_FRAME)
        ]
        return [home.frame(messages)] if self.coalesced else [home.frame(each) for each in messages]

    def written(self, second: int) -> bytes:
        """Write a second as the frames of this mode have it."""
        if self.subscription == "entities":
            return b"%d." % second
        return datetime.fromtimestamp(second, UTC).isoformat()[:19].encode()


class Stream:
    """Frames of a mode without end, each with times of its own."""

    def __init__(
        self, mode: Mode, *, entities: int = ENTITIES, subscription: int = home.SUBSCRIPTION
    ) -> None:
        self._mode = mode
        numbers = range(max(LEAST_BLOCKS, entities // PER_FRAME))
        self._blocks = [
            mode.frames(number, entities=entities, subscription=subscription) for number in numbers
        ]
        self._number = 0

    def next_block(self) -> list[bytes]:
        """PER_FRAME events."""
        block = self._number % len(self._blocks)
        before, after = self._mode.written(BEGIN + block), self._mode.written(BEGIN + self._number)
        self._number += 1
        return [frame.replace(before, after) for frame in self._blocks[block]]

    def batch(self, blocks: int) -> list[bytes]:
        return [frame for _ in range(blocks) for frame in self.next_block()]


BEGIN = int(time.time()) // 86400 * 86400 - 86400


def feed(orders: Connection, mode: Mode) -> None:
    """Serve one client until it goes. `orders`: takes the port, then gives how many events may have been sent by then."""

    def converse(connection: ServerConnection) -> None:
        try:
            _flood(connection, mode, _greet(connection), orders)
        except (ConnectionClosed, OSError):
            orders.close()

    with serve(converse, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        orders.send(server.socket.getsockname()[1])
        server.serve_forever()


def _greet(connection: ServerConnection) -> int:
    """Answer everything up to the subscription of states, whose id this returns."""
    _say(connection, {"type": "auth_required", "ha_version": "2026.1.0"})
    connection.recv()
    _say(connection, {"type": "auth_ok", "ha_version": "2026.1.0"})
    while True:
        asked = json.loads(connection.recv())
        result = _result(asked["type"])
        _say(connection, {"id": asked["id"], "type": "result", "success": True, "result": result})
        if asked["type"] == "subscribe_entities":
            _say(connection, home.snapshot(ENTITIES, BEGIN - 1, asked["id"]))
        if asked["type"] == "subscribe_entities" or asked.get("event_type") == "state_changed":
            return int(asked["id"])


def _result(command: str) -> object:
    if command.endswith("_registry/list"):
        return []
    return {"state": "RUNNING", "version": "2026.1.0"} if command == "get_config" else None


def _flood(connection: ServerConnection, mode: Mode, subscription: int, orders: Connection) -> None:
    stream = Stream(mode, subscription=subscription)
    allowed = sent = 0
    while True:
        while sent + PER_FRAME > allowed:
            allowed = orders.recv()
        frames = stream.next_block()
        connection.socket.sendall(b"".join([b"%b%b" % (_header(frame), frame) for frame in frames]))
        sent += PER_FRAME


def _header(frame: bytes) -> bytes:
    """Write what stands before a text on the wire (RFC 6455, 5.2)."""
    size = len(frame)
    if size < 126:
        return struct.pack("!BB", 0x81, size)
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size)
    return struct.pack("!BBQ", 0x81, 127, size)


def _say(connection: ServerConnection, content: dict[str, Any]) -> None:
    connection.send(home.frame(content), text=True)
