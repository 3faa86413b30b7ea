"""Into one sink."""

from typing import Any

from actors.address import Address
from actors.messages import Answered, Flush, Wake, Write
from actors.worker import Post, Worker
from ha_bridge.domain.circuit import CircuitState
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.metrics import (
    BACKLOG,
    CIRCUIT_OPEN,
    DEAD_LETTERS,
    LAG_SECONDS,
    POINTS_WRITTEN,
    WRITE_BYTES,
    WRITE_FAILURES,
    WRITE_REQUESTS,
    WRITE_SECONDS,
    Samples,
)
from ha_bridge.domain.supervision import ChildState
from ha_bridge.domain.writer import Answer, Writer


class BatchWriter(Worker):
    """The mailbox of a Writer. Between two payloads it looks into its mailbox, so it is never deaf for long."""

    def __init__(self, post: Post, sink: str, bit: int, answers: Address, writer: Writer) -> None:
        super().__init__(post)
        self._sink = sink
        self._bit = bit
        self._answers = answers
        self._writer = writer
        self._again = False

    def handle(self, message: Any) -> None:
        match message:
            case Write():
                self._writer.add(message.points)
            case Flush():
                self._writer.hurry()
            case Wake():
                self._again = False
        self._step()

    def tick(self, now: float) -> None:
        del now
        self._step()

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
            DEAD_LETTERS: {(self.post.name,): tally.dead_letters},
        }

    def teardown(self) -> None:
        self._writer.close()

    def _step(self) -> None:
        if self._writer.has_work():
            for answer in self._writer.step():
                self._pass_on(answer)
            self._note_trouble()
            self._continue()

    def _continue(self) -> None:
        if self._writer.has_work() and not self._again:
            self._again = True
            self.actor_ref.tell(Wake())

    def _pass_on(self, answer: Answer) -> None:
        if answer.disposition is Disposition.DEAD_LETTERED:
            self.log.error("dead letter", extra={"sink": self._sink, "reason": answer.reason})
        for source, seqs in answer.seqs.items():
            self._answers.tell(Answered(self._bit, source, seqs, answer.disposition))

    def _note_trouble(self) -> None:
        trouble = self._writer.trouble
        if trouble and trouble != self.reason:
            self.log.warning("sink in trouble", extra={"sink": self._sink, "reason": trouble})
        if self.reason and not trouble:
            self.log.info("sink recovered", extra={"sink": self._sink})
        self.reason = trouble
        self.state = ChildState.DEGRADED if trouble else ChildState.UP
