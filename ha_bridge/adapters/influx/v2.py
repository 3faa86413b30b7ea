"""InfluxDB 2.x, 3 Core, and all that speak their `/api/v2/write`, through influxdb-client.

https://docs.influxdata.com/influxdb/v2/api/write-data/
"""

from collections.abc import Sequence
from typing import Any

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import SSLError

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.http.client import SPARE_CONNECTIONS, USER_AGENT, silence
from ha_bridge.adapters.http.errors import Target, failure
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx import lines as influx_lines
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.points import Point

PATH = "/api/v2/write"


class InfluxV2:
    """Sink. 1.8 and VictoriaMetrics need no `org`. `deliver` and `close` may come from any thread.

    Writes through the library's WriteService, because its WriteApi would decode and join lines, and compress at level 9.
    """

    def __init__(self, server: InfluxServer, *, bucket: str, org: str = "") -> None:
        self._server = server
        self._target = Target(server, "bucket", bucket, PATH)
        self._org = org
        self._client: InfluxDBClient | None = None

    def encode(self, points: Sequence[Point]) -> bytes:
        return influx_lines.encode(points)

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]:
        return influx_lines.split(payload, at)

    def deliver(self, payload: bytes) -> None:
        try:
            answer = self._write(payload)
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        if trouble := failure(answer, self._target, payload):
            raise trouble

    def close(self) -> None:
        client, self._client = self._client, None
        if client:
            client.close()  # type: ignore[no-untyped-call]

    def _service(self) -> Any:
        client = self._client = self._client or opened(self._server)
        return WriteService(client.api_client)  # type: ignore[no-untyped-call]

    def _write(self, payload: bytes) -> Answer:
        body, encoding = influx_lines.packed(payload, gzipped=self._server.gzip)
        options = {"content_encoding": encoding} if encoding else {}
        try:
            response = self._service().post_write(
                self._org,
                self._target.name,
                body,
                precision="ns",
                urlopen_kw={"redirect": False},
                _preload_content=False,  # the library would decode the body, and fail where it is no UTF-8
                **options,
            )
        except ApiException as error:
            return refusal_of(error)
        return Answer.of(response.status, response.headers, response.data)


def opened(server: InfluxServer) -> InfluxDBClient:
    """Make a client of the library that behaves as all of ours do."""
    silence(server)
    client = InfluxDBClient(
        server.base,
        timeout=round(server.timeout * 1000),
        verify_ssl=server.verify_tls,
        ssl_ca_cert=server.ca_file or None,
        connection_pool_maxsize=SPARE_CONNECTIONS,
    )
    for name, value in {"User-Agent": USER_AGENT, **server.authorization()}.items():
        client.api_client.set_default_header(name, value)  # type: ignore[no-untyped-call]
    return client


def refusal_of(error: ApiException) -> Answer:
    """Take the answer out of an exception; a failed TLS handshake has none."""
    if not error.status:
        raise SSLError(error.reason) from error
    return Answer.of(error.status, error.headers, error.body)
