"""VictoriaMetrics behind the bridge: what is a number arrives, by either of InfluxDB's APIs."""

import json
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.publish import multiple

from tests.system.bridge import BridgeProcess, mqtt
from tests.system.mqtt_peers import EPOCH, ROUTES
from tests.system.servers import Mosquitto, VictoriaMetrics
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

COUNT = 50


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
