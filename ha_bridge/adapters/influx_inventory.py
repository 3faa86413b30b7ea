"""What an InfluxDB holds already: the types of its fields, as its InfluxQL endpoint tells them.

1.x, 2.x (a bucket is a database there) and 3 Core answer at `/query`; VictoriaMetrics does not, and has one type alone.
https://docs.influxdata.com/influxdb/v1/query_language/explore-schema/#show-field-keys
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ha_bridge.adapters.http_answer import Answer
from ha_bridge.adapters.http_client import HttpClient
from ha_bridge.adapters.http_errors import Target, failure
from ha_bridge.adapters.http_unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx_auto import identify
from ha_bridge.adapters.influx_server import InfluxServer
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.field_types import Held

PATH = "/query"


class InfluxInventory:
    """Fulfils ports.Inventory. `database` is a database, a bucket, or either with its retention policy behind a slash."""

    def __init__(self, server: InfluxServer, database: str) -> None:
        self._server = server
        self._database = database.partition("/")[0]

    def held(self, measurements: Sequence[str]) -> Held:
        if identify(self._server).product == "VictoriaMetrics":
            return Held(texts=False)
        types: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        client = HttpClient(self._server)
        try:
            for measurement, field, kind in self._asked(client, measurements):
                types[measurement][field].add(kind)
        finally:
            client.close()
        return Held(types)

    def _asked(self, client: HttpClient, measurements: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        query = f"SHOW FIELD KEYS FROM {', '.join(map(_quoted, measurements))}"
        try:
            answer = client.post(PATH, {"db": self._database, "q": query}, b"", "")
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        if trouble := failure(answer, Target(self._server, "database", self._database, PATH), b""):
            raise Unavailable(str(trouble))
        yield from _rows(answer)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _rows(answer: Answer) -> Iterator[tuple[str, str, str]]:
    """Read `{"results": [{"series": [{"name", "values": [[field, type], ...]}]}]}`; skip whatever is shaped otherwise."""
    for result in _listed(answer.json(), "results"):
        for series in _listed(result, "series"):
            for row in _listed(series, "values"):
                if isinstance(row, list) and len(row) == 2:
                    yield str(series.get("name", "")), str(row[0]), str(row[1])


def _listed(found: Any, key: str) -> list[Any]:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, list) else []
