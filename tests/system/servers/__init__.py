"""The real servers that the system tests talk to, installed by scripts/servers.sh."""

from tests.system.servers.hass_rest import HassRest
from tests.system.servers.hass_socket import HassSocket
from tests.system.servers.homeassistant import HomeAssistant
from tests.system.servers.influxdb import InfluxDB
from tests.system.servers.mosquitto import Mosquitto
from tests.system.servers.process import Server, free_port
from tests.system.servers.victoria import VictoriaMetrics

__all__ = [
    "HassRest",
    "HassSocket",
    "HomeAssistant",
    "InfluxDB",
    "Mosquitto",
    "Server",
    "VictoriaMetrics",
    "free_port",
]
