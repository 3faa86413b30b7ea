import json
from pathlib import Path
from typing import Any, Literal

from tests.system.servers.hass_rest import HassRest
from tests.system.servers.hass_socket import HassSocket
from tests.system.servers.missing import missing
from tests.system.servers.mosquitto import Mosquitto
from tests.system.servers.newest import SERVERS, newest_command
from tests.system.servers.process import HOST, Server
from tests.waiting import wait_for

Json = dict[str, Any]
Version = Literal["2024.3.3", "newest"]


class HomeAssistant(Server):
    """A Home Assistant with its demo integration (97 entities), an owner and a long-lived token."""

    name = "home-assistant"
    stop_seconds = 60.0

    def __init__(self, directory: Path, version: Version) -> None:
        super().__init__(directory)
        self.version = version
        self.url = f"http://{HOST}:{self.port}"
        self.websocket_url = f"ws://{HOST}:{self.port}/api/websocket"
        self.rest = HassRest(self.url)
        self.config: Json = {
            "homeassistant": {"time_zone": "UTC"},
            "http": {"server_host": HOST, "server_port": self.port},
            "recorder": {"commit_interval": 1},
            **dict.fromkeys(["api", "websocket_api", "config", "onboarding", "history", "demo"]),
        }
        self.broker: Mosquitto | None = None

    @property
    def token(self) -> str:
        """The owner's long-lived token, which also survives `kill`."""
        assert self.rest.token is not None, f"{self} has not been started"
        return self.rest.token

    def command(self) -> list[str]:
        # HA's YAML reader takes JSON.
        (self.directory / "configuration.yaml").write_text(json.dumps(self.config, indent=2))
        # scripts/servers.sh has installed what these integrations need, so a start needs no network.
        if self.version == "newest":
            return newest_command("hass", "-c", "{directory}", "--skip-pip", directory=self.directory)
        program = SERVERS / "ha-2024.3.3/bin/hass"
        if not program.exists():
            missing("Home Assistant 2024.3.3")
        return [str(program), "-c", str(self.directory), "--skip-pip"]

    def is_ready(self) -> bool:
        return self.rest.is_running() if self.rest.token else self.rest.shows_onboarding()

    def wait_ready(self, timeout: float) -> None:
        super().wait_ready(timeout)
        if not self.rest.token:
            self._move_in()
            super().wait_ready(timeout)

    def _move_in(self) -> None:
        owners_token = self.rest.create_owner()
        with HassSocket(self.websocket_url, owners_token) as socket:
            fields = {"client_name": "ha-bridge", "lifespan": 365}
            self.rest.token = socket.command("auth/long_lived_access_token", **fields)
            if self.version == "newest":
                # Otherwise it restarts after five minutes without the http section, and is gone.
                socket.command("http/config/promote")
        # Stores are written some seconds late, and this one has to outlive a kill.
        wait_for(lambda: '"ha-bridge"' in self.stored("auth"), 30, "HA to store the token")

    def stored(self, store: str) -> str:
        """Return the text of a file in HA's .storage, empty when there is none."""
        path = self.directory / ".storage" / store
        return path.read_text() if path.exists() else ""

    def websocket(self) -> HassSocket:
        return HassSocket(self.websocket_url, self.token)

    def enable_mqtt(
        self, broker: Mosquitto, *, statestream: Json | None = None, eventstream: Json | None = None
    ) -> None:
        """Connect HA to `broker`, with the options given for mqtt_statestream and mqtt_eventstream, and restart it."""
        if not self.broker:
            self._connect(broker)
        assert self.broker is broker, "HA stays with its first broker"
        for integration, options in {
            "mqtt_statestream": statestream,
            "mqtt_eventstream": eventstream,
        }.items():
            self.config.pop(integration, None)
            if options is not None:
                self.config[integration] = options
        self.restart()

    def _connect(self, broker: Mosquitto) -> None:
        flow = self.rest.call("POST", "/api/config/config_entries/flow", {"handler": "mqtt"})
        settings: Json = {"broker": HOST, "port": broker.port}
        if self.version == "newest":
            other = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
            settings |= {"protocol": "5", "other_settings": other}
        answer = self.rest.call("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", settings)
        assert answer["type"] == "create_entry", answer
        wait_for(lambda: '"mqtt"' in self.stored("core.config_entries"), 30, "HA to store the MQTT entry")
        self.broker = broker
