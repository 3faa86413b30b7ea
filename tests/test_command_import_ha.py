"""`ha-bridge config import-ha`, as it is used."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.commands.config import config
from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.selection import Patterns, Selection
from ha_bridge.settings import Settings
from ha_bridge.settings.toml_text import table
from tests.settings_home import Home

WHOLE = """
homeassistant:
  name: Home
  auth_providers: !include auth.yaml
automation: !include_dir_merge_list automations/
influxdb:
  api_version: 1
  host: influx.local
  port: 8087
  path: /db
  ssl: true
  verify_ssl: false
  ssl_ca_cert: /ssl/ca.pem
  username: ha
  password: it's "secret"
  database: home
  max_retries: 3
  precision: ns
  measurement_attr: domain__device_class
  default_measurement: state
  override_measurement: all
  tags:
    source: HA
    floor: 2
  tags_attributes: friendly_name
  ignore_attributes: [icon, source]
  component_config:
    Sensor.Attic: {override_measurement: ""}
  component_config_domain:
    sensor: {ignore_attributes: []}
  component_config_glob:
    "*.hall": {override_measurement: hall, ignore_attributes: icon}
  include:
    domains: light
    entities: sensor.Attic, sensor.hall
  exclude:
    entity_globs: ["light.b*", light.desk]
"""

INTO_SECRETS = (
    "write it into .secrets.toml below [sinks.main], or into the environment as HA_BRIDGE_SINKS__MAIN__TOKEN"
)
SECRETS = """
influxdb:
  api_version: 2
  host: !secret influx_host
  token: !secret influx_token
  organization: !env_var ORG our org
  bucket: !secret influx_bucket
  include: !include included.yaml
  exclude:
    domains: !include_dir_list domains
  tags: !include tags.yaml
  component_config: !include components.yaml
  component_config_glob:
    "*.a": !include a.yaml
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def run(home: Home, document: str) -> Result:
    return CliRunner().invoke(config, ["import-ha", str(home.write("configuration.yaml", document))])


def loaded(home: Home, result: Result) -> Settings:
    home.settings(result.stdout)
    return home.load()


