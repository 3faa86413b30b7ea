"""Into one sink."""

from typing import Any

from actors.address import Address
from actors.messages import (
    Answered,
    Bury,
    Fetch,
    Fetched,
    Flush,
    Forget,
    Spill,
    Spilled,
    Waiting,
    Wake,
    Write,
)
from actors.worker import Post, Worker
from ha_bridge.domain.circuit import CircuitState
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.metrics import (
    BACKLOG,
    CIRCUIT_OPEN,
    LAG_SECONDS,
    POINTS_WRITTEN,
    WRITE_BYTES,
    WRITE_FAILURES,
    WRITE_REQUESTS,
    WRITE_SECONDS,
    Samples,
)
from ha_bridge.domain.supervision import ChildState
from ha_bridge.domain.upkeep import Upkeep
from ha_bridge.domain.writer import Answer, Writer


class BatchWriter(Worker):
    """The mailbox of a Writer. Between two payloads it looks into its mailbox, so it is never deaf for long."""

    def __init__(
        self,
        post: Post,
        sink: str,
        bit: int,
        answers: Address,
        journal: Address,
        writer: Writer,
        upkeep: Upkeep,
    ) -> None:
        super().__init__(post)
        self._sink = sink
        self._bit = bit
        self._answers = answers
        self._journal = journal
        self._writer = writer
        self._upkeep = upkeep
        self._again = False

    def setup(self) -> None:
        # What a predecessor asked of the journal may never have been answered.
        self._writer.drain.waiting()

    def handle(self, message: Any) -> None:
        match message:
            case Write():
                self._writer.add(message.points)
            case Flush():
                self._writer.hurry()
            case Spilled():
                self._pass_on(self._writer.spilled(message.tickets, message.reason))
            case Fetched():
                self._writer.drain.fetched(message.payloads)
            case Waiting():
                self._writer.drain.waiting()
            case Wake():
                self._again = False
        self._step()

    def tick(self, now: float) -> None:
        self._step()
        if not self._writer.has_work():
            self._look_after(now)

    def samples(self) -> Samples:
        sink = (self._sink,)
        writer, tally = self._writer, self._writer.tally
        return {
            POINTS_WRITTEN: {sink: tally.points_written},
            WRITE_REQUESTS: {sink: tally.requests},
            WRITE_FAILURES: {sink: tally.failures},
            WRITE_BYTES: {sink: tally.bytes_sent},
            WRITE_SECONDS: {sink: writer.write_seconds.buckets()},
            LAG_SECONDS: {sink: writer.lag_seconds.buckets()},
            BACKLOG: {sink: writer.backlog},
            CIRCUIT_OPEN: {sink: float(writer.circuit is not CircuitState.CLOSED)},
        }

    def teardown(self) -> None:
        self._writer.close()

    def _look_after(self, now: float) -> None:
        try:
            with self.post.call:
                self._upkeep.step(now, self.post.clock.micros())
        except (Unavailable, Refused) as error:
            self.log.warning("sink not tidied", extra={"sink": self._sink, "reason": str(error)})

    def _step(self) -> None:
        if self._writer.has_work():
            with self.post.call:
                answers = self._writer.step()
            self._pass_on(answers)
            self._note_trouble()
        self._spill()
        if self._writer.wants_backlog and self._journal.tell(Fetch(self._sink, self._writer.drain.after)):
            self._writer.drain.asked()
        if self._writer.has_work() and not self._again:
            self._again = True
            self.actor_ref.tell(Wake())

    def _spill(self) -> None:
        payloads, answers = self._writer.spill()
        self._pass_on(answers)
        if payloads:
            self._journal.tell(Spill(self._sink, payloads))

    def _pass_on(self, answers: list[Answer]) -> None:
        for answer in answers:
            told = [
                Answered(self._bit, source, seqs, answer.disposition) for source, seqs in answer.seqs.items()
            ]
            if answer.letters:
                self.log.error("dead letter", extra={"sink": self._sink, "reason": answer.letters[0].reason})
                self._journal.tell(
                    Bury(answer.letters, [(self._answers, each) for each in told], answer.forget)
                )
                continue
            if answer.forget:
                self._journal.tell(Forget(answer.forget))
            for each in told:
                self._answers.tell(each)

    def _note_trouble(self) -> None:
        trouble = self._writer.trouble
        if trouble and trouble != self.reason:
            self.log.warning("sink in trouble", extra={"sink": self._sink, "reason": trouble})
        if self.reason and not trouble:
            self.log.info("sink recovered", extra={"sink": self._sink})
        self.reason = trouble
        self.state = ChildState.DEGRADED if trouble else ChildState.UP
