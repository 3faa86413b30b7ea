"""Both roads over TLS, with an authority of one's own."""

from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.publish import multiple

from tests.system.bridge import BridgeProcess, home_assistant, influx, mqtt, only
from tests.system.mqtt_peers import ROUTES, stored
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto
from tests.system.servers.certificate import Certificate
from tests.system.servers.tls_front import TlsFront

pytestmark = pytest.mark.system


def test_home_assistant_over_tls(
    hass_2024: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    certificate = Certificate(tmp_path)
    with TlsFront(certificate, hass_2024.port) as front:
        url = f"https://localhost:{front.port}"
        settings = (influx(influxdb, database), only("sensor.over_tls*"))
        with BridgeProcess(tmp_path, home_assistant(hass_2024, url=url), *settings) as bridge:
            bridge.wait_child("home_assistant", "down", reason="home_assistant.ca_file")
        trusting = home_assistant(hass_2024, url=url, ca_file=str(certificate.file))
        with BridgeProcess(tmp_path, trusting, *settings) as bridge:
            bridge.wait_up()
            for number in range(20):
                hass_2024.rest.set_state("sensor.over_tls", str(number))
            bridge.wait_settled("home_assistant", written=20)
    hass_2024.rest.remove_state("sensor.over_tls")
    assert stored(influxdb, database, "sensor") == list(range(20))


def test_mqtt_over_tls(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    account: Any = {"username": "bridge", "password": "secret"}
    with Mosquitto(tmp_path, users={"bridge": "secret"}, tls=True) as broker:
        assert broker.certificate is not None
        authority = str(broker.certificate.file)
        with BridgeProcess(
            tmp_path, mqtt(broker, *ROUTES, tls=True, **account), influx(influxdb, database)
        ) as bridge:
            bridge.wait_child("mqtt", "down", reason="mqtt.ca_file")
        trusting = mqtt(broker, *ROUTES, tls=True, ca_file=authority, **account)
        with BridgeProcess(tmp_path, trusting, influx(influxdb, database)) as bridge:
            bridge.wait_up()
            messages: list[Any] = [("meters/tls", str(number), 1, False) for number in range(20)]
            multiple(
                messages, hostname="localhost", port=broker.port, auth=account, tls={"ca_certs": authority}
            )
            bridge.wait_settled("mqtt", written=20)
        assert stored(influxdb, database, "meters") == list(range(20))
