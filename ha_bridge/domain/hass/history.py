"""A conversation with Home Assistant about what happened while nobody listened.

Wire format: `components/history/websocket_api.py`. Both bounds of a period are exclusive there, and the newest HA compares
them with doubles of seven decimals, so periods are asked for with an overlap.
"""

from collections.abc import Generator, Iterable, Mapping

import msgspec

from ha_bridge.domain.events import Event
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.hass import frames, home
from ha_bridge.domain.hass.filling import OVERLAP, Filling, Question
from ha_bridge.domain.hass.frames import UNREADABLE, Error, Message
from ha_bridge.domain.hass.history_notes import Notes
from ha_bridge.domain.hass.history_pace import Pace
from ha_bridge.domain.hass.history_rows import Rows, rows
from ha_bridge.domain.hass.problems import Problems
from ha_bridge.domain.hass.session import Session
from ha_bridge.domain.records import Gap
from ha_bridge.domain.times import iso_of_micros

ANSWER_SECONDS = 120.0
"""How long an answer may take: a recorder on an SD card that is busy with something else is slow."""
QUICK_SECONDS = 0.05
REST_SECONDS = 1.0
"""After an answer that was not quick, Home Assistant is left alone for as long as it took, but not longer than this."""
READY_SECONDS = 5.0
"""Seconds between two questions whether Home Assistant is ready."""
ONLY_STATES = "only states, no other events"


class HistoryOptions(msgspec.Struct, frozen=True):
    """How to ask. Durations are seconds.

    `entities`: how many in a request. `delay`: after which to ask again for what the recorder has not committed.
    `other_events`: those are listened to, and missing in a gap. `timeout`: until HA must have let us in.
    """

    token: str
    entities: int = 50
    delay: float = 10
    other_events: bool = False
    ping_interval: float = 30
    ping_timeout: float = 10
    timeout: float = 30

    def __repr__(self) -> str:
        return f"HistoryOptions(entities={self.entities}, delay={self.delay:g})"


class Command(msgspec.Struct, frozen=True):
    """`wait`: seconds to let pass before it is sent."""

    type: str
    fields: Mapping[str, object] = {}
    wait: float = 0.0


Talk = Generator[Command, Message, None]


