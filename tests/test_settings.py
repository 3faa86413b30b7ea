"""Where settings come from, and which of them wins."""

from pathlib import Path

import pytest

from ha_bridge.settings import (
    EntityFilterSettings,
    InfluxdbSinkSettings,
    LocalSinkSettings,
    Settings,
    load,
    rows,
)
from tests.settings_home import Home

ROAD = '[home_assistant]\nurl = "http://ha:8123"\ntoken = "t"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_without_any_file_there_are_the_defaults_and_one_local_sink(home: Home) -> None:
    settings = home.load()
    assert settings == Settings(sinks={"local": LocalSinkSettings(kind="local")})
    assert settings.batch.interval == 1.0
    assert settings.mqtt.session_expiry == 7 * 86400.0


def test_the_settings_are_frozen(home: Home) -> None:
    with pytest.raises(AttributeError):
        home.load().batch.size = 1  # type: ignore[misc]


def test_every_layer_outdoes_the_ones_beneath_it(home: Home) -> None:
    ports = {}
    home.write("etc/settings.toml", "[mqtt]\nport = 1\n")
    ports["system"] = home.load().mqtt.port
    home.settings("[mqtt]\nport = 2\n")
    ports["standing"] = home.load().mqtt.port
    config = home.write("other/mine.toml", "[mqtt]\nport = 3\n")
    ports["config"] = home.load(config).mqtt.port
    home.write("other/.secrets.toml", "[mqtt]\nport = 4\n")
    ports["secrets beside --config"] = home.load(config).mqtt.port
    home.write(".secrets.toml", "[mqtt]\nport = 5\n")
    ports["secrets here"] = home.load(config).mqtt.port
    home.environ["HA_BRIDGE_MQTT__PORT"] = "6"
    ports["environment"] = home.load(config).mqtt.port
    home.environ["HA_BRIDGE_MQTT__PORT_FILE"] = str(home.write("port", "7\n"))
    ports["file of the environment"] = home.load(config).mqtt.port
    assert list(ports.values()) == [1, 2, 3, 4, 5, 6, 7]


def test_only_one_standing_file_is_read(home: Home) -> None:
    home.write("etc/settings.toml", "[mqtt]\nport = 1\n")
    home.settings("[web]\nport = 1\n")
    assert home.load().mqtt.port == 1883


def test_secrets_stand_beside_the_standing_file(home: Home) -> None:
    home.settings('[home_assistant]\nurl = "http://ha:8123"\n')
    home.write("config/.secrets.toml", '[home_assistant]\ntoken = "abc"\n')
    assert home.load().home_assistant.token.reveal() == "abc"


def test_tables_merge_and_lists_are_replaced(home: Home) -> None:
    home.settings(
        '[filter]\ninclude = ["light", "sensor"]\n[sinks.a]\nkind = "local"\ntags = {site = "home", floor = "1"}\n'
    )
    config = home.write("c.toml", '[filter]\ninclude = ["sun"]\n[sinks.a.tags]\nfloor = "2"\nroom = "x"\n')
    settings = home.load(config)
    assert settings.filter.include.domains == ("sun",)
    assert settings.sinks["a"].tags == {"site": "home", "floor": "2", "room": "x"}


def test_a_list_of_tables_is_replaced_as_a_whole(home: Home) -> None:
    home.settings(
        '[[mqtt.routes]]\ntopic = "a"\nformat = "value"\n[[mqtt.routes]]\ntopic = "b"\nformat = "value"\n'
    )
    config = home.write("c.toml", '[[mqtt.routes]]\ntopic = "c"\nformat = "json"\n')
    assert [route.topic for route in home.load(config).mqtt.routes] == ["c"]