def sink(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(result.stdout)["sinks"]["main"]
    return found


def test_every_option_of_a_whole_configuration_is_carried_over(home: Home) -> None:
    result = run(home, WHOLE)
    assert result.exit_code == 0
    assert sink(result) == {
        "kind": "influxdb",
        "url": "https://influx.local:8087/db",
        "api": "v1",
        "database": "home",
        "layout": "homeassistant",
        "username": "ha",
        "password": 'it\'s "secret"',
        "verify_tls": False,
        "ca_file": "/ssl/ca.pem",
        "precision": "us",
        "measurement_attr": "domain__device_class",
        "default_measurement": "state",
        "override_measurement": "all",
        "tags_attributes": ["friendly_name"],
        "ignore_attributes": ["icon", "source"],
        "tags": {"source": "HA", "floor": "2"},
        "include": {"domains": ["light"], "entities": ["sensor.attic", "sensor.hall"]},
        "exclude": {"entities": ["light.b*", "[l]ight.desk"]},
        "component_config": {"sensor.attic": {"override_measurement": ""}},
        "component_config_domain": {"sensor": {"ignore_attributes": []}},
        "component_config_glob": {"*.hall": {"override_measurement": "hall", "ignore_attributes": ["icon"]}},
    }
    assert "# There is a password or a token in it" in result.stdout
    assert [note.partition(":")[0] for note in result.stderr.splitlines()] == ["ssl_ca_cert", "max_retries"]
    assert loaded(home, result).sinks["main"].layout == "homeassistant"


def test_what_stands_elsewhere_is_named_and_never_guessed(home: Home) -> None:
    result = run(home, SECRETS)
    assert result.exit_code == 0
    assert sink(result) == {
        "kind": "influxdb",
        "url": "https://REPLACE-ME",
        "api": "v2",
        "bucket": "REPLACE-ME",
        "layout": "homeassistant",
    }
    assert result.stderr.splitlines() == [
        "host: is !secret influx_host there: write what that gives into this sink",
        "bucket: is !secret influx_bucket there: write what that gives into this sink",
        "organization: is !env_var ORG our org there: write what that gives into this sink",
        f"token: is !secret influx_token there: {INTO_SECRETS}",
        "tags: is !include tags.yaml there: write what that gives into this sink",
        "include: is !include included.yaml there: write what that gives into this sink",
        "exclude.domains: is !include_dir_list domains there: write what that gives into this sink",
        "component_config: is !include components.yaml there: write what that gives into this sink",
        'component_config_glob."*.a": is !include a.yaml there: write what that gives into this sink',
    ]
    assert "# There is a password" not in result.stdout
    assert all(f"# - {note}" in result.stdout for note in result.stderr.splitlines())
    loaded(home, result)


@pytest.mark.parametrize(
    ("block", "url"),
    [
        ("{}", "http://localhost:8086"),
        ("", "http://localhost:8086"),
        ("{host: h, path: influx}", "http://h:8086/influx"),
        ("{host: h, path: /}", "http://h:8086"),
        ("{api_version: '2', token: t, organization: o}", "https://us-west-2-1.aws.cloud2.influxdata.com"),
        ("{api_version: 2, host: h, port: 1, ssl: off, path: /x, token: t}", "http://h:1/x"),
    ],
)
def test_the_defaults_are_those_of_home_assistant(home: Home, block: str, url: str) -> None:
    result = run(home, f"influxdb: {block}")
    assert sink(result)["url"] == url
    assert sink(result).get("database", sink(result).get("bucket")) in ("home_assistant", "Home Assistant")


@pytest.mark.parametrize(
    ("block", "note"),
    [
        ("{}", "host: not in the block"),
        ("{host: h, token: s3cret}", "token: not carried over: it says nothing with api_version: 1"),
        ("{host: h, passwort: s3cret}", "passwort: not carried over: Home Assistant's integration has no such"),
        ("{host: h, port: s3cret}", "port: not carried over, nor does Home Assistant take it: write a port"),
        ("{host: h, port: [1]}", "port: not carried over, nor does Home Assistant take it: write a port"),
        ("{host: h, ssl: maybe}", "ssl: not carried over, nor does Home Assistant take it: write true or false"),
        ("{host: h, precision: m}", "precision: not carried over, nor does Home Assistant take it: write one of"),
        ("{host: h, database: }", "database: not carried over, nor does Home Assistant take it: write a text"),
        ("{host: h, include: {domain: x}}", "include.domain: not carried over: Home Assistant's"),
        ("{host: h, include: {entities: [x]}}", "include.entities: not carried over, nor does Home Assistant"),
        ("{host: h, include: {entities: 5}}", "include.entities: not carried over, nor does Home Assistant"),
        ("{host: h, include: {domains: [a, !secret b]}}", "include.domains: is !secret b there"),
        ("{host: h, include: []}", "include: this is no mapping"),
        ("{host: h, component_config: {a.b: x}}", 'component_config."a.b": this is no mapping'),
        ("{host: h, component_config: {a.b: {c: d}}}", 'component_config."a.b".c: not carried over: Home'),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_over_is_named_without_its_value(home: Home, block: str, note: str) -> None:
    result = run(home, f"influxdb: {block}")
    assert result.exit_code == 0
    assert result.stderr.startswith(note)
    assert f"# - {note}" in result.stdout
    assert "s3cret" not in result.output
    loaded(home, result)


def test_what_names_nothing_there_names_nothing_here(home: Home) -> None:
    """Home Assistant takes any text as a domain, and a glob between slashes is no regular expression to it."""
    block = """
include:
  domains: sensor, light
  entity_globs: ["/light.*/", "."]
exclude:
  domains: [light, Sensor, "*", "sensor.x"]
"""
    result = run(home, f"host: x{block}")
    assert result.exit_code == 0, result.output
    assert sorted(line.partition(":")[0] for line in result.stderr.splitlines()) == [
        *["exclude.domains"] * 3,
        "include.domains",
    ]
    sink = loaded(home, result).sinks["main"]
    assert (sink.include.domains, sink.exclude.domains) == ((), ("light",))
    include = Selection(Patterns(entities=sink.include.entities), Patterns())
    exclude = Selection(Patterns(entities=sink.exclude.entities), Patterns())
    for entity_id in ("light.a", "sensor.a", "switch.light"):
        assert not include.wants(StateEvent(1, entity_id, "1"))
        assert not exclude.wants(StateEvent(1, entity_id, "1"))


@pytest.mark.parametrize(
    "document",
    ["host: influx.local", "homeassistant: {packages: {db: {influxdb: {host: influx.local}}, other: }}"],
)
def test_a_block_alone_or_in_a_package_is_found(home: Home, document: str) -> None:
    assert sink(run(home, document))["url"] == "http://influx.local:8086"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("influxdb: !include influxdb.yaml", "influxdb: is !include influxdb.yaml there: name that file"),
        ("automation: []", "there is no influxdb: block in it"),
        ("- influxdb", "there is no influxdb: block in it"),
        ("influxdb: [1]", "there is no influxdb: block in it"),
        ("influxdb: {", "configuration.yaml is not YAML as Home Assistant reads it"),
        ("influxdb: 2024-99-99", "configuration.yaml is not YAML as Home Assistant reads it"),
    ],
)
def test_a_file_without_a_block_is_told(home: Home, document: str, said: str) -> None:
    result = run(home, document)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_a_file_that_is_not_there_is_told(home: Home) -> None:
    result = CliRunner().invoke(config, ["import-ha", str(home.folder / "nope.yaml")])
    assert result.exit_code == 1
    assert "nope.yaml cannot be read: No such file" in result.stderr


def test_what_the_bridge_would_refuse_is_told(home: Home) -> None:
    result = run(home, "influxdb: {host: '[x'}")
    assert result.exit_code == 1
    assert "sinks.main.url = http://[x:8086" in result.stderr


def test_nothing_that_a_file_holds_is_run(home: Home) -> None:
    result = run(home, "influxdb: {host: !!python/object/apply:os.system [echo]}")
    assert result.exit_code == 1


names = st.text(max_size=5)
values = st.one_of(st.text(max_size=9), st.booleans(), st.integers(0, 9), st.lists(st.text(max_size=3)))


@given(st.dictionaries(names, st.one_of(values, st.dictionaries(names, values, max_size=3)), max_size=5))
def test_every_table_that_is_written_is_read_as_it_was(tree: dict[str, Any]) -> None:
    assert tomllib.loads("\n".join(table(("a", "b c"), tree))) == {"a": {"b c": tree}}