class HistoryProtocol:
    """One connection. Feed `receive` the frames, call `tick` every second or so, send what `outgoing` gives.

    `fill` says which gap to fill. It asks one thing at a time, and only when `ask` allows it to; `gap` says how far it has
    come with all the events returned so far, and is closed in the end. `note`: what keeps it waiting, else "".
    `problems`: what could not be read, for the caller to report and clear.
    """

    def __init__(self, options: HistoryOptions, pace: Pace) -> None:
        self.note = ""
        self.gap: Gap | None = None
        self._options = options
        self._pace = pace
        self._session = Session(options.token, options.ping_interval, options.ping_timeout, self._opened)
        self._problems = Problems(self._session.masked, len(options.token))
        self._talk: Talk | None = None
        self._command: Command | None = None
        self._due = 0.0
        self._asked = 0  # the id of the command whose answer has not come
        self._asked_at = 0.0
        self._now = 0.0
        self._began: float | None = None
        self._events: list[Event] = []

    @property
    def problems(self) -> list[str]:
        return self._problems.texts

    @property
    def busy(self) -> bool:
        """Whether an answer has not come yet."""
        return self._asked > 0

    def ready(self, now: float) -> bool:
        """Whether there is something to ask for just now."""
        return self._session.authenticated and not self.busy and self.asks_by(now)

    def asks_by(self, moment: float) -> bool:
        """Whether it will be ready then, if it may."""
        return self._command is not None and moment >= self._due

    def fill(self, gap: Gap, known: Iterable[str]) -> None:
        """Begin with a gap, or go on with it. `known`: entities to ask for even where HA has them no more."""
        self.gap = gap
        self._talk = self._conversation(gap, known)
        self._command = next(self._talk)

    def ask(self, now: float) -> None:
        """Ask what is to be asked next. Only when it is `ready`."""
        if self._command is not None:
            self._asked_at = now
            self._asked = self._session.request(
                self._answered, type=self._command.type, **self._command.fields
            )

    def outgoing(self) -> list[str]:
        """Hand out the text frames to send, in order."""
        queued, self._session.outgoing = self._session.outgoing, []
        return queued

    def receive(self, received: Iterable[bytes], now: float) -> list[Event]:
        """Read frames; returns what happened in the gap and was not known yet. `now`: monotonic seconds.

        Raises Refused when HA does not want us and Lost when the session is of no use.
        """
        self._clock(now)
        for frame in received:
            self._session.heard(now)
            self._frame(frame)
        self._problems.close()
        events, self._events = self._events, []
        return events

    def tick(self, now: float) -> None:
        """Ping when it is time; raises Lost when HA has kept us waiting for too long."""
        began = self._clock(now)
        if not self._session.authenticated and now - began > self._options.timeout:
            raise Lost(f"Home Assistant did not let us ask for history within {self._options.timeout:g} s")
        if self.busy and self._command is not None and now - self._asked_at > ANSWER_SECONDS:
            raise Lost(f"Home Assistant has not answered {self._command.type} for {ANSWER_SECONDS:g} s")
        self._session.tick(now)

    def _clock(self, now: float) -> float:
        self._now = now
        self._began = now if self._began is None else self._began
        return self._began

    def _opened(self) -> None:
        """Nothing is asked before `ask`."""

    def _frame(self, frame: bytes) -> None:
        try:
            messages = frames.messages(frame)
        except UNREADABLE as error:
            # Nothing but answers comes here, so this is one.
            self._problems.add(f"cannot read what Home Assistant answered about history ({error})", frame)
            self._answered(Message(id=self._asked, success=False, error=Error("unreadable", str(error))))
            return
        for message in messages:
            self._session.take(message)

    def _answered(self, message: Message) -> None:
        if self._talk is None or not self._asked or message.id != self._asked:
            return
        self._asked = 0
        try:
            self._command = self._talk.send(message)
            took = self._now - self._asked_at
            rest = 0.0 if took < QUICK_SECONDS else min(took, REST_SECONDS)
            self._due = self._now + max(rest, self._command.wait)
        except StopIteration:
            self._talk = self._command = None

    def _conversation(self, gap: Gap, known: Iterable[str]) -> Talk:
        yield from self._until_ready()
        states = home.states((yield Command("get_states")), self._problems)
        registered = home.registered((yield Command("config/entity_registry/list")), self._problems)
        filling = Filling(
            self._noted(gap),
            states,
            home.valid([*registered, *known]),
            self._pace,
            most=self._options.entities,
            delay=self._options.delay,
        )
        self.gap = filling.gap
        while question := filling.question:
            yield from self._put(question, filling)
            self.gap = filling.gap

    def _put(self, question: Question, filling: Filling) -> Talk:
        answer = yield Command("history/history_during_period", _period(question), question.wait)
        error = answer.error or Error()
        if answer.success:
            self._events += filling.answer(self._rows(answer.result))
        elif error.code == "unknown_command":
            filling.give_up("Home Assistant has no history, its integration or the recorder is off")
        else:
            reason = f"Home Assistant says {self._session.masked(error.message) or error.code}"
            self._events += filling.answer(reason)

    def _rows(self, result: bytes) -> Rows | str:
        try:
            return rows(result, self._problems.add)
        except UNREADABLE as error:
            self._problems.add(f"cannot read Home Assistant's history ({error})", result)
            return "its answer cannot be read"

    def _until_ready(self) -> Talk:
        """Wait until HA has started, as what it has not loaded yet it knows nothing of, and has its database in order."""
        wait = 0.0
        while True:
            self.note = home.not_running((yield Command("get_config", wait=wait)))
            if not self.note:
                self.note = home.not_recording((yield Command("recorder/info")))
            if not self.note:
                return
            wait = READY_SECONDS

    def _noted(self, gap: Gap) -> Gap:
        notes = Notes(gap.note)
        if self._options.other_events:
            notes.add(ONLY_STATES)
        return msgspec.structs.replace(gap, note=notes.text)


def _period(question: Question) -> dict[str, object]:
    return {
        "start_time": iso_of_micros(question.after - OVERLAP),
        "end_time": iso_of_micros(question.until + OVERLAP),
        "entity_ids": question.entity_ids,
        "include_start_time_state": question.before,
        # With the defaults of these, rows are left out.
        "significant_changes_only": False,
        "minimal_response": False,
        "no_attributes": question.bare,
    }