def test_the_short_form_of_a_filter_and_the_long_one_replace_each_other(home: Home) -> None:
    home.settings('[filter]\ninclude = ["light"]\nexclude = {domains = ["sun"]}\n')
    config = home.write("c.toml", '[filter]\ninclude = {entities = ["a.b"]}\nexclude = ["c.d"]\n')
    assert home.load(config).filter.include == EntityFilterSettings(entities=("a.b",))
    assert home.load(config).filter.exclude == EntityFilterSettings(entities=("c.d",))


def test_the_short_form_of_a_filter_is_sorted_by_what_the_words_look_like(home: Home) -> None:
    home.settings(
        '[filter]\ninclude = ["light", "sensor.kitchen_*", "event:call_*", "*_battery", "sun.sun"]\n'
    )
    assert home.load().filter.include == EntityFilterSettings(
        domains=("light",), entities=("sensor.kitchen_*", "*_battery", "sun.sun"), event_types=("call_*",)
    )


@pytest.mark.parametrize(
    "text",
    [
        "@none x",
        "@int 5",
        "@format {env[HOME]}",
        "@jinja {{ 1 }}",
        "a__b",
        "dynaconf_merge",
        "@merge 1",
        "{this.x}",
    ],
)
def test_texts_that_dynaconf_would_interpret_stay_as_they_are(home: Home, text: str) -> None:
    home.settings(f"[mqtt]\npassword = '{text}'\nusername = '{text}'\n")
    assert (home.load().mqtt.password.reveal(), home.load().mqtt.username) == (text, text)
    home.environ = {"HA_BRIDGE_MQTT__PASSWORD": text}
    assert home.load().mqtt.password.reveal() == text
    home.environ = {"HA_BRIDGE_MQTT__PASSWORD_FILE": str(home.write("secret", f" {text}\n"))}
    assert home.load().mqtt.password.reveal() == text


@pytest.mark.parametrize(
    "text", ["12345", "1e5", "007", "true", "True", "0x10", "1979-05-27", "[1]", "{a = 1}", "x # y", ""]
)
def test_a_text_from_the_environment_stays_as_it_was_written(home: Home, text: str) -> None:
    home.environ = {"HA_BRIDGE_MQTT__PASSWORD": text, "HA_BRIDGE_MQTT__USERNAME": text.replace("{", "(")}
    mqtt = home.load().mqtt
    assert mqtt.password.reveal() == text
    assert mqtt.username == text.replace("{", "(")


def test_quotes_are_toml_in_a_variable_and_text_in_a_file(home: Home) -> None:
    home.environ = {"HA_BRIDGE_MQTT__USERNAME": '"12345"', "HA_BRIDGE_MQTT__PASSWORD": '"12345"'}
    assert home.load().mqtt.username == "12345"
    assert home.load().mqtt.password.reveal() == "12345"
    home.environ["HA_BRIDGE_MQTT__PASSWORD_FILE"] = str(home.write("secret", '"12345"'))
    assert home.load().mqtt.password.reveal() == '"12345"'


def test_variables_are_read_as_toml(home: Home) -> None:
    home.environ = {
        "HA_BRIDGE_MQTT__ENABLED": "True",
        "HA_BRIDGE_MQTT__KEEPALIVE": "2m",
        "HA_BRIDGE_MQTT__ROUTES": '[{topic = "a/{b}", format = "value", qos = 0}]',
        "HA_BRIDGE_DEDUP__WINDOW": "2.5",
        "HA_BRIDGE_FILTER__INCLUDE": '["light"]',
        "HA_BRIDGE_FILTER__EXCLUDE": '{domains = ["sun"]}',
        "HA_BRIDGE_LOG__LEVELS__ACTORS": "DEBUG",
        "HA_BRIDGE_MQTT__PROTOCOL": "5",
    }
    settings = home.load()
    assert (settings.mqtt.enabled, settings.mqtt.keepalive, settings.mqtt.routes[0].qos) == (True, 120.0, 0)
    assert settings.dedup.window == 2.5
    assert settings.filter.include.domains == ("light",)
    assert settings.filter.exclude.domains == ("sun",)
    assert settings.log.levels == {"actors": "DEBUG"}
    assert settings.mqtt.protocol == "5"


