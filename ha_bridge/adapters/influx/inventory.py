"""What an InfluxDB holds already: the types of its fields, as its InfluxQL endpoint tells them.

1.x, 2.x and 3 Core answer at `/query`; VictoriaMetrics does not, and has one type alone. For a 2.x, a bucket `db/rp` is the
policy `rp` of the database `db`, and `db` alone its policy `autogen`, by a mapping that it makes by itself from 2.4 on.
https://docs.influxdata.com/influxdb/v1/query_language/explore-schema/#show-field-keys
https://docs.influxdata.com/influxdb/v2/reference/api/influxdb-1x/dbrp/
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.http.client import HttpClient
from ha_bridge.adapters.http.errors import Target, failure
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx import influxql
from ha_bridge.adapters.influx.auto import Identity, bucket_of, identify, policy_of
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.field_types import Held

PATH = "/query"
BUCKETS, MAPPED, NO_POLICIES = (2, 0), (2, 4), (3, 0)

_MEND = (
    "InfluxQL sees a bucket by its DBRP mapping, which InfluxDB has of itself from 2.4 on (before: influx v1 dbrp create), "
    "and with a token that may read it"
)


class InfluxInventory:
    """Fulfils ports.Inventory of one place: the names are those of the settings, as for a sink that writes there."""

    def __init__(
        self, server: InfluxServer, *, database: str = "", retention_policy: str = "", bucket: str = ""
    ) -> None:
        self._server = server
        self._database = database
        self._retention_policy = retention_policy
        self._bucket = bucket

    def held(self, measurements: Sequence[str]) -> Held:
        found = identify(self._server)
        if found.product == "VictoriaMetrics":
            return Held(texts=False)
        types: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        client = HttpClient(self._server)
        try:
            for measurement, field, kind in self._asked(client, found, measurements):
                types[measurement][field].add(kind)
        finally:
            client.close()
        return Held(types)

    def _asked(
        self, client: HttpClient, found: Identity, measurements: Sequence[str]
    ) -> Iterator[tuple[str, str, str]]:
        database, policy = self._place(found)
        query = influxql.show_field_keys(policy, measurements)
        try:
            answer = client.post(PATH, {"db": database, "q": query}, b"", "")
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        if trouble := failure(answer, Target(self._server, "database", database, PATH), b""):
            raise self._untold(trouble, answer, found)
        yield from _rows(answer)

    def _place(self, found: Identity) -> tuple[str, str]:
        """Name the database and the policy, "" for its default one.

        Where several buckets `db/…` have no mapping of their own, 2.x takes any of them for the default policy of `db`.
        """
        if found.version >= NO_POLICIES:
            return bucket_of(self._bucket, self._database, self._retention_policy), ""
        database, policy = policy_of(self._database, self._retention_policy, self._bucket)
        return database, policy or ("autogen" if self._bucket and found.version >= MAPPED else "")

    def _untold(self, trouble: Exception, answer: Answer, found: Identity) -> Unavailable | Refused:
        if isinstance(trouble, Unavailable):
            return trouble
        if BUCKETS <= found.version < NO_POLICIES:
            return Refused(f"{self._server.base}: {self._server.masked(answer.words())}: {_MEND}")
        return Refused(str(trouble))


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
