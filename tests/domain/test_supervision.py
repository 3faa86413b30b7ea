from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.supervision import Child, ChildState, Failure, Intensity, Policy

POLICY = Policy(
    Backoff(initial=1, factor=2, maximum=60, jitter=0),
    refused_after=300,
    healthy_after=30,
    hang_after=10,
    hang_in_call=15,
)


def child() -> Child:
    made = Child("mqtt", POLICY)
    made.started(now=0, wall=0)
    return made


def test_a_child_starts_and_says_how_it_is() -> None:
    it = child()
    assert it.health.state is ChildState.STARTING
    it.heard(ChildState.STARTING, "", now=1, wall=1)
    assert it.health.state is ChildState.STARTING
    it.heard(ChildState.DEGRADED, "slow", now=2, wall=2)
    assert (it.health.state, it.health.reason, it.health.since) == (ChildState.DEGRADED, "slow", 2)


def test_a_state_dates_from_its_beginning() -> None:
    it = child()
    it.heard(ChildState.UP, "", now=2, wall=2)
    it.heard(ChildState.UP, "", now=3, wall=3)
    assert it.health.since == 2


def test_a_lost_child_is_down_until_its_backoff_is_over() -> None:
    it = child()
    it.failed(Failure.LOST, "broker gone", now=10, wall=10, chance=0)
    assert (it.health.state, it.health.reason) == (ChildState.DOWN, "broker gone")
    assert not it.is_due(10.9)
    assert it.is_due(11)
    it.started(11, 11)
    assert (it.incarnation, it.health.restarts, it.health.reason) == (2, 1, "broker gone")


def test_failures_in_a_row_wait_longer_until_it_has_been_well_for_a_while() -> None:
    it = child()
    for now in (0, 100):
        it.failed(Failure.CRASHED, "bug", now=now, wall=0, chance=0)
        it.started(now + 50, 0)
    it.failed(Failure.CRASHED, "bug", now=200, wall=0, chance=0)
    assert it.health.state is ChildState.RESTARTING
    assert not it.is_due(203.9)
    assert it.is_due(204)
    it.started(204, 0)
    it.heard(ChildState.UP, "", now=210, wall=0)
    it.heard(ChildState.UP, "", now=240, wall=0)
    it.failed(Failure.CRASHED, "bug", now=300, wall=0, chance=0)
    assert it.is_due(301)


def test_a_refused_child_does_not_hammer() -> None:
    it = child()
    it.failed(Failure.REFUSED, "wrong token", now=0, wall=0, chance=0)
    assert not it.is_due(299)
    assert it.is_due(300)


def test_silence_is_a_hang_only_while_it_runs() -> None:
    it = child()
    assert not it.is_hung(10)
    assert it.is_hung(10.1)
    assert not it.is_hung(15, in_call=True)
    assert it.is_hung(15.1, in_call=True)
    assert not it.is_hung(25, called=15)
    assert it.is_hung(25.1, called=15)
    it.failed(Failure.CRASHED, "hung", now=10, wall=0, chance=0)
    assert not it.is_hung(100)


def test_too_many_crashes_within_the_period_mean_giving_up() -> None:
    intensity = Intensity(limit=2, period=10)
    assert [intensity.crashed(now) for now in (0, 1, 11.5, 12, 12)] == [False, False, False, False, True]