@pytest.mark.parametrize(
    "text",
    ['[{match = {domains = ["sun"]}, drop = true}]', '[{"match": {"domains": ["sun"]}, "drop": true}]'],
)
def test_a_variable_may_hold_a_whole_section_as_toml_or_as_json(home: Home, text: str) -> None:
    home.environ = {
        "HA_BRIDGE_RULES": text,
        "HA_BRIDGE_FILTER": '{include = ["light"], exclude = ["light.a"]}',
        "HA_BRIDGE_FILTER__EXCLUDE": '{"domains": ["sun"]}',
    }
    settings = home.load()
    [rule] = settings.rules
    assert (rule.match.domains, rule.drop) == (("sun",), True)
    assert settings.filter.include.domains == ("light",)
    assert settings.filter.exclude.domains == ("sun",)


def test_what_is_wrong_with_a_section_in_a_variable_names_the_variable(home: Home) -> None:
    home.environ = {"HA_BRIDGE_RULES": "[{drop = true", "HA_BRIDGE_LOG": "debug"}
    problems = home.problems()
    assert {key: problem.origin for key, problem in problems.items()} == {
        "rules": "environment HA_BRIDGE_RULES",
        "log": "environment HA_BRIDGE_LOG",
    }


def test_the_environment_names_a_sink_in_any_case(home: Home) -> None:
    home.settings('[sinks.Main]\nkind = "influxdb"\nbucket = "b"\ntags = {Site = "home"}\n')
    home.environ = {"HA_BRIDGE_SINKS__MAIN__TOKEN": "t", "HA_BRIDGE_SINKS__MAIN__TAGS__SITE": "away"}
    sinks = home.load().sinks
    assert list(sinks) == ["Main"]
    assert isinstance(sinks["Main"], InfluxdbSinkSettings)
    assert sinks["Main"].token.reveal() == "t"
    assert sinks["Main"].tags == {"Site": "away"}


def test_the_environment_alone_can_make_a_sink(home: Home) -> None:
    home.environ = {"HA_BRIDGE_SINKS__NEW__KIND": "local", "HA_BRIDGE_SINKS__NEW__PATH": "x.db"}
    assert home.load().sinks == {"new": LocalSinkSettings(kind="local", path="x.db")}


def test_a_key_that_ends_in_file_is_a_key(home: Home) -> None:
    home.environ = {
        "HA_BRIDGE_MQTT__CA_FILE": "/ca.pem",
        "HA_BRIDGE_MQTT__CERT_FILE_FILE": str(home.write("name", "/cert.pem")),
    }
    mqtt = home.load().mqtt
    assert (mqtt.ca_file, mqtt.cert_file) == ("/ca.pem", "/cert.pem")


