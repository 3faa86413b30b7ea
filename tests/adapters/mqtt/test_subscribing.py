"""What the adapter subscribes to, and what a broker may answer."""

import logging
from functools import partial

import pytest

from ha_bridge.adapters.mqtt.paho import Protocol
from ha_bridge.domain.failures import Lost, Refused
from tests.adapters.mqtt.ear import Ear, opened, paho
from tests.adapters.mqtt.script import (
    Connection,
    ScriptedBroker,
    listen,
    publish,
    text,
)
from tests.waiting import wait_for


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_what_is_kept_is_asked_for_at_qos_0_and_again_only_of_what_is_not_queued(ear: Ear) -> None:
    asked: list[list[bytes]] = []

    def script(connection: Connection, *, session_present: bool, requests: int) -> None:
        connection.welcome(session_present=session_present)
        asked.append([connection.grant(1, 1)[3:] for _ in range(requests)])
        listen(connection)

    scripts = [
        partial(script, session_present=kept, requests=2 - late)
        for kept, late in ((True, 0), (True, 1), (False, 0))
    ]
    with ScriptedBroker(*scripts) as broker:
        opener = paho(broker.port)
        for _ in scripts:
            opened(opener, ear, a=1, b=0).close()
    both_kept_at_qos_0 = text(b"a") + b"\x00" + text(b"b") + b"\x00"
    raised_without_kept = text(b"a") + b"\x21"
    the_first_if_new = text(b"a") + b"\x11" + text(b"b") + b"\x00"
    assert asked == [
        [both_kept_at_qos_0, raised_without_kept],
        [the_first_if_new],
        [both_kept_at_qos_0, raised_without_kept],
    ]


@pytest.mark.parametrize(
    ("properties", "number"), [(b"", b"\x02\x0b%c"), (b"\x29\x01", b"\x02\x0b%c"), (b"\x29\x00", b"")]
)
def test_filters_that_overlap_have_numbers_where_the_broker_knows_such(
    ear: Ear, properties: bytes, number: bytes
) -> None:
    asked: list[bytes] = []

    def script(connection: Connection) -> None:
        connection.welcome(properties=properties)
        asked.extend(connection.grant(0, 0, 0)[2:] for _ in range(3 if number else 1))
        listen(connection)

    with ScriptedBroker(script) as broker:
        paho(broker.port)({"a/+/c": 0, "b": 0, "a/b/+": 0}, ear.message, ear.lost).close()
    first, second, other = (text(each) + b"\0" for each in (b"a/+/c", b"a/b/+", b"b"))
    if number:
        assert asked == [b"\0" + other, number % 1 + first, number % 2 + second]
    else:
        assert asked == [b"\0" + first + other + second]


def test_a_broker_that_is_lost_while_subscribing_is_lost(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()

    with ScriptedBroker(script) as broker, pytest.raises(Lost, match="broke off"):
        opened(paho(broker.port), ear)


def test_a_refused_subscription_is_named_and_the_others_are_heard(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0, 0x87)
        connection.grant(1, 0x87)
        connection.send(publish(b"a", b"1"))
        listen(connection)

    with ScriptedBroker(script) as broker:
        client = opened(paho(broker.port), ear, a=1, b=1)
        wait_for(lambda: ear.messages, what="the message")
        client.close()
    assert "refuses to subscribe 'b' (Not authorized): allow" in client.refusal
    assert "'a'" not in client.refusal


def test_of_many_refused_subscriptions_some_are_named(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(*[0x87] * 7)
        connection.grant(*[0x87] * 7)

    with (
        ScriptedBroker(script) as broker,
        pytest.raises(Refused, match=r"'e' \(Not authorized\) and 2 more: allow"),
    ):
        opened(paho(broker.port), ear, **dict.fromkeys("abcdefg", 1))


def test_the_older_protocols_refused_subscription_names_its_topic(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0x80, five=False)

    with ScriptedBroker(script) as broker, pytest.raises(Refused, match=r"'a' \(Unspecified error\): allow"):
        opened(paho(broker.port, "3.1.1"), ear, a=1)


def test_a_lowered_qos_is_logged(ear: Ear, caplog: pytest.LogCaptureFixture) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0)
        connection.grant(0)
        listen(connection)

    with ScriptedBroker(script) as broker, caplog.at_level(logging.WARNING, "ha_bridge.mqtt"):
        opened(paho(broker.port), ear, a=1).close()
    assert [(record.getMessage(), record.__dict__["topic"]) for record in caplog.records] == [
        ("QoS lowered", "a")
    ]


def test_nothing_needs_to_be_subscribed_to(ear: Ear) -> None:
    def script(connection: Connection) -> None:
        connection.welcome()
        listen(connection)

    with ScriptedBroker(script) as broker:
        paho(broker.port)({}, ear.message, ear.lost).close()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_topics_may_be_asked_for_later_and_what_is_refused_is_said(
    ear: Ear, caplog: pytest.LogCaptureFixture, protocol: Protocol
) -> None:
    five = protocol == "5"
    left: list[bytes] = []

    def script(connection: Connection) -> None:
        connection.welcome()
        connection.grant(0, five=five)
        for _ in range(2 if five else 1):
            connection.grant(1, 0x87 if five else 0x80, five=five)
        left.append(connection.expect(0xA2))
        listen(connection)

    with ScriptedBroker(script) as broker, caplog.at_level(logging.WARNING, "ha_bridge.mqtt"):
        client = paho(broker.port, protocol)({"a": 0}, ear.message, ear.lost)
        assert client.refusal == ""
        client.subscribe({"b": 1, "c": 1}, ["d"])
        wait_for(lambda: left, what="the rest")
        client.close()
        client.subscribe({"e": 1}, [])
    reason = "Not authorized" if five else "Unspecified error"
    assert caplog.records[0].__dict__["refused"] == {"c": reason}
    assert f"refuses to subscribe 'c' ({reason}): allow this user to read it" in client.refusal
    assert text(b"d") in left[0]
