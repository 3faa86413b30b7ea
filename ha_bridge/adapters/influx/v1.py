"""InfluxDB 1.x, and all that speak its `/write`.

https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint
"""

from collections.abc import Sequence

from ha_bridge.adapters.http.client import HttpClient
from ha_bridge.adapters.http.errors import Target, failure
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx import lines as influx_lines
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.points import Point

PATH = "/write"


class InfluxV1:
    """Sink. An empty `retention_policy` is the database's default one. `deliver` and `close` may come from any thread."""

    def __init__(self, server: InfluxServer, *, database: str, retention_policy: str = "") -> None:
        self._server = server
        self._target = Target(server, "database", database, PATH)
        self._query = {"db": database, "precision": "ns"} | (
            {"rp": retention_policy} if retention_policy else {}
        )
        self._client = HttpClient(server)

    def encode(self, points: Sequence[Point]) -> bytes:
        return influx_lines.encode(points)

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]:
        return influx_lines.split(payload, at)

    def deliver(self, payload: bytes) -> None:
        body, encoding = influx_lines.packed(payload, gzipped=self._server.gzip)
        try:
            answer = self._client.post(PATH, self._query, body, encoding)
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        if trouble := failure(answer, self._target, payload):
            raise trouble

    def close(self) -> None:
        self._client.close()
