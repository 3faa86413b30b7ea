"""Asks Home Assistant's own influxdb integration what it would write."""

import atexit
import json
import subprocess
import threading
from functools import cache
from typing import Any

from tests.system.servers.homeassistant import Version
from tests.system.servers.missing import installed
from tests.system.servers.newest import CHECKOUT, newest_command

Json = dict[str, Any]

SCRIPT = "tests/system/oracle_influxdb.py"

_one_at_a_time = threading.Lock()


def _command(version: Version) -> list[str]:
    if version == "newest":
        return newest_command("python3", "-B", f"{{checkout}}/{SCRIPT}")
    python = installed(str(CHECKOUT / f".servers/ha-{version}/bin/python"))
    return [python, "-B", str(CHECKOUT / SCRIPT)]


@cache
def _oracle(version: Version) -> subprocess.Popen[str]:
    """Start HA's Python with the integration loaded (about 2 s, once a session); it then answers until its stdin closes."""
    process = subprocess.Popen(
        _command(version),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    return process


def ha_oracle(config: Json | str, events: list[Json], version: Version = "newest") -> list[Json | None]:
    """Return for each event, in order, the point that HA would write, or None where it writes none.

    `config` is what stands below `influxdb:` in HA's YAML, or a whole configuration.yaml as text; an event is a state_changed event as the WebSocket sends it.
    A point is {"measurement", "tags", "fields", "time"}: tags are text, fields float or str, time ISO 8601 in UTC with
    microseconds; what the client library leaves out (empty tags, non-finite fields) is left out. Where HA's code raises,
    the entry is {"raises": message}.
    """
    with _one_at_a_time:
        oracle = _oracle(version)
        assert oracle.stdin is not None
        assert oracle.stdout is not None
        named = "yaml" if isinstance(config, str) else "config"
        oracle.stdin.write(json.dumps({named: config, "events": events}) + "\n")
        oracle.stdin.flush()
        reply = oracle.stdout.readline()
        if not reply:
            _oracle.cache_clear()
            raise ValueError(f"HA does not accept this config, see stderr: {config}")
    points: list[Json | None] = json.loads(reply)
    assert len(points) == len(events)
    return points
