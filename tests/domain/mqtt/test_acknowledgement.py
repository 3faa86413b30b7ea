from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from tests.domain.mqtt.messages import message

WINDOW = 8


def arrive(acknowledgements: Acknowledgements, mid: int, payload: str = "x", *, dup: bool = False) -> int:
    token = acknowledgements.arrived(message("t", payload, mid=mid, dup=dup))
    assert token is not None
    return token


def bind(acknowledgements: Acknowledgements, tokens: list[int], seq: int) -> None:
    """The messages have this one event."""
    acknowledgements.bind(tokens, seq)
    acknowledgements.done(tokens)


def fresh() -> Acknowledgements:
    acknowledgements = Acknowledgements(WINDOW)
    acknowledgements.connected(session_present=False)
    return acknowledgements


def reconnected(acknowledgements: Acknowledgements, *, session_present: bool = True) -> None:
    acknowledgements.disconnected()
    acknowledgements.disconnected()
    acknowledgements.connected(session_present=session_present)


def test_messages_are_acknowledged_in_order_of_arrival() -> None:
    acknowledgements = fresh()
    for mid in (1, 2, 3):
        bind(acknowledgements, [arrive(acknowledgements, mid)], seq=mid)
    acknowledgements.settled([3, 2])
    assert acknowledgements.take() == []
    assert acknowledgements.waiting == 3
    acknowledgements.settled([1, 99])
    assert acknowledgements.take() == [(1, 1), (2, 1), (3, 1)]
    assert acknowledgements.take() == []
    assert acknowledgements.waiting == 0


def test_what_has_nothing_to_settle_is_acknowledged_when_its_turn_comes() -> None:
    acknowledgements = fresh()
    first, second = arrive(acknowledgements, 1), arrive(acknowledgements, 2)
    acknowledgements.done([second])
    assert acknowledgements.take() == []
    acknowledgements.done([first])
    assert acknowledgements.take() == [(1, 1), (2, 1)]


def test_several_messages_may_settle_with_one_event() -> None:
    acknowledgements = fresh()
    bind(acknowledgements, [arrive(acknowledgements, 1), arrive(acknowledgements, 2)], seq=5)
    acknowledgements.settled([5])
    assert acknowledgements.take() == [(1, 1), (2, 1)]


def test_a_message_with_several_events_waits_for_all_of_them() -> None:
    acknowledgements = fresh()
    token = arrive(acknowledgements, 1)
    acknowledgements.bind([token], seq=1)
    acknowledgements.bind([token], seq=2)
    acknowledgements.settled([1])
    assert acknowledgements.take() == []
    acknowledgements.done([token])
    acknowledgements.settled([1])
    assert acknowledgements.take() == []
    acknowledgements.settled([2])
    assert acknowledgements.take() == [(1, 1)]


def test_qos_0_wants_no_acknowledgement() -> None:
    acknowledgements = fresh()
    token = acknowledgements.arrived(message("t", qos=0, mid=0))
    assert token is not None
    assert not acknowledgements.owes([token])
    bind(acknowledgements, [token], seq=1)
    acknowledgements.done([token])
    acknowledgements.settled([1])
    assert acknowledgements.take() == []


def test_a_message_is_owed_an_acknowledgement_until_its_fate_is_tied_to_an_event() -> None:
    acknowledgements = fresh()
    token = arrive(acknowledgements, 1)
    assert acknowledgements.owes([0, token])
    bind(acknowledgements, [token], seq=1)
    assert not acknowledgements.owes([token])


def test_what_is_on_its_way_is_not_read_again_and_acknowledged_when_it_settles() -> None:
    acknowledgements = fresh()
    bind(acknowledgements, [arrive(acknowledgements, 1)], seq=1)
    reconnected(acknowledgements)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    assert acknowledgements.take() == []
    acknowledgements.settled([1])
    assert acknowledgements.take() == [(1, 1)]


def test_what_settled_while_disconnected_is_acknowledged_when_it_comes_again() -> None:
    acknowledgements = fresh()
    bind(acknowledgements, [arrive(acknowledgements, 1)], seq=1)
    acknowledgements.disconnected()
    acknowledgements.settled([1])
    assert acknowledgements.take() == []
    acknowledgements.connected(session_present=True)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    assert acknowledgements.take() == [(1, 1)]


