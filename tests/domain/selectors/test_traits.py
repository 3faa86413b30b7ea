"""What an entity is."""

import pytest

from ha_bridge.domain.registry import Registered
from ha_bridge.domain.selectors import Patterns
from ha_bridge.domain.selectors.flaws import flaws
from ha_bridge.domain.selectors.patterns import matcher
from ha_bridge.domain.selectors.traits import Entity, traits

LAMP = Entity(
    "light.lamp",
    {"device_class": "power", "unit_of_measurement": "mW", "battery": 5},
    Registered(
        area="Living Room",
        floor="Ground floor",
        device="Lamp [old]",
        labels=("energy", "Do not Store", "Große Küche"),
        integration="zha",
        category="diagnostic",
    ),
)


@pytest.mark.parametrize(
    ("key", "name", "is_so"),
    [
        ("areas", "Living Room", True),
        ("areas", "living room", True),
        ("areas", "living_room", True),
        ("areas", "Living*", True),
        ("areas", "/room$/", True),
        ("areas", "/^Living Room$/", True),
        ("areas", "/^living_room$/", True),
        ("areas", r"/^\D+\S$/", True),
        ("areas", r"/^\w+\Z/", True),
        ("areas", r"/\d/", False),
        ("areas", "Kitchen", False),
        ("labels", "grosse_kuche", True),
        ("labels", "große küche", True),
        ("labels", "Große*", True),
        ("labels", "kuche", False),
        ("floors", "ground_floor", True),
        ("devices", "Lamp [old]", True),
        ("labels", "do_not_store", True),
        ("labels", "energy", True),
        ("labels", "water", False),
        ("integrations", "zha", True),
        ("categories", "diagnostic", True),
        ("device_classes", "power", True),
        ("device_classes", "energy", False),
        ("units", "mW", True),
        ("units", "MW", False),
        ("attributes", "battery < 20", True),
        ("attributes", "battery > 20", False),
    ],
)
def test_a_trait_is_named_by_people_or_by_home_assistant(key: str, name: str, is_so: bool) -> None:
    found = traits(Patterns(**{key: (name,)}))
    assert [trait(LAMP) for trait in found.values()] == [is_so]
    assert list(found) == [key]


def test_what_an_entity_does_not_have_is_named_by_nothing() -> None:
    bare = Entity("light.lamp", {}, Registered())
    for key in ("areas", "floors", "devices", "labels", "integrations", "categories", "units"):
        [trait] = traits(Patterns(**{key: ("*",)})).values()
        assert not trait(bare)


def test_a_text_is_named_exactly_by_glob_or_by_regex() -> None:
    fits = matcher(["sensor.a", "*_rssi", "/^light\\..*[0-9]$/"])
    assert [fits(name) for name in ("sensor.a", "x_rssi", "light.lamp_2")] == [True] * 3
    assert [fits(name) for name in ("sensor.ab", "x_rssi_", "light.lamp", "sensor.light.2x")] == [False] * 4
    assert not matcher([])("a")


def test_what_is_wrong_with_selectors_is_told_by_key() -> None:
    wrong = Patterns(
        domains=("light", "Light", "light.hall", "li*"),
        entities=("a.b", "a.*", "/(/", "/a/", "a", "A.b"),
        areas=("/(/", "Hall"),
        event_types=("/[/", "call_*"),
        attributes=("a < b", "a ~ /(/"),
        times=("x",),
        weekdays=("x", "mon"),
    )
    assert [(flaw.key, flaw.value) for flaw in flaws(wrong)] == [
        *(("domains", name) for name in ("Light", "light.hall", "li*")),
        *(("entities", name) for name in ("/(/", "a", "A.b")),
        ("event_types", "/[/"),
        ("areas", "/(/"),
        ("attributes", "a < b"),
        ("attributes", "a ~ /(/"),
        ("times", "x"),
        ("weekdays", "x"),
    ]
    assert list(flaws(Patterns(entities=("/a/",)))) == []
