"""What every conversation with Home Assistant's WebSocket API needs: the token, request ids, a pulse.

Wire format: HA's developer documentation, "WebSocket API", and `components/websocket_api/auth.py`.
"""

from collections.abc import Callable

import msgspec

from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.hass.frames import Message

Answer = Callable[[Message], None]

NEW_TOKEN = "make a new one under Profile → Security → Long-lived access tokens and set home_assistant.token"  # noqa: S105


def no_matter(_: Message) -> None:
    """Answer to a request that may fail."""


class Session:
    """Authenticates, numbers requests and finds their answers, and pings.

    Feed it what is no event with `take`; what is to be sent gathers in `outgoing`. `opened` is called when HA has let
    us in; before that, make no requests. Times are monotonic seconds.
    """

    def __init__(
        self, token: str, ping_interval: float, ping_timeout: float, opened: Callable[[], None]
    ) -> None:
        self.outgoing: list[str] = []
        self.authenticated = False
        self.greeted = False
        self.ha_version = ""
        self._token = token
        self._ping_interval = ping_interval
        self._ping_timeout = ping_timeout
        self._opened = opened
        self._last_id = 0
        self._answers: dict[int, Answer] = {}
        self._heard = 0.0
        self._pinged = 0.0
        self._ping = 0  # the id of the ping that waits for its pong

    def request(self, answer: Answer, **fields: object) -> int:
        """Queue a command; `answer` gets its result message, successful or not. Returns the id."""
        self._last_id += 1
        self._answers[self._last_id] = answer
        self._send(id=self._last_id, **fields)
        return self._last_id

    def take(self, message: Message) -> bool:
        """Serve a message; False when it means nothing here. Raises Refused when HA does not accept the token."""
        match message.type:
            case "result" | "pong":
                answer = self._answers.pop(message.id, None)
                if answer is None:
                    return False
                answer(message)
            case "auth_required":
                self.greeted = True
                self.ha_version = message.ha_version
                self._send(type="auth", access_token=self._token)
            case "auth_ok":
                self._authenticate(message)
            case "auth_invalid":
                said = self.masked(message.message)
                raise Refused(f"Home Assistant refused the token ({said}): {NEW_TOKEN}")
            case _:
                return False
        return True

    def heard(self, now: float) -> None:
        """Something came in: whoever is busy sending may answer a ping late."""
        self._heard = now

    def tick(self, now: float) -> None:
        """Ping when it is time; raises Lost when HA has been silent for `ping_timeout` since the last ping."""
        if not self.authenticated:
            return
        if self._ping:
            if now - max(self._pinged, self._heard) > self._ping_timeout:
                raise Lost(f"no pong within {self._ping_timeout:g} s from Home Assistant")
        elif now - self._pinged >= self._ping_interval:
            self._pinged = now
            self._ping = self.request(self._pong, type="ping")

    def masked(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text

    def _authenticate(self, message: Message) -> None:
        if not self.authenticated:
            self.authenticated = True
            self._pinged = self._heard
            self.ha_version = message.ha_version or self.ha_version
            self._opened()

    def _pong(self, _: Message) -> None:
        self._ping = 0

    def _send(self, **fields: object) -> None:
        self.outgoing.append(msgspec.json.encode(fields).decode())
