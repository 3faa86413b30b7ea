"""What is wrong with settings is said at once, all of it, and so that it can be mended."""

from pathlib import Path

import pytest

from ha_bridge.settings import SettingsError
from tests.settings_home import Home

SINK = '[sinks.main]\nkind = "influxdb"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_all_problems_are_told_at_once_each_with_its_place(home: Home) -> None:
    home.settings(
        "[mqqt]\nx = 1\n"
        '[home_assistant]\nurl = "http://ha:8123"\ntokn = "secret"\nsubscription = "entitis"\ntimeout = "soon"\n'
        "[mqtt]\nenabled = 1\nport = 99999\nca_file = 5\n"
        '[batch]\nretry_initial = "2m"\n'
    )
    home.environ = {"HA_BRIDGE_SUPERVISOR__BACKOFF_JITTER": "2", "HA_BRIDGE_NOSUCH__KEY": "x"}
    problems = home.problems()
    assert {key: problem.origin for key, problem in problems.items()} == {
        "mqqt": "config/settings.toml:2",
        "nosuch": "environment HA_BRIDGE_NOSUCH__KEY",
        "home_assistant.tokn": "config/settings.toml:5",
        "home_assistant.subscription": "config/settings.toml:6",
        "home_assistant.timeout": "config/settings.toml:7",
        "home_assistant.token": "default",
        "mqtt.enabled": "config/settings.toml:9",
        "mqtt.port": "config/settings.toml:10",
        "mqtt.ca_file": "config/settings.toml:11",
        "batch.retry_initial": "config/settings.toml:13",
        "supervisor.backoff_jitter": "environment HA_BRIDGE_SUPERVISOR__BACKOFF_JITTER",
    }
    assert {key: problem.suggestion for key, problem in problems.items() if problem.suggestion} == {
        "mqqt": "mqtt",
        "home_assistant.tokn": "home_assistant.token",
        "home_assistant.subscription": "entities",
    }
    assert problems["mqtt.port"].message == "write a whole number from 1 to 65535"
    assert problems["mqtt.port"].value == "99999"
    assert problems["supervisor.backoff_jitter"].message == "write a number from 0 to 1"
    assert "Long-lived access tokens" in problems["home_assistant.token"].message


