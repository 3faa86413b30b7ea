"""Home Assistant's own integration and the bridge, side by side, into one InfluxDB: what is found there is the same."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.system.bridge import BridgeProcess, home_assistant, influx
from tests.system.servers import HomeAssistant, InfluxDB
from tests.system.servers.homeassistant import Version
from tests.system.test_homeassistant_layout import NUMBERS, TEXTS, VERSIONS, WORDS
from tests.waiting import wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

Json = dict[str, Any]
Points = dict[tuple[int, str, tuple[tuple[str, str], ...]], Json]

ENUM = re.compile(r"<\w+\.\w+: ('[^']*')>")
DATETIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:[\d.]+\+00:00)")
NOT_FINITE = re.compile(r"-?(nan|inf|1e999)", re.IGNORECASE)
"""Its client of version 1 sends them, and InfluxDB refuses the point."""
ODD_VALUES: tuple[Any, ...] = (
    *(True, False, None, 0, -(2**63), 2**64 - 1, 1e22, 0.1, -0.0),
    *({}, [], {"a b": [1, "x", None, 2.0]}),
)
TAGS = ("domain", "entity_id", "friendly_name", "home")
OPTIONS: Json = {
    "tags": {"home": "my own"},
    "tags_attributes": ["friendly_name"],
    "ignore_attributes": ["icon"],
    "component_config_glob": {"light.*": {"override_measurement": "lights"}},
}

SWITCHED = (
    "light.bed_light",
    "light.ceiling_lights",
    "switch.ac",
    "switch.decorative_lights",
    "fan.living_room_fan",
)
"""Entities of Home Assistant's own demo, whose attributes have types that JSON has not."""


def spoken() -> Iterator[tuple[str, Json]]:
    """Give a state and attributes for each corner, in words that both versions write and InfluxDB takes."""
    odd = [text[:255] for text in (*NUMBERS, *WORDS, *TEXTS) if text.isprintable()]
    for number, text in enumerate(odd):
        attributes = {
            "a": text,
            "value": text,
            "state_": [text],
            "icon": text,
            "friendly_name": f"It {number}",
        }
        yield ("a state of its own" if NOT_FINITE.match(text) else text), attributes
    for value in ODD_VALUES:
        yield "heat", {"a": value, "a_str": value, "a_": value, "state": value, "unit": value}


def found(server: InfluxDB, database: str) -> Points:
    """Give all points, each by its identity, with the fields that it has."""
    points: Points = {}
    for row in server.query("SELECT * FROM /.*/ GROUP BY *", database):
        fields = {name: value for name, value in row.items() if value is not None}
        tags = tuple((name, fields.pop(name)) for name in TAGS if name in fields)
        points[fields.pop("time"), fields.pop("measurement"), tags] = fields
    return points


def of_ours(points: Points) -> Points:
    return {key: fields for key, fields in points.items() if ("domain", "beside") in key[2]}


def all_stored(server: InfluxDB, database: str, number: int) -> bool:
    return len(of_ours(found(server, database))) >= number


def as_its_api_says(fields: Mapping[str, Any]) -> Json:
    """Write enums, tuples and datetimes, which only its own integration sees, as they leave Home Assistant."""
    said = {}
    for name, value in fields.items():
        text = ENUM.sub(r"\1", value) if isinstance(value, str) else value
        if isinstance(text, str) and text.startswith("("):
            text = f"[{text[1:-1]}]"
        said[name] = DATETIME.sub(r"\1T\2", text) if isinstance(text, str) else text
    return said


@pytest.mark.parametrize("version", VERSIONS)
def test_both_write_the_same(version: Version, influxdb: InfluxDB, tmp_path: Path) -> None:
    theirs, ours = f"theirs_{version}", f"ours_{version}"
    for database in (theirs, ours):
        influxdb.create_database(database)
    folders = {name: tmp_path / name for name in ("hass", "bridge")}
    for folder in folders.values():
        folder.mkdir()
    hass = HomeAssistant(folders["hass"], version)
    hass.config["influxdb"] = {"host": "127.0.0.1", "port": influxdb.port, "database": theirs, **OPTIONS}
    sink = influx(influxdb, ours, layout="homeassistant", exclude=["event:*"], **OPTIONS)
    with hass, BridgeProcess(folders["bridge"], home_assistant(hass), sink) as bridge:
        bridge.wait_up()
        for entity_id in SWITCHED:
            hass.rest.call_service("homeassistant", "toggle", {"entity_id": entity_id})
        coloured = {"entity_id": SWITCHED[0], "rgb_color": [1, 2, 3]}
        hass.rest.call_service("light", "turn_on", coloured)
        said = list(spoken())
        for number, (state, attributes) in enumerate(said):
            hass.rest.set_state(f"beside.e{number}", state, attributes)
        stored = sum(state not in ("unknown", "unavailable", "") for state, _ in said)
        for database in (theirs, ours):
            wait_for(partial(all_stored, influxdb, database, stored), 60, f"all to be in {database}")
    by_them, by_us = found(influxdb, theirs), found(influxdb, ours)
    assert of_ours(by_us) == of_ours(by_them)
    assert len(of_ours(by_us)) == stored > 40
    both = by_us.keys() & by_them.keys()
    assert {key: by_us[key] for key in both} == {key: as_its_api_says(by_them[key]) for key in both}
    assert {entity_id.partition(".")[2] for entity_id in SWITCHED} <= {
        dict(tags)["entity_id"] for *_, tags in both
    }
    assert any(str(by_them[key].get("rgb_color_str")).startswith("(") for key in both)
