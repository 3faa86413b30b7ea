"""The supervisor with small workers of its own kind: real actors, real threads."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pykka
import pytest

from actors.address import Address
from actors.messages import Message, Resend, RoadState, Shutdown, Supervised, Tick
from actors.supervisor import ChildSpec, Outcome, Plan, Supervisor, builder
from actors.worker import Post, Worker
from ha_bridge.clock import SystemClock
from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.supervision import ChildState, Health, Intensity, Policy
from ha_bridge.settings import SupervisorSettings
from tests.waiting import wait_for

QUICK = Policy(
    Backoff(initial=0.01, factor=1, maximum=0.01, jitter=0),
    refused_after=60,
    healthy_after=60,
    hang_after=2,
)


class Do(Message, frozen=True):
    """Makes a Part run something in its own thread."""

    action: Any


class Wait(Message, frozen=True):
    """Makes a Part wait as for a server."""

    over: threading.Event


class Part(Worker):
    """A worker that does as it is told and notes what it hears."""

    def __init__(self, post: Post, life: "Life") -> None:
        super().__init__(post)
        self.life = life

    def setup(self) -> None:
        self.life.starts += 1
        self.life.log.append(f"start {self.post.name}")
        self.life.on_setup()

    def handle(self, message: Any) -> None:
        if isinstance(message, Do):
            message.action()
        elif isinstance(message, Wait):
            with self.post.call:
                message.over.wait()
        else:
            self.life.heard.append(message)

    def teardown(self) -> None:
        self.life.log.append(f"stop {self.post.name}")


class Life:
    """What a part has been through over all its incarnations."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.starts = 0
        self.heard: list[object] = []
        self.on_setup: Callable[[], None] = lambda: None


class House:
    """A supervisor over parts named a, b and source, ticking until it is over."""

    def __init__(self, intensity: Intensity | None = None) -> None:
        self.log: list[str] = []
        self.lives = {name: Life(self.log) for name in ("metrics", "a", "source")}
        self.addresses = {name: Address(name) for name in self.lives}
        self.resting = True
        specs = [
            ChildSpec(
                self.addresses[name],
                builder(Part, life),
                QUICK,
                at_rest=(lambda: self.resting) if name == "source" else None,
                road=name == "source",
            )
            for name, life in self.lives.items()
        ]
        self.outcome = Outcome()
        self.address = Address("supervisor")
        self.plan = Plan(
            specs,
            self.addresses["metrics"],
            self.addresses["a"],
            intensity or Intensity(100, 60),
            SystemClock(),
            lambda: 0.0,
        )
        self.ref = Supervisor.start(self.address, self.plan, self.outcome)
        self._over = threading.Event()
        self._ticking = threading.Thread(target=self._tick)
        self._ticking.start()

    def _tick(self) -> None:
        while not self._over.wait(0.01):
            self.address.tell(Tick(self.plan.clock.monotonic()))

    def tell(self, name: str, action: Any) -> None:
        self.addresses[name].tell(Do(action))

    def health(self, name: str) -> Health | None:
        reports = [each for each in self.lives["metrics"].heard if isinstance(each, Supervised)]
        return next((each for report in reports[-1:] for each in report.children if each.child == name), None)

    def wait_for_state(self, name: str, state: ChildState) -> Health:
        def reached() -> Health | None:
            health = self.health(name)
            return health if health is not None and health.state is state else None

        return wait_for(reached, what=f"{name} {state}")

    def wait_for_start(self, name: str, starts: int) -> None:
        wait_for(lambda: self.lives[name].starts >= starts, what=f"start {starts} of {name}")

    def close(self) -> None:
        self._over.set()
        self._ticking.join()
        pykka.ActorRegistry.stop_all(timeout=5)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.close()


def fail(error: BaseException) -> Any:
    def action() -> None:
        raise error

    return action


def test_children_start_in_order_and_stop_in_reverse(house: House) -> None:
    house.wait_for_state("source", ChildState.UP)
    house.address.tell(Shutdown(house.plan.clock.monotonic() + 5))
    assert house.outcome.finished.wait(5)
    assert house.log == ["start metrics", "start a", "start source", "stop source", "stop a", "stop metrics"]
    assert house.outcome.exit_code == 0


