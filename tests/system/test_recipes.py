"""Every configuration in docs/recipes is run against real servers, and what a page says comes of it does."""

import json
import re
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from paho.mqtt.publish import multiple

from ha_bridge.cli import main
from tests.documented import blocks, page_text, toml_blocks
from tests.domain.line_reader import read_line
from tests.settings_home import Home
from tests.system.bridge import BridgeProcess, Json, home_assistant, merged, mqtt, toml
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto, VictoriaMetrics
from tests.system.servers.homeassistant import Version
from tests.system.servers.http_call import http_call
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

PAGES = sorted(path.name for path in (Path(__file__).parents[2] / "docs" / "recipes").glob("*.md"))
STREAM = {"topic": "stream/#", "format": "statestream"}
"""States for pages whose road is Home Assistant: by MQTT, which a test can speak."""


@pytest.mark.parametrize("page", PAGES)
def test_every_configuration_can_be_used(page: str, tmp_path: Path) -> None:
    for block in toml_blocks(f"recipes/{page}"):
        home = Home(tmp_path)
        home.environ = {"HA_BRIDGE_HOME_ASSISTANT__TOKEN": "x"}
        home.settings(block)
        assert home.problems() == {}


def shown(page: str, number: int, broker: Mosquitto, server: InfluxDB | VictoriaMetrics) -> Json:
    """The settings of a page, with the test's own servers in place of those that it names."""
    settings: Json = tomllib.loads(toml_blocks(f"recipes/{page}")[number])
    settings.pop("home_assistant", None)
    routes = settings.get("mqtt", {}).get("routes", [STREAM])
    sinks = {name: {"url": server.url} for name in settings["sinks"]}
    return merged(settings, mqtt(broker, *routes), {"sinks": sinks})


def publish(broker: Mosquitto, text: str, *, retain: bool = False) -> None:
    """Send messages as a page shows them: topic, space, payload."""
    messages: list[Any] = [(*line.split(" ", 1), 1, retain) for line in text.splitlines()]
    multiple(messages, hostname=HOST, port=broker.port)


def states(broker: Mosquitto, *entities: tuple[str, str, Json]) -> None:
    """Say states with attributes as Home Assistant's statestream does."""
    for entity, state, attributes in entities:
        base = f"stream/{entity.replace('.', '/')}"
        topics = {"state": state, **{name: json.dumps(value) for name, value in attributes.items()}}
        publish(broker, "\n".join(f"{base}/{name} {text}" for name, text in topics.items()))


def stored(server: InfluxDB, database: str, line: str) -> bool:
    """Tell whether a point is there as a page shows it, with its time where it shows one."""
    timed = re.search(r" \d{19}$", line) is not None
    wanted = read_line(line if timed else f"{line} 0")
    found = server.query(" ".join(("SELECT * FROM", f'"{wanted.measurement}"')), database)
    expected: dict[str, Any] = {**wanted.tags, **wanted.fields}
    return any(
        {key: value for key, value in row.items() if value is not None and key not in {"time", "measurement"}}
        == expected
        and (not timed or row["time"] == wanted.nanoseconds)
        for row in found
    )


def wait_stored(server: InfluxDB, database: str, text: str) -> None:
    for line in text.splitlines():
        wait_for(lambda line=line: stored(server, database, line), 30, line)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("page", "number"), [("zigbee2mqtt.md", 1), ("zigbee2mqtt.md", 2), ("tasmota.md", 0), ("telegraf.md", 0)]
)
def test_messages_become_the_points_that_the_page_shows(
    tmp_path: Path, mosquitto: Mosquitto, influxdb: InfluxDB, database: str, page: str, number: int
) -> None:
    settings = shown(page, number, mosquitto, influxdb)
    [sink] = settings["sinks"].values()
    sink["database"] = database
    with BridgeProcess(tmp_path, settings) as bridge:
        bridge.wait_up()
        publish(mosquitto, blocks(f"recipes/{page}", "mqtt")[number])
        points = blocks(f"recipes/{page}", "influx")[number]
        wait_stored(influxdb, database, points)
        assert len(influxdb.query("SELECT * FROM /.*/", database)) == len(points.splitlines())