def test_the_error_itself_reads_as_one_line_for_each_problem(home: Home) -> None:
    home.settings("[web]\nprt = 1\nhost = 5\n")
    with pytest.raises(SettingsError) as caught:
        home.load()
    assert str(caught.value).splitlines() == [
        "web.prt (config/settings.toml:2): there is no such key: remove it or correct it; did you mean web.port?",
        "web.host = 5 (config/settings.toml:3): write a text in quotes that is not empty",
    ]


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("mqtt = 5", "mqtt", "this is a table: write [mqtt] and its keys below it"),
        ("sinks = 5", "sinks", "this is a table: write [sinks.NAME] and the keys of that sink below it"),
        ("[sinks]\nmain = 5", "sinks.main", "this is a table: write [sinks.main] and its keys below it"),
        ("[log]\nlevels = 5", "log.levels", "this is a table: write [log.levels] and the names below it"),
        ("[log]\nlevel.x = 5", "log.level", 'write one of "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"'),
        ('[log.levels]\nx = "loud"', "log.levels.x", 'write one of "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"'),
        ("[mqtt]\nroutes = 5", "mqtt.routes", "this is a list of tables: write [[mqtt.routes]] once for each"),
        ("[mqtt.routes]\nx = 5", "mqtt.routes", "this is a list of tables: write [[mqtt.routes]] once for each"),
        ("[mqtt]\nroutes = [1]", "mqtt.routes[0]", "this is a table: write [[mqtt.routes]] and its keys below it"),
        ("[mqtt]\ntls = 'yes'", "mqtt.tls", "write true or false, without quotes"),
        ("[mqtt]\nkeepalive = '20h'", "mqtt.keepalive", "from 1s to 65535s"),
        ("[filter]\ninclude = 'light'", "filter.include", "a list of texts"),
        ("[filter]\ninclude = ['']", "filter.include", "none of them empty"),
        ("[filter]\ninclude = ['light', 'Light']", "filter.include", "each text is a domain"),
        ("[filter]\nexclude = ['event:']", "filter.exclude", "each text is a domain"),
        ("[filter]\ninclude = [['a']]", "filter.include", "a list of texts"),
        ("[mqtt]\nclient_id = ''", "mqtt.client_id", "that is not empty"),
        ('[sinks.a]\nkind = "local"\ntags = {floor = 1}', "sinks.a.tags.floor", "write a text in quotes"),
        ('[sinks.a]\npath = "x"', "sinks.a.kind", 'this key is missing; write one of "influxdb", "local"'),
        ('[sinks.a]\nkind = "locla"', "sinks.a.kind", 'write one of "influxdb", "local"'),
        ('[sinks.a]\nkind = ["local"]', "sinks.a.kind", 'write one of "influxdb", "local"'),
        ('[[mqtt.routes]]\nformat = "json"', "mqtt.routes[0].topic", "this key is missing"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_told_with_the_right_one(
    home: Home, text: str, key: str, message: str
) -> None:
    home.settings(text)
    problems = home.problems()
    assert list(problems) == [key]
    assert message in problems[key].message


def test_a_sink_that_does_not_say_its_kind_is_still_read_to_the_end(home: Home) -> None:
    home.settings('[sinks.a]\nbucket = 5\ngzip = "x"\n')
    assert list(home.problems()) == ["sinks.a.bucket", "sinks.a.gzip", "sinks.a.kind"]


@pytest.mark.parametrize(("kind", "key"), [("influxdb", "path"), ("local", "bucket")])
def test_a_key_of_another_kind_of_sink_is_a_mistake(home: Home, kind: str, key: str) -> None:
    home.settings(f'[sinks.a]\nkind = "{kind}"\n{key} = "x"\n')
    assert f"sinks.a.{key}" in home.problems()
    assert "belongs to kind" in home.problems()[f"sinks.a.{key}"].message


def test_an_unknown_key_of_a_sink_gets_a_suggestion(home: Home) -> None:
    home.settings('[sinks.a]\nkind = "local"\npaht = "x"\n')
    assert home.problems()["sinks.a.paht"].suggestion == "sinks.a.path"


def test_no_problem_shows_a_secret(home: Home) -> None:
    home.settings(
        '[mqtt]\npasword = "hidden"\npassword = ["hidden"]\n'
        '[home_assistant]\nurl = "gopher://u:hidden@h"\ntoken = {hidden = 1}\n'
        '[web]\nhost = ["http://u:hidden@h"]\n'
    )
    with pytest.raises(SettingsError) as caught:
        home.load()
    assert "hidden" not in repr(caught.value.problems)
    assert home.problems()["mqtt.password"].value == "••••"
    assert home.problems()["home_assistant.url"].value == "gopher://••••@h"


def test_broken_toml_is_told_with_file_and_line(home: Home) -> None:
    home.settings("[mqtt]\nhost = localhost\n")
    home.write(".secrets.toml", "[mqtt\n")
    home.write("c.toml", '[mqtt]\npassword = """\n')
    problems = home.problems(Path("c.toml"))
    assert problems["config/settings.toml"].origin == "config/settings.toml:2"
    assert problems[".secrets.toml"].origin == ".secrets.toml:1"
    assert "c.toml" in problems


def test_a_file_that_cannot_be_read_does_not_hide_the_mistakes_of_another(home: Home) -> None:
    home.settings('[home_assistant]\nurl = "http://ha"\n[web]\nport = -1\n')
    home.write(".secrets.toml", "[[[")
    assert list(home.problems()) == [".secrets.toml", "web.port"]


def test_a_file_that_is_not_text_is_a_problem(home: Home) -> None:
    (home.folder / "c.toml").write_bytes(b"\xff\xfe")
    assert "UTF-8" in home.problems(Path("c.toml"))["c.toml"].message


def test_a_config_file_that_is_not_there_or_is_a_folder_is_a_problem(home: Home) -> None:
    outside = home.folder.parent / "no-such-file.toml"
    assert "No such file" in home.problems(outside)[str(outside)].message
    assert "cannot be read" in home.problems(home.folder)["."].message


def test_a_file_that_may_not_be_looked_at_is_a_problem_and_no_crash(home: Home) -> None:
    long = "x" * 300
    home.system_file = home.folder / long / "settings.toml"
    assert "File name too long" in home.problems()[f"{long}/settings.toml"].message


def test_a_file_where_a_folder_should_be_is_no_settings_file(home: Home) -> None:
    home.write("config", "")
    assert home.problems() == {}


def test_a_secret_file_that_is_missing_is_named(home: Home) -> None:
    (home.folder / "binary").write_bytes(b"\xff")
    home.environ = {
        "HA_BRIDGE_MQTT__PASSWORD_FILE": "/run/secrets/nope",
        "HA_BRIDGE_HOME_ASSISTANT__URL": "http://ha:8123",
        "HA_BRIDGE_HOME_ASSISTANT__TOKEN_FILE": "binary",
    }
    problems = home.problems()
    assert list(problems) == ["home_assistant.token", "mqtt.password"]
    assert "/run/secrets/nope" in problems["mqtt.password"].message
    assert problems["mqtt.password"].origin == "environment HA_BRIDGE_MQTT__PASSWORD_FILE"
    assert "not UTF-8" in problems["home_assistant.token"].message


def test_a_variable_with_one_underscore_too_few_is_not_passed_over(home: Home) -> None:
    home.environ = {
        "HA_BRIDGE_MQTT_HOST": "x",
        "HA_BRIDGE_SINKS_MAIN_TOKEN": "x",
        "HA_BRIDGE_HOME_ASSISTANT_CA_FILE": "x",
    }
    assert {problem.suggestion for problem in home.problems().values()} == {
        "HA_BRIDGE_MQTT__HOST",
        "HA_BRIDGE_SINKS__MAIN__TOKEN",
        "HA_BRIDGE_HOME_ASSISTANT__CA_FILE",
    }


def test_variables_that_are_nobodys_settings_are_left_alone(home: Home) -> None:
    home.environ = {
        "HA_BRIDGE_PORT": "tcp://10.0.0.1:8126",
        "HA_BRIDGE_WEB_PORT": "tcp://10.0.0.1:8126",
        "HA_BRIDGE_SERVICE_HOST": "10.0.0.1",
        "HA_BRIDGE_SINKS_OF_MINE": "x",
        "HA_BRIDGE_VERSION": "1",
        "MQTT_HOST": "x",
        "PATH": "/bin",
    }
    assert home.problems() == {}


def test_lines_are_counted_within_lists_of_tables_and_their_tables(home: Home) -> None:
    home.settings(
        "\ufeff[[mqtt.routes]]\nx = 1\n[[mqtt.routes]]\n[ mqtt . \"routes\" . more ]\n'y' = 1\n[log]\nlevels.z = 1\n"
    )
    origins = {
        key: problem.origin.removeprefix("config/settings.toml:") for key, problem in home.problems().items()
    }
    assert origins["mqtt.routes[0].x"] == "2"
    assert origins["mqtt.routes[1].more"] == "5"
    assert origins["log.levels.z"] == "7"
