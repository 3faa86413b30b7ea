"""What a real Mosquitto makes of shared subscriptions, and that the bridge's routes fit what it sends."""

from collections.abc import Iterator

import pytest

from ha_bridge.adapters.mqtt.paho import MqttPaho, Protocol
from ha_bridge.domain.events import Reading
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.system.mqtt_clients import Ear, Publisher
from tests.system.servers import Mosquitto
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

SHARED = Route("$share/bridges/meters/{meter}", "value", measurement="meters")
VERSIONS: list[Protocol] = ["5", "3.1.1"]


@pytest.fixture
def publisher(mosquitto: Mosquitto) -> Iterator[Publisher]:
    made = Publisher(mosquitto.port)
    yield made
    made.close()


def ear(broker: Mosquitto, name: str, protocol: Protocol, *routes: Route) -> Ear:
    paho = MqttPaho(HOST, broker.port, client_id=name, protocol=protocol)
    return Ear(paho, MqttReader(routes).subscriptions)


@pytest.mark.parametrize("protocol", VERSIONS)
def test_each_message_goes_to_one_of_the_group_and_is_read_by_its_own_topic(
    mosquitto: Mosquitto, publisher: Publisher, protocol: Protocol
) -> None:
    ears = [ear(mosquitto, name, protocol, SHARED) for name in ("one", "two")]
    publisher.publish("meters/7", *map(str, range(20)))
    wait_for(lambda: sum(len(each.messages) for each in ears) >= 20, what="20 messages")
    heard = [message for each in ears for message in each.messages]
    assert sorted(int(message.payload) for message in heard) == list(range(20))
    assert all(len(each.messages) for each in ears)
    (observed,) = MqttReader([SHARED]).read(heard[0], 1, 0.0)
    assert isinstance(observed.event, Reading)
    assert observed.event.tags == {"meter": "7"}
    for each in ears:
        each.acknowledge(*each.messages)
        each.client.close()


@pytest.mark.parametrize("protocol", VERSIONS)
def test_what_the_broker_has_kept_is_no_news_even_if_it_is_sent_to_a_group(
    mosquitto: Mosquitto, publisher: Publisher, protocol: Protocol
) -> None:
    """The specification has it left out (MQTT 5.0, 4.8.2); Mosquitto 2.0 sends it."""
    publisher.publish("meters/7", "kept", retain=True)
    listening = ear(mosquitto, "one", protocol, SHARED, Route("sync", "value", qos=0))
    kept = listening.wait_for_broker(publisher)
    assert all(each.retain for each in kept)
    listening.acknowledge(*kept)
    publisher.publish("meters/7", "live")
    wait_for(lambda: listening.messages[-1].payload == b"live", what="what is live")
    assert not listening.messages[-1].retain
    listening.client.close()


def test_a_message_that_matches_a_plain_subscription_too_may_come_twice(
    mosquitto: Mosquitto, publisher: Publisher
) -> None:
    """That is why such routes are refused."""
    paho = MqttPaho(HOST, mosquitto.port, client_id="one", protocol="5")
    listening = Ear(paho, {"$share/bridges/meters/+": 1, "meters/#": 1})
    publisher.publish("meters/7", "5")
    listening.wait(2)
    listening.client.close()