def test_zigbee2mqtt_as_entities(
    tmp_path: Path, mosquitto: Mosquitto, influxdb: InfluxDB, database: str
) -> None:
    settings = shown("zigbee2mqtt.md", 0, mosquitto, influxdb)
    settings["sinks"]["influxdb"]["database"] = database
    for name, unit in (("temperature", "°C"), ("humidity", "%")):
        configuration = {
            "state_topic": "zigbee2mqtt/kitchen_climate",
            "value_template": f"{{{{ value_json.{name} }}}}",
            "device_class": name,
            "unit_of_measurement": unit,
            "unique_id": f"0x00158d00_{name}_zigbee2mqtt",
            "device": {"identifiers": ["zigbee2mqtt_0x00158d00"], "name": "kitchen_climate"},
        }
        topic = f"homeassistant/sensor/0x00158d00/{name}/config"
        publish(mosquitto, f"{topic} {json.dumps(configuration)}", retain=True)
    with BridgeProcess(tmp_path, settings) as bridge:
        bridge.wait_up()

        def rows() -> list[Json]:
            publish(mosquitto, blocks("recipes/zigbee2mqtt.md", "mqtt")[0])
            return influxdb.query('SELECT * FROM "sensor"', database)

        # It hears the topic once it has read the configurations.
        wait_for(lambda: len(rows()) >= 2, 30, "the entities")
        wait_stored(influxdb, database, blocks("recipes/zigbee2mqtt.md", "influx")[0])


def test_the_energy_dashboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mosquitto: Mosquitto, influxdb: InfluxDB, database: str
) -> None:
    settings = shown("energy.md", 0, mosquitto, influxdb)
    settings["sinks"]["influxdb"]["database"] = database
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path)
    home.settings(toml(settings))
    midnight = int(time.time()) // 86_400 * 86_400
    meter = "sensor,entity_id=meter_energy,device_class=energy"
    days = [(midnight - 2 * 86_400, 100), (midnight - 86_400, 104), (midnight, 109.5)]
    policies = json.loads(CliRunner().invoke(main, ["retention", "plan", "--json"]).stdout)["steps"]
    assert policies
    # The past is in the default policy, as the page says, and is taken along as it says.
    influxdb.write("\n".join(f"{meter} value={value} {at}000000000" for at, value in days), database)
    applied = CliRunner().invoke(main, ["retention", "apply", "--yes"])
    assert applied.exit_code == 0, applied.output
    [take_along] = re.findall(r"`(SELECT \* INTO .*?)`", page_text("recipes/energy.md"))
    kept = {row["name"]: row["duration"] for row in influxdb.query("SHOW RETENTION POLICIES", database)}
    assert kept == {"autogen": "8760h0m0s", "energy": "0s", "1h": "0s"}
    influxdb.query(take_along, database)
    used, summarised, power = blocks("recipes/energy.md", "influxql")
    for query in (used, summarised):
        rows = influxdb.query(query, database)
        assert [row["non_negative_difference"] for row in rows][:2] == [4, 5.5], query

    with BridgeProcess(tmp_path, settings) as bridge:
        bridge.wait_up()
        states(
            mosquitto, ("sensor.oven_power", "1500", {"device_class": "power", "unit_of_measurement": "W"})
        )
        states(mosquitto, ("sensor.hall_temperature", "19", {"device_class": "temperature"}))
        energy = 'SELECT "value" FROM "energy"."sensor" WHERE "entity_id" = \'oven_power\''
        wait_for(lambda: influxdb.query(energy, database), 30, "the power in its policy")
        rest = 'SELECT "value" FROM "autogen"."sensor" WHERE "entity_id" = \'hall_temperature\''
        wait_for(lambda: influxdb.query(rest, database), 30, "the temperature in the other")
    influxdb.query(power, database)


def test_home_assistants_own_settings_are_taken_along(tmp_path: Path) -> None:
    page = "recipes/home-assistant-integration.md"
    file = tmp_path / "configuration.yaml"
    file.write_text(blocks(page, "yaml")[0], encoding="utf-8")
    result = CliRunner().invoke(main, ["config", "import-ha", str(file)])
    assert result.exit_code == 0, result.output
    assert tomllib.loads(result.stdout) == tomllib.loads(toml_blocks(page)[0])
    assert "password" in result.stderr


