"""Starts, watches and restarts every other actor, and stops them in order."""

import logging
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import msgspec
import pykka

from actors.address import Address
from actors.messages import Alive, Failed, Message, Quiesce, Resend, RoadState, Shutdown, Supervised, Tick
from actors.worker import Call, Post, Worker, describe
from ha_bridge.domain.board import WORKING
from ha_bridge.domain.ports import Clock
from ha_bridge.domain.supervision import Child, Failure, Intensity, Policy

PUBLISH_EVERY = 1.0
STOP_RESERVE = 0.3
"""The share of the stopping time kept for stopping the parts themselves."""

log = logging.getLogger("ha_bridge.supervisor")


class ChildSpec(msgspec.Struct, frozen=True):
    """How to build a child and how to treat it.

    `at_rest`: only sources have it; it says whether everything they took in is settled. A source is told to send
    again when a worker has been restarted. `road`: the deduplicator wants to know whether it is up.
    """

    address: Address
    build: Callable[[Post], "pykka.ActorRef[Any]"]
    policy: Policy
    at_rest: Callable[[], bool] | None = None
    road: bool = False


class Plan(msgspec.Struct, frozen=True):
    """The children in the order of their start, and whom the supervisor talks to.

    `chance` is uniform in [0, 1).
    """

    children: Sequence[ChildSpec]
    metrics: Address
    deduplicator: Address
    intensity: Intensity
    clock: Clock
    chance: Callable[[], float]


class Outcome:
    """How it ended, for the main thread. `exit_code` is valid once `finished` is set."""

    def __init__(self) -> None:
        self.finished = Event()
        self.exit_code = 0


class Charge:
    """A child, its specification and its current incarnation."""

    def __init__(self, spec: ChildSpec, call: Call) -> None:
        self.spec = spec
        self.child = Child(spec.address.name, spec.policy)
        self.ref: pykka.ActorRef[Any] | None = None
        self.missed = False
        self.call = call

    def is_hung(self, now: float) -> bool:
        return self.child.is_hung(now, in_call=self.call.open, called=self.call.ended)

    @property
    def works(self) -> bool:
        return self.ref is not None and self.child.health.state in WORKING

    @property
    def at_rest(self) -> bool:
        return self.spec.at_rest is None or not self.works or self.spec.at_rest()


