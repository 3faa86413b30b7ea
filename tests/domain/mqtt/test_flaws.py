import pytest

from ha_bridge.domain.mqtt.flaws import Flaw, flaws
from ha_bridge.domain.mqtt.routes import Route


@pytest.mark.parametrize(
    ("route", "key", "why"),
    [
        (Route("a+", "value"), "topic", "whole levels"),
        (Route("a", "value", exclude=("b#",)), "exclude", "whole levels"),
        (Route("a/{time}", "value"), "topic", "InfluxDB"),
        (Route("a", "json", time="a..b"), "time", "no path"),
        (Route("a/{d}", "json", entity="sensor.{d}", value="["), "value", "no path"),
        (Route("a/{d}", "value", entity="sensor.{e}"), "entity", "not captured"),
        (Route("a/{d}", "value", entity="{d}"), "entity", "domain.name"),
        (Route("a/{d}", "value", entity="Sensor.{d}"), "entity", "domain.name"),
        (Route("ha", "statestream"), "topic", "base topic"),
        (Route("ha/#", "statestream", entity="sensor.x"), "entity", "itself"),
        (Route("a", "json", entity="sensor.x"), "value", "path of its state"),
        (Route("a", "json", value="x"), "value", "an entity"),
        (Route("a", "value", time="x"), "time", "json"),
        (Route("a", "value", measurement=""), "measurement", "no entity"),
        (Route("a", "value", exclude=("$share/g/a",)), "exclude", "without $share"),
        (Route("$share/g/ha/#", "statestream"), "topic", "without $share"),
        (Route("$share/g/ha/#", "discovery"), "topic", "without $share"),
        (Route("ha", "discovery"), "topic", "needs its prefix"),
        (Route("a", "value", names="2024.3"), "names", "discovery"),
        (Route("#", "discovery"), "topic", "needs its prefix"),
        (Route("+/#", "discovery"), "topic", "needs its prefix"),
        (Route("ha/#", "discovery", entity="sensor.x"), "entity", "itself"),
        (Route("a", "json", pick=("a", "b..c")), "pick", "no path"),
        (Route("a", "json", drop=("a[x]",)), "drop", "no path"),
        (Route("a", "json", time="a.*"), "time", "path of one"),
        (Route("a", "value", pick=("a",)), "pick", "json"),
        (Route("a", "json", entity="sensor.x", value="v", drop=("a",)), "drop", "no entity"),
    ],
)
def test_a_flaw_is_named_by_its_key(route: Route, key: str, why: str) -> None:
    found = flaws([Route("fine", "value"), route])
    assert [(flaw.index, flaw.key) for flaw in found] == [(1, key)]
    assert why in found[0].why


def test_an_entity_of_a_flawed_topic_is_not_complained_of_too() -> None:
    assert [flaw.key for flaw in flaws([Route("a+", "value", entity="sensor.{x}")])] == ["topic"]


def test_a_route_behind_one_that_takes_everything_is_a_flaw() -> None:
    routes = [
        Route("a/{x}", "value", exclude=("a/b",)),
        Route("a/{y}", "value"),
        Route("a/#", "value"),
        Route("a/+", "json"),
    ]
    why = "routes[1] has the same topic and excludes nothing, and a message takes one route"
    assert flaws(routes) == [Flaw(3, "topic", why)]


def test_topics_that_would_come_through_a_shared_subscription_and_another_are_a_flaw() -> None:
    routes = [Route("$share/g/a/#", "value"), Route("$share/g/a/b", "value"), Route("a/+", "json")]
    found = flaws(routes)
    assert [(flaw.index, flaw.key) for flaw in found] == [(2, "topic"), (2, "topic")]
    assert found[0].why.startswith("topics of routes[0] match too, which is not in the same $share group")


def test_good_routes_have_no_flaws() -> None:
    routes = [
        Route("homeassistant/#", "statestream"),
        Route("homeassistant/#", "discovery"),
        Route("events", "eventstream"),
        Route("z/{device}", "json", exclude=("z/bridge",), time="last_seen"),
        Route("t/{device}/{rest#}", "json", entity="sensor.{device}_{rest}", value="a.b"),
        Route("v/{device}", "value", entity="sensor.{device}"),
        Route("$share/g/s/{device}", "json", pick=("energy.*", "a[0]"), drop=('["x.y"]', "a[*].b")),
    ]
    assert flaws(routes) == []