def test_a_lost_acknowledgement_is_given_again() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1)])
    assert acknowledgements.take() == [(1, 1)]
    reconnected(acknowledgements)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    assert acknowledgements.take() == [(1, 1)]


def test_lost_acknowledgements_are_remembered_up_to_the_window() -> None:
    acknowledgements = fresh()
    for mid in range(1, WINDOW + 2):
        acknowledgements.done([arrive(acknowledgements, mid)])
    acknowledgements.take()
    reconnected(acknowledgements)
    for mid in range(2, WINDOW + 2):
        assert acknowledgements.arrived(message("t", "x", mid=mid, dup=True)) is None
    arrive(acknowledgements, 1, dup=True)


def test_lost_acknowledgements_are_those_of_the_first_messages_sent_again() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1), arrive(acknowledgements, 2)])
    acknowledgements.take()
    reconnected(acknowledgements)
    arrive(acknowledgements, 3)
    arrive(acknowledgements, 1, dup=True)
    reconnected(acknowledgements)
    arrive(acknowledgements, 2, dup=True)


def test_another_message_under_a_known_id_is_read() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1)])
    acknowledgements.take()
    bind(acknowledgements, [arrive(acknowledgements, 2)], seq=2)
    reconnected(acknowledgements)
    for arrived in (
        message("t", "y", mid=1, dup=True),
        message("u", "x", mid=2, dup=True),
        message("t", "x", mid=1),
    ):
        assert acknowledgements.arrived(arrived) is not None


def test_an_equal_message_that_is_not_sent_again_is_read() -> None:
    acknowledgements = fresh()
    bind(acknowledgements, [arrive(acknowledgements, 1)], seq=1)
    acknowledgements.done([arrive(acknowledgements, 2)])
    reconnected(acknowledgements)
    arrive(acknowledgements, 2)
    arrive(acknowledgements, 1)
    acknowledgements.settled([1])
    assert acknowledgements.take() == []


def test_a_message_that_is_sent_again_on_the_same_connection_is_acknowledged_once() -> None:
    acknowledgements = fresh()
    bind(acknowledgements, [arrive(acknowledgements, 1)], seq=1)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    acknowledgements.settled([1])
    assert acknowledgements.take() == [(1, 1)]


def test_an_id_given_to_two_messages_is_acknowledged_for_each() -> None:
    acknowledgements = fresh()
    acknowledgements.done([arrive(acknowledgements, 1), arrive(acknowledgements, 1, "other")])
    assert acknowledgements.take() == [(1, 1), (1, 1)]


def test_a_forgotten_session_wants_no_acknowledgements() -> None:
    acknowledgements = fresh()
    bind(acknowledgements, [arrive(acknowledgements, 1)], seq=1)
    acknowledgements.done([arrive(acknowledgements, 2)])
    reconnected(acknowledgements, session_present=False)
    acknowledgements.settled([1])
    assert acknowledgements.take() == []
    arrive(acknowledgements, 1, dup=True)
    arrive(acknowledgements, 2, dup=True)


def test_what_somebody_has_read_and_not_told_is_not_read_again() -> None:
    acknowledgements = fresh()
    token = arrive(acknowledgements, 1)
    acknowledgements.disconnected()
    acknowledgements.forget_unread({token})
    acknowledgements.connected(session_present=True)
    assert acknowledgements.arrived(message("t", "x", mid=1, dup=True)) is None
    bind(acknowledgements, [token], seq=5)
    acknowledgements.settled([5])
    assert acknowledgements.take() == [(1, 1)]


def test_what_nobody_has_read_is_read_when_it_comes_again() -> None:
    acknowledgements = fresh()
    arrive(acknowledgements, 1)
    bind(acknowledgements, [arrive(acknowledgements, 2)], seq=2)
    acknowledgements.disconnected()
    arrive(acknowledgements, 3)
    arrive(acknowledgements, 3, "other")
    acknowledgements.disconnected()
    acknowledgements.forget_unread()
    acknowledgements.connected(session_present=True)
    arrive(acknowledgements, 1, dup=True)
    assert acknowledgements.arrived(message("t", "x", mid=2, dup=True)) is None
