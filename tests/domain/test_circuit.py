from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.circuit import Circuit, CircuitState


def circuit() -> Circuit:
    return Circuit(Backoff(initial=1, factor=2, maximum=60, jitter=0))


def test_it_opens_at_the_first_failure_and_lets_one_attempt_through_after_the_wait() -> None:
    it = circuit()
    it.failed(100, "connection refused", chance=0)
    assert (it.state, it.reason) == (CircuitState.OPEN, "connection refused")
    assert not it.allows(100.9)
    assert it.allows(101)
    assert it.state is CircuitState.HALF_OPEN


def test_failures_in_a_row_wait_longer_and_a_success_forgets_them() -> None:
    it = circuit()
    it.failed(0, "", 0)
    it.failed(0, "", 0)
    assert it.retry_at == 2
    it.succeeded()
    assert (it.state, it.reason) == (CircuitState.CLOSED, "")
    it.failed(0, "", 0)
    assert it.retry_at == 1


def test_the_servers_own_wait_is_honoured_up_to_an_hour() -> None:
    it = circuit()
    it.failed(0, "429", 0, retry_after=30)
    assert it.retry_at == 30
    it.failed(0, "429", 0, retry_after=1e9)
    assert it.retry_at == 3600


def test_a_refusal_waits_longest_at_once() -> None:
    it = circuit()
    it.refused(0, "401")
    assert it.retry_at == 60


def test_it_can_be_told_to_try_now() -> None:
    it = circuit()
    it.refused(0, "401")
    it.retry_now()
    assert it.allows(0)
