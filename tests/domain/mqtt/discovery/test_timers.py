from ha_bridge.domain.mqtt.discovery.timers import Timers


def test_what_is_set_is_due_once() -> None:
    timers: Timers[str] = Timers()
    timers.set("b", 2)
    timers.set("a", 1)
    assert timers.expired(0.5) == []
    assert timers.expired(2) == ["a", "b"]
    assert timers.expired(3) == []


def test_what_is_set_again_is_due_later() -> None:
    timers: Timers[str] = Timers()
    timers.set("a", 1)
    timers.set("a", 3)
    assert timers.expired(2) == []
    assert timers.expired(3) == ["a"]


def test_what_is_cancelled_is_not_due_and_may_be_set_again() -> None:
    timers: Timers[str] = Timers()
    timers.set("a", 1)
    timers.cancel("a")
    timers.cancel("never set")
    assert timers.expired(1) == []
    timers.set("a", 2)
    assert timers.expired(2) == ["a"]


def test_setting_a_timer_over_and_over_keeps_one_entry() -> None:
    timers: Timers[str] = Timers()
    for at in range(1000):
        timers.set("a", at)
    assert len(timers._queue) == 1
