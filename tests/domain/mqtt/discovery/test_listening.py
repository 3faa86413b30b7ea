"""What is subscribed to for discovered entities, and what waits until they are known."""

from ha_bridge.domain.mqtt.learning import MOST_BYTES, MOST_HELD, PAUSE
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.payloads import LONGEST
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.domain.mqtt.discovery.announcing import SENSOR, Home
from tests.domain.mqtt.messages import message

CONFIGS = {"homeassistant/+/+/config": 0, "homeassistant/+/+/+/config": 0}
DISCOVERY = Route("homeassistant/#", "discovery")
CONFIG = message("homeassistant/sensor/x/config", '{"stat_t": "t", "name": "A"}', retain=True)


def test_configurations_are_subscribed_to_first_and_at_qos_0() -> None:
    reader = MqttReader([Route("v/#", "value"), DISCOVERY])
    assert list(reader.subscriptions.items()) == [*CONFIGS.items(), ("v/#", 1)]


def test_topics_of_entities_are_subscribed_to_as_they_come_and_go() -> None:
    home = Home()
    assert home.reader.subscriptions == CONFIGS
    assert home.reader.changes() is None
    home.announce("sensor/x", SENSOR, avty_t="a")
    home.announce("sensor/y", SENSOR, uniq_id="u2", stat_t="s", avty_t="a")
    changes = home.reader.changes()
    assert changes is not None
    assert (changes.wanted, changes.unwanted) == ({"t": 1, "a": 1, "s": 1}, [])
    home.announce("sensor/x", SENSOR, avty_t="a")
    assert home.reader.changes() is None
    home.announce("sensor/x")
    changes = home.reader.changes()
    assert changes is not None
    assert (changes.wanted, changes.unwanted) == ({}, ["t"])
    assert home.reader.subscriptions == {**CONFIGS, "a": 1, "s": 1}
    assert home.reader.changes() is None


def test_the_qos_is_that_of_the_route() -> None:
    reader = MqttReader([Route("homeassistant/#", "discovery", qos=0)])
    reader.read(CONFIG, 1, 0.0)
    assert reader.subscriptions == {**CONFIGS, "t": 0}


def test_a_topic_that_a_route_brings_is_not_subscribed_to_again() -> None:
    home = Home(Route("z/{device}", "json"), exclude=("z/secret",))
    home.announce("sensor/x", SENSOR, stat_t="z/plug")
    assert home.reader.subscriptions == {**CONFIGS, "z/+": 1}
    assert home.reader.changes() is None
    home.announce("sensor/x")
    assert home.reader.changes() is None


def test_a_discovered_topic_is_its_entities_whatever_the_routes_say() -> None:
    home = Home(Route("z/{device}", "value", entity="sensor.{device}"), exclude=("z/secret",))
    assert home.states("z/plug", "4") == [("sensor.plug", "4")]
    home.announce("sensor/x", SENSOR, stat_t="z/plug")
    assert home.states("z/plug", "5") == [("sensor.power", "5")]
    home.announce("sensor/x")
    assert home.states("z/plug", "6") == [("sensor.plug", "6")]


def test_an_excluded_entity_is_left_to_the_routes() -> None:
    home = Home(Route("z/{device}", "value", entity="sensor.{device}"), exclude=("z/secret",))
    home.announce("sensor/x", SENSOR, stat_t="z/secret")
    assert home.states("z/secret", "5") == [("sensor.secret", "5")]
    assert home.reader.notes() == []


def test_statestream_and_discovery_may_share_their_base() -> None:
    home = Home(Route("homeassistant/#", "statestream"))
    home.announce("sensor/x", SENSOR)
    assert home.states("t", "5") == [("sensor.power", "5")]
    assert home.reader.subscriptions == {"homeassistant/#": 1, "t": 1}
    home.hear("homeassistant/sensor/other/state", "7")
    assert [(event.entity_id, event.state) for event in home.pass_time(10)] == [("sensor.other", "7")]


def test_a_state_may_come_over_any_of_several_topics() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, stat_t="+/+/BTtoMQTT/1")
    home.announce("sensor/y", SENSOR, uniq_id="u2", name="Other", stat_t="home/hall/BTtoMQTT/1")
    assert home.states("home/hall/BTtoMQTT/1", "5") == [("sensor.other", "5"), ("sensor.power", "5")]
    assert home.states("home/attic/BTtoMQTT/1", "5", "6") == [("sensor.power", "6")]
    assert home.states("home/attic/BTtoMQTT/1", "6") == home.states("home/attic/BTtoMQTT/2", "7") == []
    assert home.listens_to() == {"+/+/BTtoMQTT/1", "home/hall/BTtoMQTT/1"}
    home.announce("sensor/x")
    assert home.states("home/attic/BTtoMQTT/1", "8") == []
    assert home.listens_to() == {"home/hall/BTtoMQTT/1"}


def test_a_topic_that_nobody_wants_any_more_is_cut_off_once() -> None:
    home = Home(Route("v/#", "value", exclude=("v/x",)))
    assert home.reader.subscriptions
    for topic in ("gone", "gone", "v/x"):
        assert home.hear(topic, "5") == []
    changes = home.reader.changes()
    assert changes is not None
    assert (changes.wanted, changes.unwanted) == ({}, ["gone"])
    assert home.reader.changes() is None
    assert home.returned == [1, 2, 3]