@pytest.mark.parametrize("error", [ValueError("bug"), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_whatever_ends_a_worker_ends_it_alone(house: House, error: BaseException) -> None:
    house.wait_for_state("a", ChildState.UP)
    house.tell("a", fail(error))
    house.wait_for_start("a", 2)
    health = house.wait_for_state("a", ChildState.UP)
    assert health.restarts == 1
    assert house.lives["source"].starts == 1


def test_the_sources_send_again_when_a_worker_was_restarted(house: House) -> None:
    house.wait_for_state("a", ChildState.UP)
    house.tell("a", fail(ValueError("bug")))
    wait_for(lambda: any(isinstance(each, Resend) for each in house.lives["source"].heard), what="Resend")


def test_nobody_sends_again_when_a_source_was_restarted(house: House) -> None:
    house.wait_for_state("source", ChildState.UP)
    house.tell("source", fail(Lost("gone")))
    house.wait_for_start("source", 2)
    house.wait_for_state("source", ChildState.UP)
    assert not any(isinstance(each, Resend) for each in house.lives["source"].heard)


def test_the_deduplicator_learns_whether_the_road_is_up(house: House) -> None:
    def roads() -> list[RoadState]:
        return [each for each in house.lives["a"].heard if isinstance(each, RoadState)]

    house.wait_for_state("source", ChildState.UP)
    wait_for(lambda: roads()[-1:] == [RoadState(up=True, down=frozenset())], what="road up")
    house.lives["source"].on_setup = fail(Refused("wrong token"))
    house.tell("source", fail(Lost("gone")))
    wait_for(lambda: roads()[-1:] == [RoadState(up=False, down=frozenset({"source"}))], what="road down")


def test_a_refused_child_stays_down_with_its_reason(house: House) -> None:
    house.wait_for_state("source", ChildState.UP)
    house.tell("source", fail(Refused("wrong token")))
    health = house.wait_for_state("source", ChildState.DOWN)
    assert health.reason == "wrong token"


def test_a_child_that_cannot_even_start_is_tried_again(house: House) -> None:
    life = house.lives["a"]
    house.wait_for_state("a", ChildState.UP)
    life.on_setup = fail(OSError("no"))
    house.tell("a", fail(ValueError("bug")))
    house.wait_for_start("a", 4)
    life.on_setup = lambda: None
    house.wait_for_state("a", ChildState.UP)


def test_a_child_that_cannot_even_be_built_is_tried_again(house: House) -> None:
    def fail_to_build(post: Post) -> Any:
        raise OSError("no")

    house.wait_for_state("a", ChildState.UP)
    supervisor = house.ref._actor_weakref()
    assert supervisor is not None
    charge = supervisor._charges["a"]
    build = charge.spec.build
    charge.spec = msgspec.structs.replace(charge.spec, build=fail_to_build)
    house.tell("a", fail(ValueError("bug")))
    wait_for(lambda: charge.child.incarnation >= 4, what="three more tries")
    charge.spec = msgspec.structs.replace(charge.spec, build=build)
    house.wait_for_state("a", ChildState.UP)


def test_a_hung_child_is_replaced(house: House) -> None:
    wake = threading.Event()
    house.wait_for_state("a", ChildState.UP)
    house.tell("a", wake.wait)
    house.wait_for_start("a", 2)
    health = house.wait_for_state("a", ChildState.UP)
    assert health.restarts == 1
    wake.set()


def test_a_child_that_waits_for_a_server_has_longer(house: House) -> None:
    wake = threading.Event()
    for name in ("a", "source"):
        house.wait_for_state(name, ChildState.UP)
    house.addresses["source"].tell(Wait(wake))
    house.tell("a", wake.wait)
    house.wait_for_start("a", 2)
    back = threading.Event()
    house.tell("source", back.set)
    wake.set()
    assert back.wait(10)
    house.wait_for_state("a", ChildState.UP)
    assert house.lives["source"].starts == 1


def test_the_defaults_keep_the_promise_about_hangs() -> None:
    wanted = SupervisorSettings()
    first_wait = wanted.backoff_initial * (1 + wanted.backoff_jitter)
    assert wanted.hang_after + first_wait + 2 * wanted.tick <= 10


def test_a_child_that_ends_without_a_word_is_missed(house: House) -> None:
    house.wait_for_state("a", ChildState.UP)
    (actor,) = [ref for ref in pykka.ActorRegistry.get_by_class(Part) if ref.proxy().post.get().name == "a"]
    actor.stop()
    house.wait_for_start("a", 2)


def test_too_many_crashes_end_the_process_with_a_code() -> None:
    house = House(Intensity(limit=2, period=60))
    try:
        for start in (1, 2, 3):
            house.wait_for_start("a", start)
            house.wait_for_state("a", ChildState.UP)
            house.tell("a", fail(ValueError("bug")))
        assert house.outcome.finished.wait(5)
        assert house.outcome.exit_code == 1
    finally:
        house.close()


def test_losing_the_other_side_again_and_again_ends_nothing() -> None:
    house = House(Intensity(limit=2, period=60))
    try:
        for start in range(1, 8):
            house.wait_for_start("source", start)
            house.tell("source", fail(Lost("gone")))
        assert not house.outcome.finished.is_set()
    finally:
        house.close()


def test_stopping_waits_for_what_is_unsettled_but_not_past_the_deadline(house: House) -> None:
    house.resting = False
    house.wait_for_state("source", ChildState.UP)
    began = house.plan.clock.monotonic()
    house.address.tell(Shutdown(began + 1))
    assert house.outcome.finished.wait(5)
    assert 0.6 <= house.plan.clock.monotonic() - began <= 1.5


def test_stopping_does_not_wait_for_a_hung_child_past_the_deadline(house: House) -> None:
    wake = threading.Event()
    house.wait_for_state("a", ChildState.UP)
    house.tell("a", wake.wait)
    began = house.plan.clock.monotonic()
    house.address.tell(Shutdown(began + 0.4))
    assert house.outcome.finished.wait(5)
    wake.set()
    assert house.plan.clock.monotonic() - began < 3