class Supervisor(pykka.ThreadingActor):
    """Does not rely on Pykka to learn of a death: it polls on every Tick, and children say why they end."""

    use_daemon_thread = True

    def __init__(self, address: Address, plan: Plan, outcome: Outcome) -> None:
        super().__init__()
        self._address = address
        self._plan = plan
        self._outcome = outcome
        self._charges = {spec.address.name: Charge(spec, Call(plan.clock)) for spec in plan.children}
        self._stop_at: float | None = None
        self._deadline = 0.0
        self._publish_at = 0.0
        self._changed = True
        self._roads: RoadState | None = None

    def on_start(self) -> None:
        self._address.point_to(self.actor_ref)
        for charge in self._charges.values():
            self._start(charge)

    def on_receive(self, message: Any) -> None:
        match message:
            case Tick():
                self._tick(message)
            case Alive():
                self._heard(message)
            case Failed():
                self._failed(message)
            case Shutdown():
                self._quiesce(message.deadline)

    # Watching

    def _tick(self, tick: Tick) -> None:
        for charge in self._charges.values():
            self._look_after(charge, tick)
        if self._stop_at is not None and (self._at_rest() or tick.now >= self._stop_at):
            self._finish()
        if self._changed or tick.now >= self._publish_at:
            self._publish(tick.now)

    def _look_after(self, charge: Charge, tick: Tick) -> None:
        child = charge.child
        if charge.ref is not None and not charge.ref.is_alive():
            self._miss(charge)
        elif charge.ref is not None and charge.is_hung(tick.now):
            self._abandon(charge)
        elif charge.ref is not None:
            charge.spec.address.tell(tick)
        elif self._stop_at is None and child.is_due(tick.now):
            self._restart(charge)

    def _miss(self, charge: Charge) -> None:
        # Its last word may still be in the mailbox behind this Tick: it has until the next one.
        if charge.missed:
            self._ended(charge, Failure.CRASHED, "ended without a word")
        charge.missed = True

    def _at_rest(self) -> bool:
        return all(charge.at_rest for charge in self._charges.values())

    def _heard(self, message: Alive) -> None:
        charge = self._charges[message.child]
        if message.incarnation == charge.child.incarnation and charge.ref is not None:
            before = charge.child.health
            clock = self._plan.clock
            charge.child.heard(message.state, message.reason, clock.monotonic(), clock.micros())
            self._changed = self._changed or before != charge.child.health

    def _failed(self, message: Failed) -> None:
        charge = self._charges[message.child]
        if message.incarnation == charge.child.incarnation and charge.ref is not None:
            self._ended(charge, message.failure, message.reason)

    def _abandon(self, charge: Charge) -> None:
        # A thread cannot be killed: it is told to stop should it ever wake, and replaced.
        assert charge.ref is not None  # noqa: S101 - only the living can hang
        ref = charge.ref
        self._ended(
            charge,
            Failure.CRASHED,
            f"hung: silent for {charge.spec.policy.patience(in_call=charge.call.open):g} s",
        )
        ref.stop(block=False)

    def _ended(self, charge: Charge, failure: Failure, reason: str) -> None:
        clock = self._plan.clock
        now = clock.monotonic()
        charge.ref = None
        charge.spec.address.point_to(None)
        charge.child.failed(failure, reason, now, clock.micros(), self._plan.chance())
        self._changed = True
        log.warning(
            "child ended", extra={"child": charge.child.name, "failure": failure.value, "reason": reason}
        )
        if failure is Failure.CRASHED and self._plan.intensity.crashed(now) and self._stop_at is None:
            log.critical("too many crashes, giving up", extra={"child": charge.child.name})
            self._outcome.exit_code = 1
            self._quiesce(now)

    # Starting

    def _start(self, charge: Charge) -> None:
        clock = self._plan.clock
        charge.child.started(clock.monotonic(), clock.micros())
        charge.missed = False
        charge.call = Call(clock)
        post = Post(
            charge.child.name,
            charge.child.incarnation,
            charge.spec.address,
            self._address,
            self._plan.metrics,
            clock,
            charge.call,
        )
        self._changed = True
        try:
            charge.ref = charge.spec.build(post)
        except Exception as error:
            log.exception("child cannot be built", extra={"child": charge.child.name})
            self._ended(charge, *describe(error))

    def _restart(self, charge: Charge) -> None:
        self._start(charge)
        self._roads = None
        log.info("child started", extra={"child": charge.child.name, "incarnation": charge.child.incarnation})
        if charge.spec.at_rest is None:
            self._tell_sources(Resend())

    # Telling

    def _publish(self, now: float) -> None:
        self._publish_at = now + PUBLISH_EVERY
        self._changed = False
        self._plan.metrics.tell(Supervised([charge.child.health for charge in self._charges.values()]))
        charges = self._charges.values()
        up = any(charge.spec.road and charge.works for charge in charges)
        sources = [charge for charge in charges if charge.spec.at_rest is not None]
        roads = RoadState(up, frozenset(each.spec.address.name for each in sources if not each.works))
        if roads != self._roads:
            self._roads = roads
            self._plan.deduplicator.tell(roads)

    def _tell_sources(self, message: Message) -> None:
        for charge in self._charges.values():
            if charge.spec.at_rest is not None:
                charge.spec.address.tell(message)

    # Stopping

    def _quiesce(self, deadline: float) -> None:
        now = self._plan.clock.monotonic()
        self._deadline = deadline
        self._stop_at = now + max(0.0, deadline - now) * (1 - STOP_RESERVE)
        self._tell_sources(Quiesce())

    def _finish(self) -> None:
        for charge in reversed(self._charges.values()):
            self._stop_child(charge)
        self._outcome.finished.set()
        self.stop()

    def _stop_child(self, charge: Charge) -> None:
        if charge.ref is None:
            return
        patience = max(0.05, self._deadline - self._plan.clock.monotonic())
        try:
            charge.ref.stop(block=True, timeout=patience if charge.works else min(patience, 1.0))
        except pykka.Timeout:
            log.warning("child does not stop", extra={"child": charge.child.name})
        charge.ref = None
        charge.spec.address.point_to(None)


def builder(kind: type[Worker], *arguments: Any) -> Callable[[Post], "pykka.ActorRef[Any]"]:
    """How to build a worker once its post is known."""
    return lambda post: kind.start(post, *arguments)