def test_what_an_earlier_process_asked_for_and_nobody_wants_is_asked_for_no_longer() -> None:
    reader = MqttReader([Route("v/#", "value")], earlier=["v/#", "v/+", "a/+"])
    assert reader.subscriptions == {"v/#": 1}
    assert reader.subscribed == {"v/#", "v/+", "a/+"}
    changes = reader.changes()
    assert changes is not None
    assert (changes.wanted, changes.unwanted) == ({}, ["a/+", "v/+"])
    assert reader.subscribed == {"v/#"}
    assert reader.changes() is None


def test_who_nobody_wants_is_known_when_the_configurations_have_come() -> None:
    reader = MqttReader([DISCOVERY], earlier=["t", "gone", *CONFIGS])
    assert reader.subscriptions == CONFIGS
    reader.read(CONFIG, 1, 0.0)
    changes = reader.changes()
    assert changes is not None
    assert (changes.wanted, changes.unwanted) == ({"t": 1}, [])
    reader.due(PAUSE)
    changes = reader.changes()
    assert changes is not None
    assert (changes.wanted, changes.unwanted) == ({}, ["gone"])
    assert reader.subscribed == {"t", *CONFIGS}


def tokens(observed: list[Observed]) -> list[int]:
    return [token for each in observed for token in each.tokens]


def test_what_comes_before_the_configurations_waits_for_them() -> None:
    reader = MqttReader([DISCOVERY])
    assert reader.read(message("t", "1"), 1, 0.0) == []
    assert tokens(reader.read(CONFIG, 2, 1.0)) == [2]
    assert reader.read(message("t", "2"), 3, 1.5) == []
    assert reader.read(message("gone", "2"), 4, 1.5) == []
    assert reader.due(0.9 + PAUSE) == []
    observed = reader.due(1.0 + PAUSE)
    assert tokens(observed) == [1, 3, 4]
    assert [each.event and each.event.state for each in observed] == ["1", "2", None]  # type: ignore[attr-defined]
    assert tokens(reader.read(message("t", "3"), 5, 10.0)) == [5]


def test_a_message_that_comes_late_ends_the_waiting_too() -> None:
    reader = MqttReader([DISCOVERY])
    reader.read(CONFIG, 1, 0.0)
    assert tokens(reader.read(message("t", "1"), 2, PAUSE)) == [2]


def test_too_many_that_wait_end_it() -> None:
    reader = MqttReader([DISCOVERY])
    for token in range(MOST_HELD - 1):
        assert reader.read(message("t", "1"), token, 0.0) == []
    assert len(reader.read(message("t", "1"), 0, 0.0)) == MOST_HELD


def test_too_much_that_waits_ends_it() -> None:
    reader = MqttReader([DISCOVERY, Route("t", "value")])
    longest = "1" * LONGEST
    number = next(number for number in range(100) if reader.read(message("t", longest), number, 0.0))
    assert number == MOST_BYTES // LONGEST


def test_topics_are_subscribed_to_while_configurations_are_still_coming() -> None:
    reader = MqttReader([DISCOVERY])
    reader.read(CONFIG, 1, 0.0)
    changes = reader.changes()
    assert changes is not None
    assert changes.wanted == {"t": 1}


def test_what_waits_when_the_connection_is_lost_is_read_if_it_is_known_and_else_sent_again() -> None:
    reader = MqttReader([DISCOVERY, Route("v", "value")])
    reader.read(message("t", "1"), 1, 0.0)
    reader.read(message("s", "1"), 2, 0.0)
    reader.read(message("v", "1"), 3, 0.0)
    reader.read(CONFIG, 4, 0.0)
    assert tokens(reader.due(float("inf"))) == [1, 3]
    assert reader.due(100.0) == []
    assert reader.read(message("s", "1"), 5, 100.0) == []
    assert tokens(reader.due(100.0 + PAUSE)) == [5]


def test_without_discovery_nothing_waits() -> None:
    reader = MqttReader([Route("v", "value")])
    assert tokens(reader.read(message("v", "1"), 1, 0.0)) == [1]
    assert reader.changes() is None
    assert reader.left_out == 0
    reader.read(message("x", "1"), 1, 0.0)
    assert reader.changes() is None
    assert reader.notes() == []


def test_values_that_are_left_out_of_documents_are_said_once_for_a_topic() -> None:
    reader = MqttReader([Route("j", "json")])
    document = str(list(range(200)))
    for _ in range(2):
        reader.read(message("j", document), 1, 0.0)
    assert reader.notes() == ["'j': 100 values, too many or too deep"]
    assert reader.notes() == []


def test_what_waited_and_cannot_be_read_is_told_with_its_own_message() -> None:
    reader = MqttReader([DISCOVERY, Route("j/#", "json")])
    broken = message("j/1", "{")
    reader.read(broken, 1, 0.0)
    (problem, other) = reader.read(message("j/2", '{"a": 1}'), 2, PAUSE)
    assert problem.message is broken
    assert "no JSON" in problem.problem
    assert other.message is None
