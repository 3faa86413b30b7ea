"""The bridge as a server of the tests' own: `ha-bridge run` with settings of its own, asked through its endpoints."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import coverage
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto, Server
from tests.system.servers.newest import CHECKOUT
from tests.system.servers.process import HOST
from tests.waiting import wait_for

Json = dict[str, Any]
Labels = frozenset[tuple[str, str]]

LONG = 60.0
"""Seconds that a machine with other things to do may take for what usually takes one."""

QUICK: Json = {
    "supervisor": {"backoff_initial": "100ms", "backoff_max": "1s"},
    "batch": {"interval": "100ms", "retry_initial": "100ms", "retry_max": "1s"},
    "log": {"format": "json"},
}
"""The defaults wait for days of outage; a test does not."""

PULSE: Json = {"home_assistant": {"timeout": "2s", "ping_interval": "1s", "ping_timeout": "1s"}}
"""Notice soon that Home Assistant is silent. A busy one is silent too, so only where this is what is tested."""


class Ledger(NamedTuple):
    """What a source says of its events."""

    received: int
    settled: dict[str, int]
    in_flight: int

    @property
    def balances(self) -> bool:
        return self.received == sum(self.settled.values()) + self.in_flight

    @property
    def at_rest(self) -> bool:
        return self.balances and not self.in_flight


class Metrics:
    """One answer of /metrics."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """Return a sample, 0 where there is none (yet)."""
        return self._samples.get((f"ha_bridge_{name}", frozenset(labels.items())), 0)

    def ledger(self, source: str) -> Ledger:
        settled = {
            dict(labels)["disposition"]: int(value)
            for (name, labels), value in self._samples.items()
            if name == "ha_bridge_events_settled_total" and ("source", source) in labels
        }
        received = int(self.value("events_received_total", source=source))
        return Ledger(received, settled, int(self.value("events_in_flight", source=source)))


class BridgeProcess(Server):
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

    def is_ready(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/health/live", retries=False, timeout=30).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def terminate(self) -> int:
        """Stop it as systemd or Docker would; returns the exit code."""
        self.stop()
        assert self._process is not None
        return self._process.returncode

    def reload(self) -> None:
        self.write_settings()
        os.kill(self.pid, signal.SIGHUP)

    def health(self) -> Json:
        answer: Json = urllib3.request("GET", f"{self.url}/health", retries=False, timeout=30).json()
        return answer

    def child(self, name: str) -> Json:
        """Return the state, reason, since and restarts of a part, {} where there is none (yet)."""
        child: Json = self.health()["children"].get(name, {})
        return child

    def wait_child(self, name: str, *states: str, reason: str = "") -> Json:
        """Wait until a part is in one of the states with this in its reason; returns it as /health shows it."""

        def so() -> Json:
            child = self.child(name)
            return child if child.get("state") in states and reason in child["reason"] else {}

        return wait_for(so, LONG, f"{name} to be {' or '.join(states)} {reason}; {self}")

    def wait_up(self) -> None:
        """Wait until every part is up, with nothing to complain of."""

        def well() -> bool:
            health = self.health()
            return bool(health["ready"]) and health["status"] == "ok"

        wait_for(well, LONG, f"every part to be up; {self}")

    def metrics(self) -> Metrics:
        answer = urllib3.request("GET", f"{self.url}/metrics", retries=False, timeout=30)
        return Metrics(answer.data.decode())

    def ledger(self, source: str) -> Ledger:
        return self.metrics().ledger(source)

    def wait_settled(self, *sources: str, **least: int) -> dict[str, Ledger]:
        """Wait until the sources are at rest and together have so many events in these dispositions."""

        def rest() -> dict[str, Ledger]:
            metrics = self.metrics()
            ledgers = {source: metrics.ledger(source) for source in sources}
            total = in_all(ledgers)
            enough = all(total[disposition] >= count for disposition, count in least.items())
            return ledgers if enough and all(each.at_rest for each in ledgers.values()) else {}

        return wait_for(rest, LONG, f"{sources} to have settled {least}; {self}")

    def logged(self, event: str) -> list[Json]:
        """Return the log's lines of this event, each with its fields."""
        lines = self.log.read_text(errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in entries if entry.get("event") == event]


def in_all(ledgers: Mapping[str, Ledger]) -> Counter[str]:
    """Add up the dispositions of several sources."""
    return sum((Counter(ledger.settled) for ledger in ledgers.values()), Counter())


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
    lines: list[str] = []
    for section, table in settings.items():
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
