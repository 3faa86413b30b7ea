"""Entities that are disabled by default, and what becomes of them when somebody enables them."""

from ha_bridge.domain.mqtt.discovery.discovery import Discovery
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.registry import Registered, Registry
from tests.domain.mqtt.discovery.announcing import SENSOR, Home
from tests.domain.mqtt.messages import message

ENABLED = Registered(integration="mqtt", unique_id="u1")
DISABLED = Registered(integration="mqtt", unique_id="u1", disabled=True)


def test_without_home_assistant_they_are_not_carried() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, en=False)
    assert home.listens_to() == set()
    assert home.reader.notes() == []
    assert home.reader.left_out == 0


def test_one_without_an_id_cannot_be_disabled() -> None:
    home = Home()
    home.announce("sensor/x", {"name": "A", "stat_t": "t"}, en=False)
    assert home.states("t", "5") == [("sensor.a", "5")]


def test_one_that_home_assistant_has_enabled_is_carried() -> None:
    home = Home()
    home.registry.learn({"sensor.mine": ENABLED})
    home.announce("sensor/x", SENSOR, en=False)
    assert home.states("t", "5") == [("sensor.mine", "5")]


def test_one_that_is_enabled_afterwards_is_carried_from_then_on() -> None:
    home = Home()
    home.registry.learn({"sensor.mine": DISABLED})
    home.announce("sensor/x", SENSOR, en=False)
    assert home.pass_time(1) == []
    assert home.listens_to() == set()
    home.registry.learn({"sensor.mine": ENABLED})
    home.pass_time(1)
    changes = home.reader.changes()
    assert changes is not None
    assert changes.wanted == {"t": 1}
    assert home.hear("t", "4", retain=True) == []
    assert home.states("t", "5") == [("sensor.mine", "5")]


def test_one_that_somebody_has_disabled_has_no_state() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR)
    home.registry.learn({"sensor.power": DISABLED})
    assert home.states("t", "5") == []
    home.registry.learn({"sensor.power": ENABLED})
    assert home.states("t", "6") == [("sensor.power", "6")]


def test_one_that_is_announced_otherwise_or_withdrawn_is_forgotten() -> None:
    home = Home()
    home.announce("sensor/x", SENSOR, en=False)
    home.announce("sensor/x", SENSOR)
    assert home.listens_to() == {"t"}
    home.announce("sensor/x", SENSOR, en=False)
    assert home.listens_to() == set()
    home.announce("sensor/x")
    home.registry.learn({"sensor.mine": ENABLED})
    home.pass_time(1)
    assert home.listens_to() == set()


def test_no_more_are_kept_than_there_may_be_entities() -> None:
    registry = Registry()
    discovery = Discovery(registry, lambda _entity_id: "", most=1)
    route = Route("homeassistant/#", "discovery")
    for number in ("1", "2"):
        topic = f"homeassistant/sensor/{number}/config"
        config = f'{{"name": "A", "en": false, "uniq_id": "u{number}", "stat_t": "t{number}"}}'
        discovery.config_lane(route, topic)(message(topic, config, retain=True), 1, 0.0)
    registry.learn(
        {f"sensor.{each}": Registered(integration="mqtt", unique_id=f"u{each}") for each in ("1", "2")}
    )
    discovery.due(0.0)
    assert discovery.wanted == {"t1": 1}
