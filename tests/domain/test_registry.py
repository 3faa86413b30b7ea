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


def test_an_id_that_two_domains_share_is_told_apart_by_the_domain() -> None:
    registry = Registry()
    twin = Registered(integration="mqtt", unique_id="0x1")
    registry.learn({"sensor.a": twin, "switch.a": twin})
    assert registry.entity_id("mqtt", "0x1", "sensor") == "sensor.a"
    assert registry.entity_id("mqtt", "0x1", "switch") == "switch.a"
    assert registry.entity_id("mqtt", "0x1", "light") == ""
    assert registry.entity_id("mqtt", "0x1") in ("sensor.a", "switch.a")


def test_a_renamed_entity_is_known_under_both_ids() -> None:
    registry = Registry()
    registry.learn({"sensor.a": Registered(id="1", area="Hall")})
    registry.rename("sensor.a", "sensor.b")
    registry.rename("sensor.unknown", "sensor.c")
    assert registry.of("sensor.b") is registry.of("sensor.a")
    assert registry.of("sensor.c") is UNREGISTERED
