"""How a gap is filled from Home Assistant's history: which questions, what the answers give, what they lack."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.gaps import rest, window
from ha_bridge.domain.hass.history_notes import Notes, named
from ha_bridge.domain.hass.history_pace import Pace
from ha_bridge.domain.hass.history_rows import Past, Rows
from ha_bridge.domain.records import Gap
from ha_bridge.domain.times import iso_of_micros, micros_of_float

ATTEMPTS = 3
"""How often a question is asked that Home Assistant answers with an error."""
PATIENCE = 12
"""How often it is asked for what is not committed yet."""
MOST_SKIPPED = 3
"""Questions in a row without an answer, after which there is no use in asking more."""
COMMIT = 600_000_000
"""Microseconds after which a recorder has surely committed; it does so every 5 s unless told otherwise."""
OVERLAP = 1_000
"""Microseconds by which a question is wider than what it is for, as both its bounds are exclusive."""


class Question(msgspec.Struct, frozen=True):
    """What happened to these entities after `after` and up to `until`, in microseconds.

    `before`: tell the states at `after` too. `bare`: states alone will do. `wait`: seconds to let pass before asking.
    """

    after: int
    until: int
    entity_ids: Sequence[str]
    before: bool = False
    bare: bool = False
    wait: float = 0.0


Answer = Rows | str
"""The rows, or why there are none."""

Steps = Generator[Question, Answer, None]


class Hopeless(Exception):
    """History gives nothing more. The text says why."""


class Filling:
    """Fills one gap: put its `question` to Home Assistant and `answer` it; when there is none left, the gap is closed.

    `gap` says how far it has come with all the events returned so far. `states`: when each entity that Home Assistant
    has was last updated. `others`: entities that it may have had. `most`: entities in a question. `delay`: seconds
    after which to ask again.
    """

    def __init__(
        self,
        gap: Gap,
        states: Mapping[str, int],
        others: Iterable[str],
        pace: Pace,
        *,
        most: int,
        delay: float,
    ) -> None:
        self.gap = gap
        self.question: Question | None = None
        self._states = states
        self._entity_ids = sorted({*states, *others})
        self._pace = pace
        self._most = most
        self._delay = delay
        self._past = Past()
        self._notes = Notes(gap.note)
        self._events: list[StateEvent] = []
        self._late = False  # history begins after the gap, as far as is known
        self._first = 0  # the time of the first event, 0 while there is none
        self._skipped = 0
        self._steps = self._fill()
        self._advance(self._steps.__next__)

    def answer(self, answer: Answer) -> list[StateEvent]:
        """Returns what happened in the gap and is known from this answer."""
        self._advance(partial(self._steps.send, answer))
        events, self._events = self._events, []
        return events

    def give_up(self, reason: str) -> None:
        """Close the gap as it is."""
        begun = self.gap.filled > self.gap.start
        self._notes.add(f"{reason}: nothing{f' after {iso_of_micros(self.gap.filled)}' if begun else ''}")
        self._close()

    def _advance(self, step: Callable[[], Question]) -> None:
        try:
            self.question = step()
        except StopIteration:
            self._close()
        except Hopeless as error:
            self.give_up(str(error))

    def _close(self) -> None:
        self.question = None
        self.gap = msgspec.structs.replace(self.gap, note=self._notes.text, closed=True)

    def _fill(self) -> Steps:
        yield from self._until_committed()
        yield from self._stretches()
        yield from self._find_left_out()

    def _until_committed(self) -> Steps:
        """Wait until the recorder has committed what happened up to the end of the gap.

        It commits late, but in order: a row from then or later proves it. Where none comes, the recorder may leave those
        entities out, so the wait is not for ever.
        """
        end = self.gap.end
        later = sorted((time, entity_id) for entity_id, time in self._states.items() if time >= end)
        if not later or later[-1][0] - end > COMMIT:
            return
        times, entity_ids = zip(*later[: self._most], strict=True)
        for attempt in range(PATIENCE):
            wait = self._delay if attempt else 0.0
            answer = yield Question(end - 1, times[-1], entity_ids, bare=True, wait=wait)
            if not isinstance(answer, str) and _newest(answer) >= end:
                return

    def _stretches(self) -> Steps:
        began = self.gap.filled
        while rest(self.gap):
            after, until = window(self.gap, self._pace.begin(self.gap.filled))
            question = Question(after, until, self._entity_ids, before=after == began)
            if self._pace.hopeless:
                self._skip(question, "too much for one answer")
                self._pace.done(0)
            else:
                self._pace.done((yield from self._stretch(question)))
            self._look_for_beginning(after)
            self.gap = msgspec.structs.replace(self.gap, filled=until, note=self._notes.text)
        if self._late:
            self._notes.add("history has nothing of this time")

    def _stretch(self, question: Question) -> Generator[Question, Answer, int]:
        """Ask for some entities at a time. Returns how many events there were at once."""
        most = 0
        for entity_ids in self._chunks(question.entity_ids):
            found = yield from self._ask(msgspec.structs.replace(question, entity_ids=entity_ids))
            most = max(most, found)
        return most

    def _ask(self, question: Question) -> Generator[Question, Answer, int]:
        reason = ""
        for attempt in range(ATTEMPTS):
            answer = yield msgspec.structs.replace(question, wait=attempt * self._delay)
            if not isinstance(answer, str):
                return self._take(answer, question)
            reason = answer
        self._skip(question, reason)
        return 0

    def _take(self, answer: Rows, question: Question) -> int:
        self._skipped = 0
        events = self._past.events(answer, question.after, question.until)
        if events:
            self._first = min(self._first or events[0].time, events[0].time)
        self._events += events
        return len(events)

    def _look_for_beginning(self, after: int) -> None:
        """Note it where the gap begins before history does: nothing is known of the time before."""
        if after == self.gap.start:
            self._late = not self._past.reaches_back and not self._skipped
        if self._late and self._first:
            self._late = False
            self._notes.add(f"history begins at {iso_of_micros(self._first)}")

    def _skip(self, question: Question, reason: str) -> None:
        self._skipped += 1
        if self._skipped >= MOST_SKIPPED:
            raise Hopeless(reason)
        times = f"from {iso_of_micros(question.after)} to {iso_of_micros(question.until)}"
        self._notes.add(f"nothing of {named(question.entity_ids)} {times}: {reason}")

    def _find_left_out(self) -> Steps:
        """Tell the entities that the recorder leaves out from those that were not there yet.

        Whatever it keeps has a latest state, by now committed.
        """
        silent = [each for each in self._entity_ids if each not in self._past.met]
        changed = [each for each in silent if self._states.get(each, 0) > self.gap.start]
        newest = max(self._states.values(), default=0) + 2 * OVERLAP
        left_out: list[str] = []
        for place, entity_ids in enumerate(self._chunks(changed)):
            wait = 0.0 if place else self._delay
            answer = yield Question(newest, newest, entity_ids, before=True, bare=True, wait=wait)
            if not isinstance(answer, str):
                left_out += [each for each in entity_ids if not answer.get(each)]
        if left_out:
            self._notes.add(f"the recorder leaves out {named(left_out)}")

    def _chunks(self, entity_ids: Sequence[str]) -> Iterator[Sequence[str]]:
        for start in range(0, len(entity_ids), self._most):
            yield entity_ids[start : start + self._most]


def _newest(rows: Rows) -> int:
    return max((micros_of_float(row.lu) for each in rows.values() for row in each), default=0)
