"""The limits Home Assistant sets to clients that do not read, with time as an argument."""

import threading

from ha_bridge.demo.outbox import MAX_PENDING, PEAK, PEAK_SECONDS, Outbox

MESSAGES = [b"x"] * (PEAK + 1)


def test_one_message_too_many_is_too_many() -> None:
    outbox = Outbox()
    assert outbox.put([b"x"] * MAX_PENDING, now=0)
    assert not outbox.put([b"x"], now=0)


def test_a_peak_may_last_a_while_but_not_longer() -> None:
    outbox = Outbox()
    outbox.put(MESSAGES, now=0)
    assert outbox.put([b"x"], now=1)
    assert outbox.put([b"x"], now=1 + PEAK_SECONDS - 0.1)
    assert not outbox.put([b"x"], now=1 + PEAK_SECONDS)


def test_a_peak_that_has_been_read_is_forgotten() -> None:
    outbox = Outbox()
    outbox.put(MESSAGES, now=0)
    outbox.put([b"x"], now=1)
    outbox.take(everything=True)
    assert outbox.put(MESSAGES, now=2)
    assert outbox.put([b"x"], now=3)
    assert outbox.put([b"x"], now=3 + PEAK_SECONDS - 0.1)


def test_messages_are_taken_one_by_one_or_all_at_once() -> None:
    outbox = Outbox()
    outbox.put([b"1", b"2", b"3"], now=0)
    assert outbox.take(everything=False) == [b"1"]
    assert len(outbox) == 2
    assert outbox.take(everything=True) == [b"2", b"3"]


def test_a_closed_outbox_gives_what_it_has_and_takes_nothing_more() -> None:
    outbox = Outbox()
    outbox.put([b"1"], now=0)
    outbox.close()
    assert outbox.put([b"2"], now=0)
    assert outbox.take(everything=True) == [b"1"]
    assert outbox.take(everything=True) == []


def test_closing_wakes_who_waits_and_may_throw_everything_away() -> None:
    outbox = Outbox()
    taken: list[list[bytes]] = []
    waiter = threading.Thread(target=lambda: taken.append(outbox.take(everything=True)))
    waiter.start()
    outbox.close(discard=True)
    waiter.join(10)
    assert taken == [[]]
