"""The other side of a HistoryProtocol: a Home Assistant with a recorder, that answers or not as it is told."""

import json
from collections import deque
from collections.abc import Iterable
from typing import Any

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.hass.history import HistoryOptions, HistoryProtocol
from ha_bridge.domain.hass.history_pace import Pace
from ha_bridge.domain.records import Gap
from tests.domain.hass.conversation import TOKEN, encode
from tests.domain.hass.recorder import Recorder

HISTORY = "history/history_during_period"
MICROS = 1_000_000


def gap(start: float, end: float, filled: float | None = None, **more: Any) -> Gap:
    """Times in seconds."""
    return Gap(
        round(start * MICROS),
        round(end * MICROS),
        "lost",
        filled=round((start if filled is None else filled) * MICROS),
        number=1,
        **more,
    )


class Inquiry:
    """`asked` has every command so far, `events` all that was made of the answers; `now` is the monotonic clock."""

    def __init__(
        self,
        recorder: Recorder | None = None,
        *,
        window: float = 600,
        rows: int = 5000,
        pace: Pace | None = None,
        **options: Any,
    ) -> None:
        self.recorder = recorder or Recorder()
        self.pace = pace or Pace(round(window * MICROS), rows)
        self.protocol = HistoryProtocol(HistoryOptions(TOKEN, **options), self.pace)
        self.now = 100.0
        self.asked: list[dict[str, Any]] = []
        self.events: list[StateEvent] = []
        self.left_out_states: list[tuple[str, float]] = []
        self.registry: list[dict[str, Any]] = []
        self.config: dict[str, Any] = {"state": "RUNNING", "version": "2024.3.3"}
        self.errors: dict[str, tuple[str, str]] = {}
        self.replies: deque[bytes] = deque()  # instead of the next answers about history

    def let_in(self) -> None:
        self.hear({"type": "auth_required", "ha_version": "2024.3.3"})
        self.hear({"type": "auth_ok", "ha_version": "2024.3.3"})

    def fill(self, wanted: Gap, known: Iterable[str] = (), most: int = 10_000) -> Gap:
        """Fill a gap to the end and return it."""
        self.protocol.fill(wanted, known)
        self.go_on(most)
        assert self.gap.closed, f"not filled by {most} questions"
        return self.gap

    def go_on(self, most: int = 10_000) -> None:
        """Ask and answer until there is nothing left to ask, letting time pass where it has to."""
        for _ in range(most):
            if self.gap.closed:
                return
            if not self.protocol.ready(self.now):
                self.wait(1)
            else:
                self.ask()
                self.hear(self.reply(self.asked[-1]))

    def ask(self) -> None:
        self.protocol.ask(self.now)
        self._listen()

    def reply(self, command: dict[str, Any]) -> object:
        kind, number = command["type"], command["id"]
        if kind == HISTORY and self.replies:
            return self.replies.popleft().replace(b"$ID", str(number).encode())
        if error := self.errors.get(kind):
            failed = {"id": number, "type": "result", "success": False}
            return {**failed, "error": {"code": error[0], "message": error[1]}}
        return {"id": number, "type": "result", "success": True, "result": self._result(command)}

    def hear(self, *frames: object) -> None:
        read = [frame if isinstance(frame, bytes) else encode(frame) for frame in frames]
        events = self.protocol.receive(read, self.now)
        self.events += [event for event in events if isinstance(event, StateEvent)]
        self._listen()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.protocol.tick(self.now)
        self._listen()

    @property
    def gap(self) -> Gap:
        assert self.protocol.gap is not None
        return self.protocol.gap

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What was asked about history."""
        return [each for each in self.asked if each["type"] == HISTORY]

    @property
    def problems(self) -> list[str]:
        found = list(self.protocol.problems)
        self.protocol.problems.clear()
        return found

    def _result(self, command: dict[str, Any]) -> object:
        match command["type"]:
            case "get_config":
                return self.config
            case "recorder/info":
                return {"migration_in_progress": False, "recording": True}
            case "get_states":
                return self.recorder.states(self.left_out_states)
            case "config/entity_registry/list":
                return self.registry
        assert command["type"] == HISTORY, command
        return self.recorder.answer(command)

    def _listen(self) -> None:
        for frame in self.protocol.outgoing():
            said = json.loads(frame)
            if said["type"] == "ping":
                self.hear({"id": said["id"], "type": "pong"})
            else:
                self.asked.append(said)