@pytest.mark.parametrize("version", ["2024.3.3", "newest"])
def test_both_write_the_same_points(
    version: Version, tmp_path: Path, influxdb: InfluxDB, database: str
) -> None:
    block: Json = {
        "api_version": 1,
        "host": HOST,
        "port": influxdb.port,
        "database": database,
        "include": {"entities": ["sensor.twin", "sensor.late"]},
        "tags_attributes": ["friendly_name"],
    }
    written = tmp_path / "configuration.yaml"
    written.write_text(json.dumps({"influxdb": block}))
    imported = CliRunner().invoke(main, ["config", "import-ha", str(written)])
    assert imported.exit_code == 0, imported.output
    (home := tmp_path / "home").mkdir()
    hass = HomeAssistant(home, version)
    hass.config["influxdb"] = block

    def told(entity_id: str) -> list[float]:
        rows = influxdb.query("SELECT * FROM /.*/", database)
        return [row["value"] for row in rows if row["entity_id"] == entity_id.partition(".")[2]]

    with hass, BridgeProcess(tmp_path, home_assistant(hass), tomllib.loads(imported.stdout)) as bridge:
        bridge.wait_up()
        for number in range(20):
            attributes = {"unit_of_measurement": "W", "friendly_name": "Twin", "number": number}
            hass.rest.call(
                "POST", "/api/states/sensor.twin", {"state": f"{number}", "attributes": attributes}
            )
        wait_for(lambda: told("sensor.twin")[-1:] == [19], 60, "the last state")
        bridge.wait_settled("home_assistant", written=20)
        # What the integration writes without the bridge comes behind all it has written beside it.
        bridge.kill()
        hass.rest.call("POST", "/api/states/sensor.late", {"state": "7", "attributes": attributes})
        wait_for(lambda: told("sensor.late") == [7], 60, "the integration to write alone")
        assert sorted(told("sensor.twin")) == [float(number) for number in range(20)]


def test_two_layouts_side_by_side(tmp_path: Path, mosquitto: Mosquitto, influxdb: InfluxDB) -> None:
    page = "home-assistant-integration.md"
    settings = shown(page, 1, mosquitto, influxdb)
    for name in ("home_assistant", "home"):
        influxdb.create_database(name)
    attributes = {
        "unit_of_measurement": "°C",
        "device_class": "temperature",
        "friendly_name": "Kitchen",
    }
    with BridgeProcess(tmp_path, settings) as bridge:
        bridge.wait_up()
        states(mosquitto, ("sensor.kitchen_temperature", "21.5", attributes))
        for name in ("home_assistant", "home"):
            wait_stored(influxdb, name, blocks(f"recipes/{page}", f"influx {name}")[0])


def test_victoriametrics(tmp_path: Path, mosquitto: Mosquitto, victoriametrics: VictoriaMetrics) -> None:
    settings = shown("victoriametrics.md", 0, mosquitto, victoriametrics)
    with BridgeProcess(tmp_path, settings) as bridge:
        bridge.wait_up()
        attributes = {"unit_of_measurement": "°C", "device_class": "temperature"}
        states(
            mosquitto,
            ("sensor.kitchen_temperature", "21.5", attributes),
            ("light.hall", "on", {}),
            ("climate.bath", "heating", {}),
        )
        times: list[int] = []
        for line in blocks("recipes/victoriametrics.md", "metrics")[0].splitlines():
            selector, value = line.rsplit(" ", 1)
            [found] = wait_for(lambda selector=selector: victoriametrics.export(selector), 30, selector)  # type: ignore[misc]
            assert found["values"][-1] == float(value)
            times += found["timestamps"]
        assert any(time % 1000 for time in times), "none finer than a second"
        assert not victoriametrics.export("climate_state")
        assert victoriametrics.export("climate_available")
    [query] = blocks("recipes/victoriametrics.md", "promql")
    assert answered(victoriametrics, query.strip())


def answered(server: VictoriaMetrics, query: str) -> list[Mapping[str, Any]]:
    # It shows nothing of the last 30 seconds else.
    asked = {"query": query, "latency_offset": "1ms", "nocache": "1", "time": str(int(time.time()) + 1)}
    body = http_call("GET", f"{server.url}/api/v1/query?{urlencode(asked)}")
    found: list[Mapping[str, Any]] = json.loads(body)["data"]["result"]
    return found
