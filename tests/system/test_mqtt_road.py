"""What the real Mosquitto sends again, and what it keeps: the road as far as its acknowledgements."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ha_bridge.adapters.mqtt.paho import MqttPaho, Protocol
from ha_bridge.domain.events import Reading
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.system.mqtt_clients import SYNC, Ear, Publisher, opener
from tests.system.servers import Mosquitto
from tests.waiting import wait_for

pytestmark = pytest.mark.system

VERSIONS: list[Protocol] = ["5", "3.1.1"]


@pytest.fixture
def publisher(mosquitto: Mosquitto) -> Iterator[Publisher]:
    somebody = Publisher(mosquitto.port)
    yield somebody
    somebody.close()


@pytest.mark.parametrize("protocol", VERSIONS)
def test_what_was_not_acknowledged_is_sent_again_and_nothing_else(
    mosquitto: Mosquitto, publisher: Publisher, protocol: Protocol
) -> None:
    paho = opener(mosquitto, protocol)
    ear = Ear(paho, {"a/#": 1, SYNC: 0})
    assert not ear.client.session_present
    publisher.publish("a/b", "1", "2", "3")
    ear.acknowledge(*ear.wait(3)[:2])
    ear.client.close()
    publisher.publish("a/b", "4")
    again = Ear(paho, {"a/#": 1, SYNC: 0})
    assert again.client.session_present
    third, fourth = again.wait_for_broker(publisher)
    assert (third.payload, third.dup, third.mid) == (b"3", True, ear.messages[2].mid)
    assert fourth.payload == b"4"
    again.client.close()
    assert ear.losses == again.losses == []


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_message_that_several_filters_match_is_read_once(
    mosquitto: Mosquitto, publisher: Publisher, protocol: Protocol
) -> None:
    """Mosquitto 2.0 sends it to a client of MQTT 5 as often as filters match."""
    routes = [Route("a/{x}/c", "value", qos=0), Route("a/b/{y}", "value"), Route("+/b/c", "value")]
    reader = MqttReader([*routes, Route(SYNC, "value", qos=0)])
    ear = Ear(opener(mosquitto, protocol), reader.subscriptions)
    publisher.publish("a/b/c", "1", "1", "2", "1", qos=1)
    heard = ear.wait_for_broker(publisher)
    assert len(heard) == (12 if protocol == "5" else 4)
    observed = [each.event for message in heard for each in reader.read(message, 1, 0.0) if each.event]
    assert [each.fields["value"] for each in observed if isinstance(each, Reading)] == [1, 1, 2, 1]
    assert all(isinstance(each, Reading) and each.tags == {"y": "c"} for each in observed)
    ear.client.close()


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_broker_that_is_killed_sends_again_what_was_not_acknowledged(
    tmp_path: Path, protocol: Protocol
) -> None:
    with Mosquitto(tmp_path, persistence=True) as broker:
        paho = opener(broker, protocol)
        ear = Ear(paho, {"a/#": 1})
        publisher = Publisher(broker.port)
        publisher.publish("a/b", "1", "2", "3", "4")
        ear.acknowledge(ear.wait(4)[0])
        power_cut(broker, publisher)
        assert "broke off" in ear.wait_lost()
        with pytest.raises(Lost, match="connection refused"):
            Ear(paho, {"a/#": 1})
        broker.start()
        again = Ear(paho, {"a/#": 1})
        assert again.client.session_present
        resent = [(message.payload, message.mid, message.dup) for message in again.wait(3)]
        assert resent == [(message.payload, message.mid, True) for message in ear.messages[1:]]
        again.client.close()
        assert len(ear.losses) == 1


@pytest.mark.parametrize("protocol", VERSIONS)
def test_over_a_killed_broker_every_message_is_read_once(tmp_path: Path, protocol: Protocol) -> None:
    with Mosquitto(tmp_path, persistence=True) as broker:
        road = Road(opener(broker, protocol))
        publisher = Publisher(broker.port)
        publisher.publish("v/x", *map(str, range(5)))
        road.read(5)
        road.settle(2)
        power_cut(broker, publisher)
        road.settle(1)
        broker.start()
        road.connect()
        publisher = Publisher(broker.port)
        publisher.publish("v/x", *map(str, range(5, 8)))
        road.read(8)
        road.settle(5)
        road.connect()
        publisher.publish("v/x", "8")
        road.read(9)
        assert road.values == [float(number) for number in range(9)]
        road.close()
        publisher.close()


def test_what_the_broker_has_kept_of_thousands_of_topics_comes_whole(
    mosquitto: Mosquitto, publisher: Publisher
) -> None:
    """At QoS 1 it would not: this broker drops what exceeds its queue of 1,000 and those in flight."""
    topics = [f"ha/sensor/{number}/state" for number in range(3000)]
    for topic in topics:
        publisher.publish(topic, "on", qos=0, retain=True)
    publisher.publish(SYNC, "all are there")
    paho = opener(mosquitto, receive_maximum=100)
    ear = Ear(paho, {"ha/#": 1})
    assert sorted(message.topic for message in ear.wait(3000)) == sorted(topics)
    assert all(message.retain and message.qos == 0 for message in ear.messages)
    publisher.publish(topics[0], "off")
    live = ear.wait(3001)[-1]
    assert (live.payload, live.qos, live.retain) == (b"off", 1, False)
    ear.acknowledge(live)
    ear.client.close()
    again = Ear(paho, {"ha/#": 1, SYNC: 0})
    assert again.wait_for_broker(publisher) == []
    again.client.close()


def test_as_many_as_agreed_may_be_unacknowledged(mosquitto: Mosquitto, publisher: Publisher) -> None:
    ear = Ear(opener(mosquitto, "5", receive_maximum=50), {"a": 1, SYNC: 0})
    publisher.publish("a", *map(str, range(80)))
    in_flight = ear.wait_for_broker(publisher)
    assert len(in_flight) == 50
    ear.acknowledge(*in_flight)
    ear.wait(81)
    ear.client.close()


def power_cut(broker: Mosquitto, publisher: Publisher) -> None:
    """Kill the broker when its database has what it was told so far."""
    publisher.publish(SYNC, "all that was sent before is dealt with")
    database = broker.directory / "mosquitto.db"
    broker.signal(signal.SIGUSR1)
    wait_for(database.exists, what="the broker to save")
    broker.kill()
    publisher.close()


class Road:
    """The reader, the acknowledgements and the adapter together, as the actor uses them."""

    def __init__(self, paho: MqttPaho) -> None:
        self._paho = paho
        self._reader = MqttReader([Route("v/{device}", "value")])
        self._acknowledgements = Acknowledgements(100)
        self._unsettled: list[int] = []
        self.values: list[object] = []
        self.connect()

    def connect(self) -> None:
        self._acknowledgements.disconnected()
        self._ear = Ear(self._paho, self._reader.subscriptions)
        self._taken = 0
        self._acknowledgements.connected(session_present=self._ear.client.session_present)

    def read(self, number: int) -> None:
        wait_for(lambda: self._read() >= number, what=f"{number} readings")

    def settle(self, number: int) -> None:
        settled, self._unsettled = self._unsettled[:number], self._unsettled[number:]
        self._acknowledgements.settled(settled)
        for mid, qos in self._acknowledgements.take():
            self._ear.client.acknowledge(mid, qos)

    def close(self) -> None:
        self._ear.client.close()

    def _read(self) -> int:
        for message in self._ear.messages[self._taken :]:
            self._taken += 1
            token = self._acknowledgements.arrived(message)
            if token is not None:
                (observed,) = self._reader.read(message, token, 0.0)
                self._observe(observed)
        return len(self.values)

    def _observe(self, observed: Observed) -> None:
        assert isinstance(observed.event, Reading)
        seq = len(self.values)
        self._acknowledgements.bind(observed.tokens, seq)
        self._acknowledgements.done(observed.tokens)
        self._unsettled.append(seq)
        self.values.append(observed.event.fields["value"])
