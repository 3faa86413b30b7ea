import json
import urllib.parse
from typing import Any

from tests.system.servers.http_call import answers, http_call
from tests.system.servers.missing import installed
from tests.system.servers.process import HOST, Server


class VictoriaMetrics(Server):
    """VictoriaMetrics, which takes InfluxDB's line protocol at /write and /api/v2/write."""

    name = "victoria-metrics"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def command(self) -> list[str]:
        return [
            installed("victoria-metrics"),
            f"-httpListenAddr={HOST}:{self.port}",
            f"-storageDataPath={self.directory / 'data'}",
            # By default it drops, with a 204, what is older than a month.
            "-retentionPeriod=100y",
        ]

    def is_ready(self) -> bool:
        return answers(f"{self.url}/health")

    def write(self, lines: str) -> None:
        """Write line protocol with nanoseconds since 1970; times near 1970 it takes for seconds."""
        http_call("POST", f"{self.url}/write", lines.encode())

    def export(self, match: str) -> list[dict[str, Any]]:
        """Return {"metric": {labels}, "values": [...], "timestamps": [unix ms]} for each series that `match` selects."""
        # What was written a moment ago can be searched only after a flush, which comes once a second otherwise.
        http_call("GET", f"{self.url}/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": match})
        return [
            json.loads(line) for line in http_call("GET", f"{self.url}/api/v1/export?{query}").splitlines()
        ]
