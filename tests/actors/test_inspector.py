"""What the inspector makes of servers that tell, and of those that do not."""

from collections.abc import Iterator, Sequence
from typing import Any

import pykka
import pytest

from actors.address import Address
from actors.inspector import SAID, Inspector
from actors.messages import Alive, Shaped, Tick
from actors.worker import Call, Post
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.field_types import Held
from ha_bridge.domain.inspection import AGAIN, AWAY, Inspection
from ha_bridge.domain.supervision import ChildState
from tests.making import ManualClock
from tests.waiting import wait_for


class Server:
    """Fulfils ports.Inventory: every field of every measurement is an integer, unless it does not answer."""

    def __init__(self) -> None:
        self.away = False
        self.silent = False
        self.asked: list[Sequence[str]] = []

    def held(self, measurements: Sequence[str]) -> Held:
        self.asked.append(measurements)
        if self.away:
            raise Unavailable("away")
        if self.silent:
            raise Refused("no mapping")
        return Held({name: {"value": {"integer"}} for name in measurements})


class Listener(pykka.ThreadingActor):
    """Takes down what is told to the supervisor."""

    use_daemon_thread = True

    def __init__(self, told: list[Any]) -> None:
        super().__init__()
        self._told = told

    def on_receive(self, message: Any) -> None:
        self._told.append(message)


class Inspected:
    """An inspector of one server, its clock, and what it says of itself."""

    def __init__(self) -> None:
        self.server = Server()
        self.clock = ManualClock()
        self.told: list[Any] = []
        supervisor = Address("supervisor")
        listener = Listener.start(self.told)
        supervisor.point_to(listener)
        self.address = Address("inspector")
        post = Post(
            "inspector", 1, self.address, supervisor, Address("metrics"), self.clock, Call(self.clock)
        )
        self.refs: list[pykka.ActorRef[Any]] = [
            Inspector.start(post, {"main": self.server}, {"main": Inspection("main")}),
            listener,
        ]

    def write(self, *measurements: str, sink: str = "main") -> None:
        self.address.tell(Shaped(sink, {name: {"value": "float"} for name in measurements}))

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.address.tell(Tick(self.clock.now))

    def wait_said(self, state: ChildState) -> str:
        """Let seconds pass until the inspector says that it is in this state; returns its reason."""

        def last() -> Alive | None:
            self.pass_time(1)
            said = [message for message in self.told if isinstance(message, Alive)]
            return said[-1] if said and said[-1].state is state else None

        return wait_for(last, what=f"the inspector to be {state}").reason


@pytest.fixture
def inspected() -> Iterator[Inspected]:
    made = Inspected()
    wait_for(lambda: made.told, what="the inspector to have begun")
    yield made
    for ref in made.refs:
        ref.stop()


def test_a_field_of_another_type_is_told_with_the_mend(inspected: Inspected) -> None:
    inspected.write("sensor")
    reason = inspected.wait_said(ChildState.DEGRADED)
    assert reason.startswith('field "value" of "sensor" is integer there, and float here')


def test_many_are_told_by_their_number(inspected: Inspected) -> None:
    inspected.write(*(f"m{number}" for number in range(SAID + 4)))
    assert inspected.wait_said(ChildState.DEGRADED).endswith("; and 4 more")


def test_a_server_that_does_not_tell_is_no_trouble_and_asked_again_later(inspected: Inspected) -> None:
    inspected.server.away = True
    inspected.write("sensor")

    def asked() -> bool:
        inspected.pass_time(1)
        return bool(inspected.server.asked)

    wait_for(asked, what="the first question")
    assert inspected.wait_said(ChildState.UP) == ""
    assert len(inspected.server.asked) == 1
    inspected.server.away = False
    inspected.pass_time(AWAY)
    inspected.wait_said(ChildState.DEGRADED)


def test_a_server_that_refuses_to_tell_is_logged_once_and_its_reason_shown(
    inspected: Inspected, caplog: pytest.LogCaptureFixture
) -> None:
    inspected.server.silent = True
    inspected.write("sensor")

    def asked(times: int) -> bool:
        inspected.pass_time(AGAIN / 10)
        return len(inspected.server.asked) == times

    for times in (1, 2):
        wait_for(lambda times=times: asked(times), what="a question")  # type: ignore[misc]
        assert inspected.wait_said(ChildState.UP) == "types not checked: no mapping"
    assert [record.message for record in caplog.records].count("types not told") == 1
    inspected.server.silent = False
    inspected.pass_time(AGAIN)
    assert "no mapping" not in inspected.wait_said(ChildState.DEGRADED)


def test_a_sink_without_a_server_is_not_asked_about(inspected: Inspected) -> None:
    inspected.write("sensor", sink="local")
    inspected.write("sensor")
    inspected.wait_said(ChildState.DEGRADED)
    assert inspected.server.asked == [["sensor"]]