def test_dynaconf_is_not_to_be_led_astray(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home.write("astray.toml", "[mqtt]\nport = 1\n")
    home.settings("[mqtt]\nkeepalive = 30\n")
    home.write("config/settings.local.toml", "[mqtt]\nport = 2\n")
    home.write("config/dynaconf_hooks.py", "raise SystemExit('a hook has run')\n")
    home.write(".env", "HA_BRIDGE_MQTT__PORT=3\nDYNACONF_MQTT__PORT=4\n")
    for name in ("SETTINGS_FILE_FOR_DYNACONF", "INCLUDES_FOR_DYNACONF", "SECRETS_FOR_DYNACONF"):
        monkeypatch.setenv(name, str(other))
    for name in ("MERGE_ENABLED_FOR_DYNACONF", "LOAD_DOTENV_FOR_DYNACONF", "AUTO_CAST_FOR_DYNACONF"):
        monkeypatch.setenv(name, "false" if name.startswith("MERGE") else "true")
    monkeypatch.setenv("DYNACONF_MQTT__PORT", "5")
    monkeypatch.chdir(home.folder)
    home.write(".secrets.toml", "[mqtt]\nmax_unsettled = 7\n")
    mqtt = home.load().mqtt
    assert (mqtt.port, mqtt.keepalive, mqtt.max_unsettled) == (1883, 30.0, 7)


def test_by_default_folder_and_environment_are_those_of_the_process(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.settings("[web]\nport = 1\n")
    monkeypatch.chdir(home.folder)
    monkeypatch.setenv("HA_BRIDGE_WEB__HOST", "::1")
    assert (load().web.host, load().web.port) == ("::1", 1)


def test_loading_again_gives_what_holds_then(home: Home) -> None:
    home.settings('[filter]\ninclude = ["light"]\n')
    before = home.load()
    home.settings('[filter]\ninclude = ["sun"]\n[log]\nlevel = "DEBUG"\n')
    after = home.load()
    assert before.filter.include.domains == ("light",)
    assert after.filter.include.domains == ("sun",)
    assert (before.batch, after.log.level) == (after.batch, "DEBUG")


def test_secrets_are_hidden_wherever_settings_are_shown(home: Home) -> None:
    home.settings(
        ROAD.replace('"t"', '"hidden-1"').replace("//ha", "//me:hidden-2@ha")
        + '[sinks.a]\nkind = "influxdb"\nbucket = "b"\ntoken = "hidden-3"\nurl = "http://u:hidden%204@h"\n'
    )
    settings = home.load()
    shown = f"{settings} {settings!r} {rows(settings)}"
    assert "hidden" not in shown
    assert "••••@ha:8123" in shown
    assert settings.home_assistant.url == "http://me:hidden-2@ha:8123"
    assert settings.secrets() == ("hidden 4", "hidden-1", "hidden-2", "hidden-3")


def test_a_secret_is_equal_to_the_same_secret_only(home: Home) -> None:
    home.environ = {"HA_BRIDGE_MQTT__PASSWORD": "x"}
    password = home.load().mqtt.password
    assert password == home.load().mqtt.password
    assert len({password, home.load().mqtt.password}) == 1
    assert password != "x"
    assert not Settings().mqtt.password


def test_rows_say_where_each_value_was_set(home: Home) -> None:
    home.settings(
        '[mqtt]\nport = 1\nkeepalive = "60s"\n\n[[mqtt.routes]]\ntopic = "a"\nformat = "value"\n'
        '\n[filter]\ninclude = [\n  "light",\n]\n\n[log.levels]\n"actors.supervisor" = "DEBUG"\n'
    )
    home.environ = {"HA_BRIDGE_WEB__PORT": "0"}
    found = {row.key: (row.value, row.default, row.origin) for row in rows(home.load())}
    assert found["mqtt.port"] == ("1", False, "config/settings.toml:2")
    assert found["mqtt.keepalive"] == ("1m", True, "config/settings.toml:3")
    assert found["mqtt.host"] == ("localhost", True, "default")
    assert found["mqtt.routes[0].topic"] == ("a", False, "config/settings.toml:6")
    assert found["mqtt.routes[0].entity"] == ("", True, "default")
    assert found["filter.include.domains"] == ('["light"]', False, "config/settings.toml:10")
    assert found['log.levels."actors.supervisor"'] == ("DEBUG", False, "config/settings.toml:15")
    assert found["web.port"] == ("0", False, "environment HA_BRIDGE_WEB__PORT")
    assert found["sinks.local.path"] == ("data/ha-bridge.db", True, "default")
    assert found["mqtt.password"] == ("", True, "default")


def test_an_empty_list_of_routes_has_a_row(home: Home) -> None:
    home.settings("[mqtt]\nroutes = []\n")
    assert [row.origin for row in rows(home.load()) if row.key == "mqtt.routes"] == ["config/settings.toml:2"]
