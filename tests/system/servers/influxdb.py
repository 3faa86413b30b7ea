import json
import urllib.parse
from pathlib import Path
from typing import Any

import urllib3

from tests.system.servers.http_call import answers, http_call
from tests.system.servers.missing import installed
from tests.system.servers.process import HOST, Server, free_port

CONFIG = """
reporting-disabled = true
bind-address = "{host}:{rpc_port}"
[meta]
  dir = "{directory}/meta"
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
  {data}
[monitor]
  store-enabled = false
[http]
  bind-address = "{host}:{port}"
  auth-enabled = {auth}
  {http}
{more}
"""


class InfluxDB(Server):
    """InfluxDB 1.6. `http` and `data` hold more lines for these sections, `more` other sections.

    With `auth` the administrator is admin / secret.
    """

    name = "influxdb"
    username = "admin"
    password = "secret"

    def __init__(
        self, directory: Path, *, auth: bool = False, http: str = "", data: str = "", more: str = ""
    ) -> None:
        super().__init__(directory)
        self.auth = auth
        self.http = http
        self.data = data
        self.more = more
        self.rpc_port = free_port()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def command(self) -> list[str]:
        config = self.directory / "influxdb.conf"
        config.write_text(
            CONFIG.format(
                host=HOST,
                port=self.port,
                rpc_port=self.rpc_port,
                directory=self.directory,
                auth=str(self.auth).lower(),
                http=self.http,
                data=self.data,
                more=self.more,
            )
        )
        return [installed("influxd"), "-config", str(config)]

    def is_ready(self) -> bool:
        return answers(f"{self.url}/ping")

    def wait_ready(self, timeout: float) -> None:
        super().wait_ready(timeout)
        if self.auth:
            # Allowed to anybody as long as there is no administrator, and no error when there is this one.
            self.query(f"CREATE USER {self.username} WITH PASSWORD '{self.password}' WITH ALL PRIVILEGES")

    def create_database(self, name: str) -> None:
        self.query(f'CREATE DATABASE "{name}"')

    def write(self, lines: str, database: str) -> None:
        """Write line protocol with nanoseconds; HttpError where InfluxDB refuses it."""
        self._request(f"/write?{urllib.parse.urlencode({'db': database})}", lines.encode())

    def query(self, query: str, database: str = "") -> list[dict[str, Any]]:
        """Return the rows: columns and (under GROUP BY) tags by name, `measurement`, and `time` in ns since 1970."""
        form = urllib.parse.urlencode({"q": query, "db": database, "epoch": "ns"})
        (result,) = json.loads(self._request(f"/query?{form}", b""))["results"]
        assert "error" not in result, f"{query}: {result['error']}"
        return [row for series in result.get("series", []) for row in rows(series)]

    def _request(self, path: str, body: bytes) -> bytes:
        account = f"{self.username}:{self.password}" if self.auth else None
        return http_call("POST", f"{self.url}{path}", body, urllib3.make_headers(basic_auth=account))


def rows(series: dict[str, Any]) -> list[dict[str, Any]]:
    fixed = {"measurement": series.get("name", ""), **series.get("tags", {})}
    return [fixed | dict(zip(series["columns"], values, strict=True)) for values in series.get("values", [])]
