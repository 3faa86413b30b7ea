"""What every supervised actor is: a mailbox that reports how it is and says why it ends."""

import logging
import traceback
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import msgspec
import pykka

from actors.address import Address
from actors.messages import Alive, Failed, Message, Report, Tick
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.metrics import Samples
from ha_bridge.domain.ports import Clock
from ha_bridge.domain.supervision import ChildState, Failure

REPORT_EVERY = 1.0
"""Seconds between two reports of a child whose state does not change; well below any time after which it is hung."""


class Call:
    """Entered while a worker waits for a server or a disk: that may take longer than anything of its own.

    `ended`: when the last one did, in monotonic seconds; the worker was silent until then and is none the worse for it.
    """

    def __init__(self, clock: Clock) -> None:
        self.open = False
        self.ended = 0.0
        self._clock = clock

    def __enter__(self) -> None:
        self.open = True

    def __exit__(self, *_: object) -> None:
        self.ended = self._clock.monotonic()
        self.open = False


class Post(msgspec.Struct, frozen=True):
    """Where a worker stands: who it is, in which incarnation, and whom it reports to.

    `address`: its own; it points to the worker from before its `setup` on, so that no answer to what it says is lost.
    `call`: the supervisor looks whether it is open.
    """

    name: str
    incarnation: int
    address: Address
    supervisor: Address
    metrics: Address
    clock: Clock
    call: Call


class Ended(Exception):
    """Takes a worker's thread down after it has told the supervisor why."""


class Worker(pykka.ThreadingActor):
    """Subclasses say what they do in `setup`, `handle`, `tick` and `teardown`; none of them may block for long.

    Whatever escapes from them, even a BaseException (which Pykka would answer by stopping every actor), ends this
    worker alone: the supervisor learns the reason and builds a successor.
    """

    use_daemon_thread = True

    def __init__(self, post: Post) -> None:
        super().__init__()
        self.post = post
        self.state = ChildState.UP
        self.reason = ""
        self._said: tuple[ChildState, str] | None = None
        self._report_at = 0.0
        self.log = logging.getLogger(f"ha_bridge.{post.name}")

    def setup(self) -> None:
        """Runs first, in the worker's own thread."""

    @abstractmethod
    def handle(self, message: Any) -> None:
        """A message that is not a Tick."""

    def tick(self, now: float) -> None:
        """Time has passed."""

    def samples(self) -> Samples:
        """Current values of what this worker measures."""
        return {}

    def teardown(self) -> None:
        """Let go of resources; runs once however the worker ends."""

    def on_start(self) -> None:
        self._guard(self._begin)

    def on_receive(self, message: Any) -> None:
        self._guard(lambda: self._dispatch(message))

    def on_stop(self) -> None:
        try:
            self.report()
            self.teardown()
        except BaseException:
            self.log.exception("stopping failed")

    def report(self) -> None:
        """Tell the metrics actor the current values."""
        self.post.metrics.tell(Report(self.post.name, self.samples()))

    def _begin(self) -> None:
        self.post.address.point_to(self.actor_ref)
        self.setup()
        self._report(self.post.clock.monotonic())

    def _dispatch(self, message: Message) -> None:
        if not isinstance(message, Tick):
            self.handle(message)
            return
        self.tick(message.now)
        if message.now >= self._report_at or self._said != (self.state, self.reason):
            self._report(message.now)

    def _report(self, now: float) -> None:
        self._report_at = now + REPORT_EVERY
        self._said = (self.state, self.reason)
        self.post.supervisor.tell(Alive(self.post.name, self.post.incarnation, self.state, self.reason))
        self.report()

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:
            self._end(error)
            raise Ended(self.post.name) from error

    def _end(self, error: BaseException) -> None:
        failure, reason = describe(error)
        if failure is Failure.CRASHED:
            self.log.error("crashed", extra={"reason": reason, "traceback": traceback.format_exc()})
        self.post.supervisor.tell(Failed(self.post.name, self.post.incarnation, failure, reason))
        try:
            self.teardown()
        except BaseException:
            self.log.exception("cleaning up failed")


def describe(error: BaseException) -> tuple[Failure, str]:
    """What kind of failure an exception is, and its reason in words."""
    if isinstance(error, Refused):
        return Failure.REFUSED, str(error)
    if isinstance(error, Lost):
        return Failure.LOST, str(error)
    return Failure.CRASHED, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
