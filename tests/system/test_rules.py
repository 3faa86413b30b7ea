"""Rules in a bridge that runs, and `ha-bridge reload`."""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paho.mqtt.publish import single

from tests.system.bridge import QUICK, BridgeProcess, Json, home_assistant, influx, merged, mqtt, only
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto
from tests.system.servers.newest import CHECKOUT
from tests.system.servers.process import HOST
from tests.system.test_registries import area, update, update_device
from tests.waiting import wait_for

pytestmark = pytest.mark.system

ROUTE = {"topic": "sensors/{name}", "format": "value", "entity": "sensor.{name}"}
SECOND = 1_000_000_000


def reload(bridge: BridgeProcess, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `ha-bridge reload` as its user would, once the settings are written."""
    bridge.write_settings()
    command = [sys.executable, "-m", "ha_bridge", "reload", "--config", str(bridge.file), *arguments]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HA_BRIDGE_")}
    return subprocess.run(
        command,
        cwd=bridge.directory,
        env={**environ, "PYTHONPATH": str(CHECKOUT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def say(broker: Mosquitto, name: str, value: float) -> None:
    single(f"sensors/{name}", str(value), qos=1, hostname=HOST, port=broker.port)


def stored(server: InfluxDB, database: str, entity: str) -> list[Json]:
    """Return the points of an entity in the order of time."""
    return server.query(f"SELECT * FROM sensor WHERE entity_id = '{entity}'", database)  # noqa: S608 - our own server


def wait_stored(server: InfluxDB, database: str, entity: str, *values: float) -> None:
    def so() -> bool:
        found.append([row["value"] for row in stored(server, database, entity)])
        return found[-1] == [*values]

    found: list[list[float]] = []
    wait_for(so, 30, f"{entity} to be {values}; last {found[-1:]}")


def test_reload_applies_rules_and_says_what_came_of_it(
    mosquitto: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    settings = merged(mqtt(mosquitto, ROUTE), influx(influxdb, database))
    with BridgeProcess(tmp_path, settings) as bridge:
        bridge.wait_up()
        say(mosquitto, "a", 1.25)
        wait_stored(influxdb, database, "a", 1.25)

        bridge.settings = merged(bridge.settings, {"rules": [{"name": "tens", "scale": 10, "round": 0}]})
        told = reload(bridge)
        assert (told.returncode, told.stdout, told.stderr) == (0, "rules: taken over\n", "")
        say(mosquitto, "a", 2.25)
        wait_stored(influxdb, database, "a", 1.25, 22)

        wrong = merged(bridge.settings, {"rules": [{"name": "tens", "scal": 100}]})
        bridge.settings, right = wrong, bridge.settings
        told = reload(bridge)
        assert told.returncode == 1
        assert "rules[0].scal" in told.stderr
        assert 'rule 1 "tens": there is no such key' in told.stderr
        told = reload(bridge, "--url", bridge.url)
        assert told.returncode == 1
        assert 'rule 1 "tens": there is no such key' in told.stderr
        assert "the settings that run stay in force" in told.stderr
        say(mosquitto, "a", 3.25)
        wait_stored(influxdb, database, "a", 1.25, 22, 32)

        bridge.settings = merged(right, {"mqtt": {"keepalive": "30s"}, "filter": {"exclude": ["sensor.b"]}})
        told = reload(bridge)
        assert told.stdout == "filter: taken over\nmqtt: waits for a restart\n"
        say(mosquitto, "b", 1)
        bridge.wait_settled("mqtt", filtered=1)
        bridge.wait_up()
        assert bridge.terminate() == 0
    told = reload(bridge)
    assert (told.returncode, "does ha-bridge run?" in told.stderr) == (1, True)


def test_a_heartbeat_fills_the_holes_also_across_a_crash(
    mosquitto: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    beat = {"rules": [{"match": {"entities": ["sensor.beat"]}, "heartbeat": "1s"}]}
    with BridgeProcess(tmp_path, mqtt(mosquitto, ROUTE), influx(influxdb, database), beat) as bridge:
        bridge.wait_up()
        say(mosquitto, "beat", 7)
        wait_for(lambda: len(stored(influxdb, database, "beat")) >= 4, 30, "three repeats")
        bridge.kill()
        bridge.start()
        bridge.wait_up()
        say(mosquitto, "beat", 8)
        wait_for(
            lambda: [row["value"] for row in stored(influxdb, database, "beat")].count(8) >= 4, 30, "more"
        )
        ledger = bridge.ledger("mqtt")
        assert bridge.terminate() == 0
    rows = stored(influxdb, database, "beat")
    said = [row for row in rows if int(row["time"]) % SECOND]
    repeats = [row for row in rows if not int(row["time"]) % SECOND]
    assert [row["value"] for row in said] == [7, 8]
    assert [row["value"] for row in repeats] == sorted(row["value"] for row in repeats)
    assert ledger.received == 1
    assert len({row["time"] for row in rows}) == len(rows)


def test_nothing_is_repeated_while_the_broker_that_told_it_is_away(
    mosquitto: Mosquitto, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    def last() -> int:
        rows = stored(influxdb, database, "beat")
        return max((int(row["time"]) for row in rows), default=0)

    beat = {"rules": [{"heartbeat": "1s"}]}
    with BridgeProcess(tmp_path, mqtt(mosquitto, ROUTE), influx(influxdb, database), beat) as bridge:
        bridge.wait_up()
        say(mosquitto, "beat", 7)
        wait_for(lambda: len(stored(influxdb, database, "beat")) >= 3, 30, "two repeats")
        mosquitto.kill()
        bridge.wait_child("mqtt", "down")
        away = time.time_ns()
        wait_for(lambda: time.time_ns() > away + 8 * SECOND, 30, "what would have been repeated to be due")
        assert last() < away + SECOND
        back = time.time_ns()
        mosquitto.start()
        bridge.wait_up()
        wait_for(lambda: last() > back, 30, "it to be repeated again")
        assert bridge.terminate() == 0
    times = [int(row["time"]) for row in stored(influxdb, database, "beat")]
    assert not [moment for moment in times if away + SECOND < moment < back]


def test_what_home_assistant_says_of_an_entity_chooses_its_rules(
    hass_2024: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    watts = {"device_class": "power", "unit_of_measurement": "kW"}
    rules = {
        "filter": {"include": {"entities": ["sensor.rules_*"], "domains": []}, "exclude": ["event:*"]},
        "rules": [
            {"match": {"device_classes": ["power"]}, "convert": "W", "deadband": 50},
            {"match": {"attributes": ["noisy == true"]}, "drop": True},
        ],
    }
    with BridgeProcess(
        tmp_path, home_assistant(hass_2024), influx(influxdb, database), QUICK, rules
    ) as bridge:
        bridge.wait_up()
        for value in ("1.5", "1.52", "1.6"):
            hass_2024.rest.set_state("sensor.rules_oven", value, watts)
        hass_2024.rest.set_state("sensor.rules_radio", "1", {"noisy": True})
        bridge.wait_settled("home_assistant", written=2, filtered=2)
        rows = stored(influxdb, database, "rules_oven")
        assert [(row["value"], row["unit"]) for row in rows] == [(1500, "W"), (1600, "W")]
        assert not stored(influxdb, database, "rules_radio")
    for name in ("oven", "radio"):
        hass_2024.rest.remove_state(f"sensor.rules_{name}")


def test_an_entity_is_carried_and_changed_for_where_it_is(
    hass_2024: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    numbers = itertools.count()

    def stored_in(tag: str) -> list[Json]:
        hass_2024.rest.set_state("light.bed_light", str(next(numbers)))
        query = f"SELECT * FROM light WHERE entity_id = 'bed_light' AND side = '{tag}'"  # noqa: S608 - our own server
        return influxdb.query(query, database)

    rules = {
        "filter": {"include": ["area:rules_*"], "exclude": ["event:*"]},
        "rules": [
            {"match": {"areas": ["Rules Cellar"]}, "set_tags": {"side": "below"}},
            {"match": {"areas": ["rules_attic"]}, "set_tags": {"side": "above"}},
        ],
    }
    settings = (home_assistant(hass_2024), influx(influxdb, database), rules)
    with (
        hass_2024.websocket() as socket,
        area(socket, "Rules Cellar") as cellar,
        area(socket, "Rules Attic") as attic,
    ):
        hass_2024.rest.set_state("light.bed_light", "on")
        with BridgeProcess(tmp_path, *settings) as bridge:
            bridge.wait_up()
            update_device(socket, "light.bed_light", area_id=cellar)
            below = wait_for(lambda: stored_in("below"), 60, "a point from the cellar")
            assert {row["area"] for row in below} == {"Rules Cellar"}
            update_device(socket, "light.bed_light", area_id=attic)
            wait_for(lambda: stored_in("above"), 60, "a point from the attic")
            assert influxdb.query("SELECT * FROM switch", database) == []
        update_device(socket, "light.bed_light", area_id=None)
    hass_2024.rest.set_state("light.bed_light", "off")


def test_what_is_gone_when_home_assistant_is_back_is_repeated_no_more(
    hass_2024: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    def last(name: str) -> int:
        rows = stored(influxdb, database, name)
        return max((int(row["time"]) for row in rows), default=0)

    names = ("rules_forgotten", "outside_temperature")
    beat = {**only(*(f"sensor.{name}" for name in names)), "rules": [{"heartbeat": "1s"}]}
    with BridgeProcess(
        tmp_path, home_assistant(hass_2024), influx(influxdb, database), QUICK, beat
    ) as bridge:
        bridge.wait_up()
        hass_2024.rest.set_state(f"sensor.{names[0]}", "5")  # a restart of Home Assistant forgets it
        began = time.time_ns()
        wait_for(lambda: min(map(last, names)) > began, 30, "both to be repeated")
        hass_2024.restart()
        back = time.time_ns()
        bridge.wait_up()
        wait_for(lambda: last(names[1]) > back + 5 * SECOND, 60, "the other to be repeated again")
        assert last(names[0]) < back
        assert bridge.terminate() == 0


def test_each_word_for_what_an_entity_is_names_it(
    hass_newest: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    entity = "cover.living_room_window"
    matches: list[Json] = [
        {"labels": ["rules grün"]},
        {"labels": ["rules_grun"]},
        {"floors": ["Rules Floor"]},
        {"areas": ["/^Rules (Loft|Cellar)$/"]},
        {"devices": ["living room win*"]},
        {"integrations": ["demo"]},
        {"domains": ["cover"], "entities": ["/window$/"]},
        {"attributes": ["current_position >= 0", "friendly_name ~ Living*", "!nothing"]},
        {"weekdays": ["mon-sun"], "state": ["!= nothing"]},
    ]
    rules = {
        "filter": {"include": ["label:rules_*"], "exclude": ["event:*"]},
        "rules": [{"match": each, "set_tags": {f"t{number}": "y"}} for number, each in enumerate(matches)],
    }
    with hass_newest.websocket() as socket, area(socket, "Rules Loft") as loft:
        floor = socket.command("config/floor_registry/create", name="Rules Floor")["floor_id"]
        label = socket.command("config/label_registry/create", name="Rules Grün")["label_id"]
        socket.command("config/area_registry/update", area_id=loft, floor_id=floor)
        update_device(socket, entity, area_id=loft)
        update(socket, entity, labels=[label])
        settings = (home_assistant(hass_newest), influx(influxdb, database), rules)
        with BridgeProcess(tmp_path, *settings) as bridge:
            bridge.wait_up()
            query = "SELECT * FROM cover"
            [row] = wait_for(lambda: influxdb.query(query, database), 30, "the state of the cover")
            assert (row["entity_id"], row["area"]) == ("living_room_window", "Rules Loft")
            assert [row.get(f"t{number}") for number in range(len(matches))] == ["y"] * len(matches)
            assert {each["name"] for each in influxdb.query("SHOW MEASUREMENTS", database)} == {"cover"}
        update(socket, entity, labels=[])
        update_device(socket, entity, area_id=None)
        socket.command("config/label_registry/delete", label_id=label)
        socket.command("config/floor_registry/delete", floor_id=floor)
