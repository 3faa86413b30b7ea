"""A client of HA's WebSocket API, made with websocket-client: what the simulator is tested against."""

import json
from collections import deque
from typing import Any

from websocket import WebSocket, create_connection

Message = dict[str, Any]


class HassPeer:
    """Connects and says who it is, unless told not to. Every call waits at most `timeout` seconds."""

    def __init__(self, url: str, token: str | None, timeout: float = 10) -> None:
        self.socket: WebSocket = create_connection(url, timeout=timeout)
        self.frames: list[str] = []
        self.last_id = 0
        self._waiting: deque[Message] = deque()
        if token is not None:
            assert self.receive()["type"] == "auth_required"
            self.send({"type": "auth", "access_token": token})
            assert self.receive()["type"] == "auth_ok"

    def send(self, message: Any) -> None:
        self.socket.send(message if isinstance(message, str) else json.dumps(message))

    def receive(self) -> Message:
        """Take the next message, whether it came alone or in an array."""
        if not self._waiting:
            frame = self.socket.recv()
            assert isinstance(frame, str)
            if not frame:
                raise EOFError("closed")
            self.frames.append(frame)
            messages = json.loads(frame)
            self._waiting.extend(messages if isinstance(messages, list) else [messages])
        return self._waiting.popleft()

    def command(self, kind: str, **fields: Any) -> int:
        """Send a command and return its id."""
        self.last_id += 1
        self.send({"id": self.last_id, "type": kind, **fields})
        return self.last_id

    def ask(self, kind: str, **fields: Any) -> Message:
        """Send a command and return the answer to it, leaving out events in between."""
        iden = self.command(kind, **fields)
        while True:
            message = self.receive()
            if message["id"] == iden and message["type"] != "event":
                return message

    def result(self, kind: str, **fields: Any) -> Any:
        answer = self.ask(kind, **fields)
        assert answer["success"], answer
        return answer["result"]

    def error(self, kind: str, **fields: Any) -> str:
        """Return the code of the error that a command gets."""
        answer = self.ask(kind, **fields)
        assert not answer["success"], answer
        return str(answer["error"]["code"])

    def event(self) -> Any:
        """Take the next event of any subscription."""
        while (message := self.receive())["type"] != "event":
            pass
        return message["event"]

    def coalesce(self) -> None:
        self.result("supported_features", features={"coalesce_messages": 1})

    def close(self) -> None:
        self.socket.close()
