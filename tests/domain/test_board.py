from ha_bridge.domain.board import Board, Reload, Status
from ha_bridge.domain.metrics import (
    CATALOGUE,
    CHILD_RESTARTS,
    CHILD_UP,
    EVENTS_IN_FLIGHT,
    EVENTS_RECEIVED,
    UPTIME,
)
from ha_bridge.domain.supervision import ChildState, Health
from tests.making import SECOND


def board() -> Board:
    return Board("1.0", started=0, silence=30)


def health(state: ChildState, child: str = "mqtt", restarts: int = 0) -> Health:
    return Health(child, state, "", 0, restarts)


def test_it_is_not_ready_before_anybody_reported() -> None:
    snapshot = board().snapshot(0)
    assert (snapshot.live, snapshot.ready, snapshot.status) == (True, False, Status.DOWN)


def test_a_process_that_reloads_says_which_it_is_and_what_came_of_it() -> None:
    it = board()
    assert it.snapshot(0).reload is None
    it.reloaded(7, Reload(1, applied=["filter"], waiting=["mqtt"]))
    snapshot = it.snapshot(0)
    assert (snapshot.pid, snapshot.reload) == (7, Reload(1, ["filter"], ["mqtt"], ()))


def test_the_worst_child_makes_the_status() -> None:
    it = board()
    for state, status, ready in (
        (ChildState.UP, Status.OK, True),
        (ChildState.DEGRADED, Status.DEGRADED, True),
        (ChildState.STARTING, Status.DOWN, False),
        (ChildState.DOWN, Status.DOWN, False),
        (ChildState.RESTARTING, Status.DOWN, False),
    ):
        it.supervised([health(ChildState.UP, "web"), health(state)], wall=0)
        snapshot = it.snapshot(0)
        assert (snapshot.status, snapshot.ready) == (status, ready)


def test_a_silent_supervisor_is_not_live() -> None:
    it = board()
    it.supervised([health(ChildState.UP)], wall=0)
    assert it.snapshot(30 * SECOND).live
    late = it.snapshot(31 * SECOND)
    assert (late.live, late.ready) == (False, False)


def test_samples_of_all_reporters_are_merged_with_those_of_the_children() -> None:
    it = board()
    it.reported("ws", {EVENTS_RECEIVED: {("ws",): 1}})
    it.reported("ws", {EVENTS_RECEIVED: {("ws",): 2}, EVENTS_IN_FLIGHT: {("ws",): 1}})
    it.reported("mqtt", {EVENTS_RECEIVED: {("mqtt",): 5}})
    it.supervised([health(ChildState.DEGRADED, restarts=3), health(ChildState.DOWN, "web")], wall=0)
    samples = it.samples(2 * SECOND)
    assert samples[EVENTS_RECEIVED] == {("ws",): 2, ("mqtt",): 5}
    assert samples[EVENTS_IN_FLIGHT] == {("ws",): 1}
    assert samples[CHILD_UP] == {("mqtt",): 1, ("web",): 0}
    assert samples[CHILD_RESTARTS] == {("mqtt",): 3, ("web",): 0}
    assert samples[UPTIME] == {(): 2}


def test_every_metric_is_in_the_catalogue_once_and_explained() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(names) == len(set(names))
    assert all(metric.name.startswith("ha_bridge_") and metric.help.endswith(".") for metric in CATALOGUE)
