"""A sink that finds out for itself which API its server speaks."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.http.client import HttpClient
from ha_bridge.adapters.http.errors import Target, failure
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx import lines as influx_lines
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v1 import InfluxV1
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.points import Point
from ha_bridge.domain.ports import Sink

PATH = "/ping"
NO_VERSION = (0, 0)
LONGEST_PING = 4.0
"""Seconds. Asking comes on top of a delivery, whose timeout is what others reckon with."""

Api = Literal["v1", "v2"]

_VERSION = re.compile(r"v?(\d+)\.(\d+)")
# /ping may be closed to us (3 Core wants a token, a proxy may hide it) while writing is allowed.
_SILENT = (400, 401, 403, 404, 405)


class Identity(msgspec.Struct, frozen=True):
    """What a server says it is; `version` is NO_VERSION and `text` empty where it does not say."""

    product: Literal["InfluxDB", "VictoriaMetrics", ""] = ""
    text: str = ""
    version: tuple[int, int] = NO_VERSION


def identify(server: InfluxServer) -> Identity:
    """Ask the server's /ping. Raises Unavailable, or Refused where no such server can be behind the URL."""
    client = HttpClient(msgspec.structs.replace(server, timeout=min(server.timeout, LONGEST_PING)))
    try:
        answer = client.get(PATH)
    except NETWORK_ERRORS as error:
        raise unreachable(error, server) from error
    finally:
        client.close()
    trouble = failure(answer, Target(server, "database", "", PATH), b"")
    if trouble and answer.status not in _SILENT:
        raise trouble
    return identity(answer)


def identity(answer: Answer) -> Identity:
    """Read an answer to /ping: every InfluxDB names its version in a header, VictoriaMetrics its host."""
    text = answer.headers.get("x-influxdb-version", "")
    if "x-server-hostname" in answer.headers:
        return Identity("VictoriaMetrics", text)
    if found := _VERSION.match(text):
        return Identity("InfluxDB", text, (int(found[1]), int(found[2])))
    return Identity("", text)


def choose(server: Identity, *, bucket: str, org: str) -> Api:
    """Take the API the server knows, and where it knows both, the one the settings are made for."""
    if server.version >= (3, 0) or (server.version >= (2, 0) and org):
        return "v2"
    if NO_VERSION < server.version < (1, 8):
        return "v1"
    return "v2" if bucket else "v1"


def policy_of(database: str, retention_policy: str, bucket: str) -> tuple[str, str]:
    """Name the database and its policy, "" for the default one, for a 1.x."""
    named, _, policy = bucket.partition("/")
    return (database, retention_policy) if database else (named, policy)


def bucket_of(bucket: str, database: str, retention_policy: str) -> str:
    """Name the bucket, for all that have buckets."""
    return bucket or "/".join(filter(None, (database, retention_policy)))


class InfluxAuto:
    """Sink. Asks at the first delivery, and again after each Unavailable or Refused, when it may be another server.

    A bucket stands in for a database and the other way round: 1.8 and later read `database/retention-policy` in a bucket.
    """

    def __init__(
        self,
        server: InfluxServer,
        *,
        database: str = "",
        retention_policy: str = "",
        bucket: str = "",
        org: str = "",
    ) -> None:
        self._server = server
        self._database = database
        self._retention_policy = retention_policy
        self._bucket = bucket
        self._org = org
        self._sink: Sink | None = None
        self.identity: Identity | None = None

    def encode(self, points: Sequence[Point]) -> bytes:
        return influx_lines.encode(points)

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]:
        return influx_lines.split(payload, at)

    def deliver(self, payload: bytes) -> None:
        sink = self._sink = self._sink or self._find()
        try:
            sink.deliver(payload)
        except (Unavailable, Refused):
            self.close()
            raise

    def close(self) -> None:
        sink, self._sink = self._sink, None
        if sink:
            sink.close()

    def _find(self) -> Sink:
        self.identity = identify(self._server)
        api = choose(self.identity, bucket=self._bucket, org=self._org)
        return self._v2() if api == "v2" else self._v1()

    def _v1(self) -> Sink:
        database, policy = policy_of(self._database, self._retention_policy, self._bucket)
        return InfluxV1(self._server, database=database, retention_policy=policy)

    def _v2(self) -> Sink:
        # influxdb-client takes as long to import as all the rest; who writes to a 1.x does not wait for it.
        from ha_bridge.adapters.influx.v2 import InfluxV2  # noqa: PLC0415

        bucket = bucket_of(self._bucket, self._database, self._retention_policy)
        return InfluxV2(self._server, bucket=bucket, org=self._org)
