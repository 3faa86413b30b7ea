"""The bridge as a server of the tests' own: `ha-bridge run` with settings of its own."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import coverage

from tests.system.endpoints import LONG, Endpoints, Json, in_all
from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto, Server
from tests.system.servers.newest import CHECKOUT
from tests.system.servers.process import HOST

__all__ = [
    "LONG",
    "PULSE",
    "QUICK",
    "BridgeProcess",
    "Json",
    "home_assistant",
    "in_all",
    "influx",
    "merged",
    "mqtt",
    "only",
    "toml",
]

QUICK: Json = {
    "supervisor": {"backoff_initial": "100ms", "backoff_max": "1s"},
    "batch": {"interval": "100ms", "retry_initial": "100ms", "retry_max": "1s"},
    "log": {"format": "json"},
}
"""The defaults wait for days of outage; a test does not."""

PULSE: Json = {"home_assistant": {"timeout": "2s", "ping_interval": "1s", "ping_timeout": "1s"}}
"""Notice soon that Home Assistant is silent. A busy one is silent too, so only where this is what is tested."""


class BridgeProcess(Endpoints, Server):
    """`ha-bridge run` with QUICK settings and those given, the later ones over the earlier."""

    name = "ha-bridge"

    def __init__(self, directory: Path, *settings: Json) -> None:
        super().__init__(directory)
        self.url = f"http://{HOST}:{self.port}"
        self.settings = merged(QUICK, {"web": {"port": self.port}}, *settings)
        self.file = directory / "settings.toml"

    def command(self) -> list[str]:
        self.write_settings()
        # What the developer has set for a bridge of theirs is not for this one.
        unset = [f"--unset={name}" for name in os.environ if name.startswith("HA_BRIDGE_")]
        return [
            *("env", f"--chdir={self.directory}", *unset, *_python()),
            *("-m", "ha_bridge", "run", "--config", str(self.file)),
        ]

    def write_settings(self) -> None:
        self.file.write_text(toml(self.settings))

    def check_alive(self) -> None:
        assert self.running, f"{self} ended by itself"

    def terminate(self) -> int:
        """Stop it as systemd or Docker would; returns the exit code."""
        self.stop()
        assert self._process is not None
        return self._process.returncode

    def reload(self) -> None:
        self.write_settings()
        os.kill(self.pid, signal.SIGHUP)

    def logged(self, event: str) -> list[Json]:
        """Return the log's lines of this event, each with its fields."""
        lines = self.log.read_text(errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in entries if entry.get("event") == event]


def home_assistant(hass: HomeAssistant, **more: Any) -> Json:
    return {"home_assistant": {"url": hass.url, "token": hass.token, **more}}


def mqtt(broker: Mosquitto, *routes: Json, **more: Any) -> Json:
    return {"mqtt": {"enabled": True, "host": HOST, "port": broker.port, "routes": [*routes], **more}}


def influx(server: InfluxDB, database: str, **more: Any) -> Json:
    sink = {"kind": "influxdb", "url": server.url, "api": "v1", "database": database, **more}
    return {"sinks": {"influx": sink}}


def only(*patterns: str) -> Json:
    """Let the bridge carry these entities alone, so that they can be counted."""
    return {"filter": {"include": [*patterns], "exclude": ["event:*"]}}


def merged(*settings: Mapping[str, Any]) -> Json:
    """Lay settings over one another, table by table."""
    result: Json = {}
    for each in settings:
        for key, value in each.items():
            below = result.get(key)
            result[key] = merged(below, value) if isinstance(below, dict) else value
    return result


def toml(settings: Json) -> str:
    """Write settings as a settings file."""
    lists = {key: value for key, value in settings.items() if isinstance(value, list)}
    lines = [f"{key} = {_toml_value(value)}" for key, value in lists.items()]
    for section, table in ((key, value) for key, value in settings.items() if key not in lists):
        lines += [f"[{section}]", *(f"{key} = {_toml_value(value)}" for key, value in table.items()), ""]
    return "\n".join(lines)


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(key)} = {_toml_value(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value)


def _python() -> list[str]:
    """Where these tests' coverage is measured, the bridge's is measured with it and kept beside it."""
    measuring = coverage.Coverage.current()
    if measuring is None:
        return [sys.executable]
    data = CHECKOUT / measuring.config.data_file
    return [
        f"COVERAGE_FILE={data}",
        sys.executable,
        "-m",
        "coverage",
        "run",
        f"--rcfile={CHECKOUT}/setup.cfg",
    ]
