"""What must hold between settings."""

from pathlib import Path

import pytest

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.registry import Registry
from ha_bridge.shapes import layout_for
from tests.settings_home import Home

INFLUX = '[sinks.a]\nkind = "influxdb"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def route(home: Home, topic: str, *more: str) -> dict[str, str]:
    """Give what is wrong with a route, by key."""
    lines = ("[mqtt]", "enabled = true", "[[mqtt.routes]]", f"topic = {topic!r}", 'format = "json"', *more)
    home.settings("\n".join(lines))
    return {key.removeprefix("mqtt.routes[0]."): problem.message for key, problem in home.problems().items()}


@pytest.mark.parametrize(
    "url", ["http://ha:8123", "https://ha", "ws://ha:8123/api/websocket", "wss://[::1]:8123"]
)
def test_a_home_assistant_url_with_its_token_is_right(home: Home, url: str) -> None:
    home.settings(f'[home_assistant]\nurl = "{url}"\ntoken = "t"\n')
    assert home.load().home_assistant.url == url


@pytest.mark.parametrize(
    "url", ["ha:8123", "ftp://ha", "http://", "http://ha:x", "http://ha:99999", "http://[", "http://h:0"]
)
def test_a_url_that_leads_nowhere_is_told(home: Home, url: str) -> None:
    home.settings(f'[home_assistant]\nurl = "{url}"\ntoken = "t"\n{INFLUX}bucket = "b"\nurl = "{url}"\n')
    assert list(home.problems()) == ["home_assistant.url", "sinks.a.url"]


def test_a_sink_is_not_written_to_over_a_websocket(home: Home) -> None:
    home.settings(f'{INFLUX}bucket = "b"\nurl = "ws://h"\n')
    assert list(home.problems()) == ["sinks.a.url"]


def test_mqtt_wants_a_route_when_it_is_enabled(home: Home) -> None:
    home.settings("[mqtt]\nenabled = true\n")
    assert list(home.problems()) == ["mqtt.routes"]


def test_a_broken_route_is_told_once_and_not_as_a_missing_one(home: Home) -> None:
    assert list(route(home, "a", "qos = 3")) == ["qos"]


def test_a_key_wants_its_certificate(home: Home) -> None:
    home.settings('[mqtt]\nkey_file = "k.pem"\n')
    assert list(home.problems()) == ["mqtt.cert_file"]


@pytest.mark.parametrize("topic", ["#", "a/b/#", "+/b/+", "x/{a}/{b}/{rest#}"])
def test_topics_and_captures_of_whole_levels_are_right(home: Home, topic: str) -> None:
    assert route(home, topic) == {}


def test_what_is_wrong_with_a_route_is_told_under_its_key(home: Home) -> None:
    assert "come last" in route(home, "a/#/b")["topic"]
    assert "come last" in route(home, "a/#", 'exclude = ["a/b", "a/#/c"]')["exclude"]
    assert "not captured" in route(home, "z/+", 'entity = "sensor.{x}"', 'value = "t"')["entity"]
    assert "path of its state" in route(home, "z/+", 'entity = "sensor.x"')["value"]


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ('api = "v2"\nbucket = "b"', []),
        ('api = "v1"\ndatabase = "d"', []),
        ('database = "d"', []),
        ('bucket = "b"', []),
        ("", ["sinks.a.bucket"]),
        ('api = "v2"\ndatabase = "d"', ["sinks.a.bucket"]),
        ('api = "v1"\nbucket = "b"', ["sinks.a.database"]),
        ('bucket = "b"\nattributes = ["x"]', []),
        ('bucket = "b"\nlayout = "homeassistant"\nattributes = ["x"]', ["sinks.a.attributes"]),
        ('bucket = "b"\nlayout = "homeassistant"\ntags_attributes = ["x"]', []),
        ('bucket = "b"\ntags_attributes = ["x"]', ["sinks.a.tags_attributes"]),
        ('bucket = "b"\nregistry_tags = ["floor", "labels"]\nnames = false', []),
        ('bucket = "b"\ntags = {time = "now"}', ["sinks.a.tags.time"]),
        ('bucket = "b"\nregistry_tags = ["floor", "name"]', ["sinks.a.registry_tags"]),
        ('bucket = "b"\nlayout = "homeassistant"\nregistry_tags = ["floor"]', ["sinks.a.registry_tags"]),
        ('bucket = "b"\nlayout = "homeassistant"\nnames = false', ["sinks.a.names"]),
        ('bucket = "b"\ncomponent_config = {"a.b" = {override_measurement = "m"}}', ["sinks.a.component_config"]),
    ],
)  # fmt: skip
def test_a_sink_needs_what_its_api_and_its_layout_need(home: Home, keys: str, wrong: list[str]) -> None:
    home.settings(INFLUX + keys)
    assert list(home.problems()) == wrong


