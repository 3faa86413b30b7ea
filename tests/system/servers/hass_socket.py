import itertools
import json
from collections import deque
from typing import Any, Self

import websocket

Json = dict[str, Any]


class HassSocket:
    """The tests' own client of HA's WebSocket API: one command at a time, events kept until they are asked for."""

    def __init__(self, url: str, token: str) -> None:
        self._socket = websocket.create_connection(url, timeout=30)
        self._ids = itertools.count(1)
        self._events: dict[int, deque[Json]] = {}
        self._results: dict[int, Json] = {}
        assert json.loads(self._socket.recv())["type"] == "auth_required"
        self._send({"type": "auth", "access_token": token})
        greeting = json.loads(self._socket.recv())
        assert greeting["type"] == "auth_ok", greeting

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def command(self, kind: str, **fields: Any) -> Any:
        """Return what HA answers to a command; AssertionError where it refuses."""
        return self._command(kind, fields)[1]

    def subscribe(self, kind: str, **fields: Any) -> int:
        """Return the id under which `next_event` finds what comes."""
        return self._command(kind, fields)[0]

    def next_event(self, subscription: int) -> Json:
        """Return the oldest event not asked for yet; WebSocketTimeoutException after 30 s without a frame."""
        while not self._events.get(subscription):
            self._receive()
        return self._events[subscription].popleft()

    def _command(self, kind: str, fields: Json) -> tuple[int, Any]:
        number = next(self._ids)
        self._send({"id": number, "type": kind, **fields})
        while number not in self._results:
            self._receive()
        result = self._results.pop(number)
        assert result["success"], f"{kind}: {result['error']}"
        return number, result["result"]

    def _send(self, message: Json) -> None:
        self._socket.send(json.dumps(message))

    def _receive(self) -> None:
        """Take one frame, which holds a message or a list of them."""
        received = json.loads(self._socket.recv())
        for message in received if isinstance(received, list) else [received]:
            if message["type"] == "result":
                self._results[message["id"]] = message
            elif message["type"] == "event":
                self._events.setdefault(message["id"], deque()).append(message["event"])
