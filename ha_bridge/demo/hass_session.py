"""One client's conversation with Home Assistant: fed its frames, it gives the messages that answer.

Sources: homeassistant/components/websocket_api/auth.py, connection.py and http.py, 2024.3.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ha_bridge.demo import wire
from ha_bridge.demo.hass import VERSION, Hass, News
from ha_bridge.demo.hass_commands import CommandError, Talk, answer

AUTH_REQUIRED = wire.encode({"type": "auth_required", "ha_version": VERSION})
AUTH_OK = wire.encode({"type": "auth_ok", "ha_version": VERSION})

_decode = msgspec.json.Decoder().decode


class Reply(msgspec.Struct, frozen=True):
    """Messages to send, and whether the connection ends after them."""

    messages: Sequence[bytes] = ()
    closes: bool = False


class Session:
    """The server says AUTH_REQUIRED first; then every frame of the client goes into `receive`."""

    def __init__(self, hass: Hass, token: str) -> None:
        self._talk = Talk(hass)
        self._token = token
        self._last_id = 0
        self.authenticated = False

    @property
    def coalesces(self) -> bool:
        """The client takes several messages in one frame, as a JSON array."""
        return self._talk.coalesces

    def receive(self, frame: str | bytes, now: float) -> Reply:
        """Answer a frame; bytes are a binary frame. `now` in Unix seconds."""
        if isinstance(frame, bytes):
            return Reply(closes=not self.authenticated)
        try:
            message = _decode(frame)
        except msgspec.DecodeError:
            return Reply(closes=True)
        if not self.authenticated:
            return self._authenticate(message)
        messages = message if isinstance(message, list) else [message]
        return Reply([reply for each in messages for reply in self._command(each, now)])

    def news(self, news: News) -> list[bytes]:
        """Give the messages that this client's subscriptions make of the news."""
        subscriptions = self._talk.subscriptions.items()
        return [message for iden, each in subscriptions for message in each.messages(news, iden)]

    def _authenticate(self, message: Any) -> Reply:
        if not isinstance(message, dict) or message.get("type") != "auth":
            return _invalid("Auth message incorrectly formatted: not a valid value @ data['type']")
        if message.get("access_token") != self._token:
            return _invalid("Invalid access token or password")
        self.authenticated = True
        return Reply([AUTH_OK])

    def _command(self, message: Any, now: float) -> list[bytes]:
        if not _well_formed(message):
            iden = message.get("id") if isinstance(message, dict) else 0
            return [wire.error(iden, "invalid_format", "Message incorrectly formatted.")]
        iden = message["id"]
        if iden <= self._last_id:
            return [wire.error(iden, "id_reuse", "Identifier values have to increase.")]
        try:
            replies = answer(self._talk, message, now)
        except CommandError as error:
            if error.code == "unknown_command":  # HA does not count its id as used.
                return [wire.error(iden, error.code, str(error))]
            replies = [wire.error(iden, error.code, str(error))]
        self._last_id = iden
        return replies


def _invalid(why: str) -> Reply:
    return Reply([wire.encode({"type": "auth_invalid", "message": why})], closes=True)


def _well_formed(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    iden, kind = message.get("id"), message.get("type")
    return type(iden) is int and iden != 0 and isinstance(kind, str) and kind != ""
