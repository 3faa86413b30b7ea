"""VictoriaMetrics behind the bridge: what is a number arrives, by either of InfluxDB's APIs."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from paho.mqtt.publish import multiple

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.points import Point
from ha_bridge.domain.registry import Registry
from ha_bridge.settings import InfluxdbSinkSettings
from ha_bridge.shapes import layout_for
from tests.system.bridge import BridgeProcess, home_assistant, mqtt
from tests.system.mqtt_peers import EPOCH, ROUTES
from tests.system.servers import HomeAssistant, Mosquitto, VictoriaMetrics
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

COUNT = 50

STILL = (
    "light",
    "climate",
    "cover",
    "binary_sensor",
    "lock",
    "humidifier",
    "fan",
    "alarm_control_panel",
    "number",
)
"""Domains of Home Assistant's demo whose entities nobody moves."""


@pytest.mark.parametrize(
    "place", [{"api": "v1", "database": "home"}, {"api": "v2", "bucket": "home"}], ids=["v1", "v2"]
)
def test_numbers_arrive(
    mosquitto: Mosquitto, victoriametrics: VictoriaMetrics, tmp_path: Path, place: dict[str, Any]
) -> None:
    sink = {"kind": "influxdb", "url": victoriametrics.url, "tags": {"api": place["api"]}, **place}
    with BridgeProcess(tmp_path, mqtt(mosquitto, *ROUTES), {"sinks": {"victoria": sink}}) as bridge:
        bridge.wait_up()
        messages: list[Any] = [
            (
                "devices/boiler",
                json.dumps({"at": EPOCH + number, "value": number / 4, "on": number % 2 == 0}),
                1,
                False,
            )
            for number in range(COUNT)
        ]
        multiple(messages, hostname=HOST, port=mosquitto.port)
        ledger = bridge.wait_settled("mqtt", written=COUNT)["mqtt"]
        assert ledger.settled["written"] == ledger.received == COUNT

    def exported(field: str) -> dict[int, float]:
        """Return the values by second."""
        match = f'{{__name__="devices_{field}",device="boiler",api="{place["api"]}"}}'
        return {
            time // 1000: value
            for series in victoriametrics.export(match)
            for time, value in zip(series["timestamps"], series["values"], strict=True)
        }

    wait_for(lambda: len(exported("value")) == len(exported("on")) == COUNT, 60, "all numbers to be found")
    assert exported("value") == {EPOCH + number: number / 4 for number in range(COUNT)}
    assert exported("on") == {EPOCH + number: (number + 1) % 2 for number in range(COUNT)}


def points(hass: HomeAssistant, sink: InfluxdbSinkSettings) -> list[Point]:
    """Give what the sink's layout makes of the states that Home Assistant has."""
    layout = layout_for(sink, Registry())
    still = [state for state in hass.rest.states() if state["entity_id"].startswith(STILL)]
    events = [StateEvent(1, state["entity_id"], state["state"], state["attributes"]) for state in still]
    return [point for event in events for point in layout.points(event)]


@pytest.mark.parametrize("layout", ["bridge", "homeassistant"])
def test_without_strings_all_that_is_found_are_numbers_that_home_assistant_said(
    hass_2024: HomeAssistant, tmp_path: Path, layout: Literal["bridge", "homeassistant"]
) -> None:
    """VictoriaMetrics keeps a text as 0, which looks like a measurement."""
    options: dict[str, Any] = {"strings": False, "availability": False}
    if layout == "bridge":
        options["attributes"] = ["brightness", "current_temperature", "hvac_action", "effect"]
    expected = {
        (f"{point.series.measurement}_{name}", point.series.tags["entity_id"]): value
        for point in points(hass_2024, InfluxdbSinkSettings(kind="influxdb", layout=layout, **options))
        for name, value in point.fields.items()
    }
    with VictoriaMetrics(tmp_path) as server:
        place = {"kind": "influxdb", "url": server.url, "database": "home", "layout": layout}
        settings = (home_assistant(hass_2024), {"sinks": {"victoria": {**place, **options}}})
        with BridgeProcess(tmp_path, *settings, {"filter": {"include": [*STILL]}}) as bridge:
            bridge.wait_up()
            bridge.wait_metric("backlog_points", 0, sink="victoria")
            found: dict[tuple[str, str], float] = {}

            def all_found() -> bool:
                found.update(latest(server))
                return len(found) >= len(expected)

            wait_for(all_found, 60, f"{len(expected)} series to be found")
    assert found == pytest.approx(expected)
    assert {name for name, _ in found if name.endswith(("_state", "_str"))} == set()
    assert len(found) > 15


def latest(server: VictoriaMetrics) -> dict[tuple[str, str], float]:
    """Give each series' last value by its name and entity."""
    return {
        (series["metric"]["__name__"], series["metric"]["entity_id"]): series["values"][-1]
        for series in server.export('{entity_id!=""}')
    }
