"""As which Home Assistant an entity is named. That these are their names the system tests show."""

from typing import Any

import pytest

from ha_bridge.domain.mqtt.discovery.names import free_id
from ha_bridge.domain.mqtt.routes import Names
from ha_bridge.domain.registry import Registered
from tests.domain.mqtt.discovery.announcing import SENSOR, Home

PLUG = {"ids": ["p"], "name": "Plug", "sa": "Küche"}


def named(component: str, names: Names = "2026.11", **values: Any) -> str:
    home = Home(names=names)
    home.announce(f"{component}/x", {"state_topic": "t", "payload_on": "1", **values})
    return next(entity_id for entity_id, _ in home.states("t", "1"))


@pytest.mark.parametrize(
    ("values", "newest", "old"),
    [
        ({"name": "Power", "uniq_id": "u", "dev": PLUG}, "kuche_plug_power", "plug_power"),
        ({"name": None, "uniq_id": "u", "dev": PLUG}, "kuche_plug", "plug"),
        ({"dev_cla": "pm25", "uniq_id": "u", "dev": PLUG}, "kuche_plug_pm2_5", "plug_pm2_5"),
        ({"dev_cla": "monetary", "uniq_id": "u"}, "monetary_balance", "balance"),
        ({"dev_cla": "apparent_power", "uniq_id": "u"}, "apparent_power", "apparent_power"),
        ({"uniq_id": "u", "dev": {"ids": "p"}, "name": "A"}, "a", "none_a"),
        ({"uniq_id": "u"}, "mqtt_sensor", "mqtt_sensor"),
        ({"name": "Power", "dev": PLUG}, "power", "power"),
        ({"name": ""}, "unnamed_device", "unnamed_device"),
        ({"name": "", "uniq_id": "u"}, "mqtt_u", "mqtt_u"),
        ({"name": "A", "uniq_id": "u", "dev": {"name": "no ids"}}, "a", "a"),
        ({"name": "A", "uniq_id": "u", "object_id": "Mine 1"}, "a", "mine_1"),
        ({"name": "A", "uniq_id": "u", "default_entity_id": "sensor.mine"}, "mine", "a"),
        ({"name": "A", "uniq_id": "u", "default_entity_id": "mine"}, "a", "a"),
        ({"name": "x" * 300, "uniq_id": "u"}, "x" * 248, "x" * 248),
    ],
)
def test_an_entity_is_named_by_its_device_and_itself_or_as_it_asks(
    values: dict[str, Any], newest: str, old: str
) -> None:
    assert named("sensor", **values) == f"sensor.{newest}"
    assert named("sensor", "2024.3", **values) == f"sensor.{old}"


def test_a_light_has_a_default_name_of_its_kind() -> None:
    assert named("light", uniq_id="u") == "light.mqtt_lightentity"


def test_a_device_may_be_told_in_full_by_another_message() -> None:
    home = Home()
    home.announce("sensor/a", SENSOR, dev={"cns": [["mac", "1"], "bad"], "ids": None, "name": "Plug"})
    home.announce("sensor/b", SENSOR, stat_t="b", name="Energy", uniq_id="u2", dev={"cns": [["mac", "1"]]})
    home.announce(
        "sensor/c", SENSOR, stat_t="c", name="C", uniq_id="u3", dev={"cns": [["mac", "1"]], "name": ["x"]}
    )
    home.announce("sensor/d", SENSOR, stat_t="d", name="D", uniq_id="u4", dev={"ids": [], "name": "Plug"})
    assert home.states("b", "5") == [("sensor.plug_energy", "5")]
    assert home.states("c", "5") == [("sensor.plug_c", "5")]
    assert home.states("d", "5") == [("sensor.d", "5")]


def test_of_several_with_one_name_the_later_ones_are_numbered() -> None:
    home = Home()
    for number in "123":
        home.announce(f"sensor/{number}", SENSOR, stat_t=number, uniq_id=number)
    assert home.states("3", "5") == [("sensor.power_3", "5")]
    home.announce("sensor/2")
    home.announce("sensor/4", SENSOR, stat_t="4", uniq_id="4")
    assert home.states("4", "5") == [("sensor.power_2", "5")]


def test_two_with_one_unique_id_are_one() -> None:
    home = Home()
    home.announce("sensor/a", SENSOR)
    home.announce("sensor/b", SENSOR, stat_t="b")
    home.announce("binary_sensor/c", SENSOR, stat_t="c")
    assert home.states("b", "5") == []
    assert home.reader.notes() == ["sensor 'b' is left out: its unique_id 'u1' is that of 'a'"]
    home.announce("sensor/a")
    home.announce("sensor/b", SENSOR, stat_t="b")
    assert home.states("b", "5") == [("sensor.power", "5")]


def test_a_name_survives_that_it_is_changed() -> None:
    home = Home()
    home.announce("sensor/a", SENSOR)
    home.announce("sensor/a", SENSOR, name="Other", stat_t="b")
    assert home.listens_to() == {"b"}
    (event,) = home.hear("b", "5")
    assert event.entity_id == "sensor.power"
    assert event.attributes == {"unit_of_measurement": "W", "friendly_name": "Other"}


def test_home_assistant_has_the_last_word_on_names() -> None:
    home = Home()
    others = {
        "sensor.power": Registered(integration="other", unique_id="u1"),
        "sensor.renamed": Registered(integration="mqtt", unique_id="u2"),
        "sensor.power_2": Registered(integration="mqtt", unique_id="u1"),
    }
    home.registry.learn(others)
    home.announce("sensor/a", SENSOR)
    home.announce("sensor/b", SENSOR, stat_t="b", uniq_id="u2")
    home.announce("sensor/c", SENSOR, stat_t="c", uniq_id="u3")
    assert home.states("t", "1") == [("sensor.power_2", "1")]
    assert home.states("b", "1") == [("sensor.renamed", "1")]
    assert home.states("c", "1") == [("sensor.power_4", "1")]
    home.registry.learn({"sensor.third": Registered(integration="mqtt", unique_id="u3")})
    assert home.states("c", "2") == [("sensor.third", "2")]


def test_what_a_device_says_of_itself_is_known_of_its_entities() -> None:
    home = Home()
    home.announce("sensor/a", SENSOR, ent_cat="diagnostic", dev={**PLUG, "mf": "Acme", "mdl": "P1"})
    assert home.registry.of("sensor.kuche_plug_power") == Registered(
        integration="mqtt",
        unique_id="u1",
        name="Power",
        area="Küche",
        device="Plug",
        manufacturer="Acme",
        model="P1",
        category="diagnostic",
    )


def test_a_number_fits_into_the_longest_name() -> None:
    longest = "sensor." + "x" * 248
    assert free_id(longest, {longest}.__contains__) == "sensor." + "x" * 246 + "_2"