def test_globs_for_components_keep_their_order(home: Home) -> None:
    globs = {f"sensor.{name}_*": {"override_measurement": name} for name in "zmakq"}
    lines = [
        f'[sinks.a.component_config_glob."{glob}"]\noverride_measurement = "{c["override_measurement"]}"'
        for glob, c in globs.items()
    ]
    home.settings(f'{INFLUX}bucket = "b"\nlayout = "homeassistant"\n' + "\n".join(lines))
    home.environ = {"HA_BRIDGE_SINKS__A__ORG": "x"}
    assert list(home.load().sinks["a"].component_config_glob) == list(globs)


def test_a_component_may_be_told_to_have_nothing_which_is_more_than_saying_nothing(home: Home) -> None:
    home.settings(
        f'{INFLUX}bucket = "b"\nlayout = "homeassistant"\noverride_measurement = "all"\n'
        'component_config_domain = {sensor = {override_measurement = "d", ignore_attributes = ["icon"]}}\n'
        'component_config_glob = {"*.x" = {override_measurement = ""}, "*.y" = {ignore_attributes = []}}\n'
    )
    layout = layout_for(home.load().sinks["a"], Registry())

    def written(entity_id: str) -> tuple[str, set[str]]:
        [point] = layout.points(StateEvent(1, entity_id, "1", {"icon": "i"}))
        return point.series.measurement, set(point.fields)

    assert written("sensor.a") == ("d", {"value"})
    assert written("sensor.x") == ("all", {"value"})
    assert written("sensor.y") == ("d", {"value", "icon_str"})


def test_a_sink_has_a_name_that_a_metric_can_carry(home: Home) -> None:
    home.settings('[sinks."my sink"]\nkind = "local"\n')
    assert list(home.problems()) == ['sinks."my sink"']


def test_two_local_sinks_do_not_share_a_file(home: Home) -> None:
    home.settings('[sinks.a]\nkind = "local"\n[sinks.b]\nkind = "local"\n')
    assert list(home.problems()) == ["sinks.b.path"]


def test_a_local_sink_does_not_write_into_the_journal(home: Home) -> None:
    home.settings('[journal]\npath = "x"\n[sinks.a]\nkind = "local"\npath = "x"\n')
    assert "journal has the same file" in home.problems()["sinks.a.path"].message


def test_a_journal_that_could_not_hold_a_few_batches_is_told(home: Home) -> None:
    home.settings('[journal]\nmax_bytes = "1MB"\n')
    assert 'a size such as "64MB" or "1GiB" from 4MB' in home.problems()["journal.max_bytes"].message


@pytest.mark.parametrize(
    ("section", "low", "high"),
    [("batch", "retry_initial", "retry_max"), ("supervisor", "backoff_initial", "backoff_max")],
)
def test_the_first_wait_is_not_longer_than_the_longest(home: Home, section: str, low: str, high: str) -> None:
    home.settings(f'[{section}]\n{low} = "2h"\n{high} = "1h"\n')
    assert list(home.problems()) == [f"{section}.{low}"]
