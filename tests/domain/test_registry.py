"""The entities of Home Assistant's registries."""

from ha_bridge.domain.registry import UNREGISTERED, Registered, Registry


def test_an_entity_nobody_registered_says_nothing() -> None:
    assert Registry().of("sensor.unknown") is UNREGISTERED
    assert Registry().entity_id("mqtt", "0x1") == ""


def test_an_entity_that_is_as_it_was_keeps_its_object() -> None:
    registry = Registry()
    registry.learn({"sensor.a": Registered(area="Kitchen"), "sensor.b": Registered(area="Hall")})
    kept, changed = registry.of("sensor.a"), registry.of("sensor.b")
    registry.learn({"sensor.a": Registered(area="Kitchen"), "sensor.b": Registered(area="Cellar")})
    assert registry.of("sensor.a") is kept
    assert registry.of("sensor.b") is not changed
    assert registry.of("sensor.b").area == "Cellar"


def test_an_integrations_own_id_leads_to_the_entity() -> None:
    registry = Registry()
    registry.learn({"sensor.a": Registered(integration="mqtt", unique_id="0x1")})
    assert registry.entity_id("mqtt", "0x1") == "sensor.a"
    assert list(registry.entity_ids()) == ["sensor.a"]
