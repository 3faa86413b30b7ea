"""Retention policies and continuous queries of an InfluxDB 1.x.

https://docs.influxdata.com/influxdb/v1/query_language/manage-database/
"""

import time
from typing import Any

import msgspec

from ha_bridge.adapters.http.client import HttpClient
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx import influxql
from ha_bridge.adapters.influx.management_errors import refusal
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused
from ha_bridge.domain.retention import (
    OWN,
    Alter,
    Found,
    Labels,
    Make,
    Sample,
    Sampling,
    Step,
    Unsample,
    Wanted,
    beginning,
    sorted_out,
    spans,
)

PATIENCE = 600.0
"""Seconds that the server may take for one statement: summing up a month takes some on a small machine."""
AT_ONCE = 30 * 86_400
"""Seconds of data that one statement sums up."""

_FIRST_POLICY = "autogen"
_ABSENT = "database not found"

Row = dict[str, Any]


class InfluxV1Management:
    """Keeper. `policy` is the one the sink writes into, "" for the database's default one; `mark` begins the names of ours."""

    def __init__(self, server: InfluxServer, *, product: str, database: str, policy: str, mark: str) -> None:
        self.product = product
        self._server = server
        self._database = database
        self._policy = policy
        self._default = ""  # its name, once the server has said it
        self._mark = mark
        self._client = HttpClient(server)
        self._patient = HttpClient(msgspec.structs.replace(server, timeout=max(server.timeout, PATIENCE)))

    def place(self, name: str) -> str:
        policy = name or self._policy or self._default
        return f"{self._database}/{policy}" if policy else self._database

    def found(self) -> Found:
        policies = self._policies()
        own = self._default = self._own(policies)
        lives = {row["name"]: influxql.seconds(row["duration"]) for row in policies}
        named = {OWN if name == own else name: life for name, life in lives.items()}
        return Found(named, *sorted_out(self._queries(), self._mark))

    def notes(self, wanted: Wanted) -> list[str]:
        del wanted
        return []

    def carry_out(self, step: Step) -> None:
        match step:
            case Make():
                self._make(step)
            case Alter():
                self._ask(influxql.alter_policy(self._database, self._named(step.place), step.life))
            case Sample():
                self._sample(step.sampling)
            case Unsample():
                self._ask(influxql.drop_query(self._database, step.name))

    def traces(self, labels: Labels) -> list[str]:
        return [row["key"] for row in self._ask_patiently(influxql.show_series(labels))]

    def forget(self, labels: Labels) -> None:
        """Drop the series from all policies of the database."""
        self._ask_patiently(influxql.drop_series(labels))

    def _make(self, step: Make) -> None:
        self._ask(influxql.create_database(self._database))
        policy, default = self._named(step.place), step.place == OWN and not self._policy
        if default:  # the database has just been made, and has one
            self._ask(influxql.alter_policy(self._database, policy, step.life))
        else:
            self._ask(influxql.create_policy(self._database, policy, step.life, default=False))

    def _sample(self, sampling: Sampling) -> None:
        """First what is there, then what comes: a continuous query that is there says that all is summed up."""
        source, target = self._named(sampling.source), self._named(sampling.target)
        now = int(time.time())
        whole = beginning(now, sampling.every, self._life(source), self._life(target))
        start = max(self._oldest(source, sampling), whole)
        for span in spans(start, now, AT_ONCE, sampling.every):
            self._ask_patiently(influxql.summarise(self._database, source, target, sampling, span))
        self._ask(influxql.create_query(self._database, source, target, sampling))

    def _oldest(self, source: str, sampling: Sampling) -> int:
        """When the first value was, in seconds since the epoch; now where there is none."""
        asked = (influxql.oldest(self._database, source, field) for field in sampling.fields)
        times = [row["time"] for query in asked for row in self._ask_patiently(query)]
        return min(times, default=int(time.time()))

    def _life(self, policy: str) -> int:
        return next(influxql.seconds(row["duration"]) for row in self._policies() if row["name"] == policy)

    def _named(self, place: str) -> str:
        return place or self._own(self._policies()) or _FIRST_POLICY

    def _own(self, policies: list[Row]) -> str:
        """The name of the policy that the sink writes into; "" where there is no database."""
        return self._policy or next((row["name"] for row in policies if row["default"]), "")

    def _policies(self) -> list[Row]:
        try:
            return self._ask(f"SHOW RETENTION POLICIES ON {influxql.name(self._database)}")
        except Refused as refused:
            if _ABSENT in str(refused):
                return []
            raise

    def _queries(self) -> list[str]:
        rows = self._ask("SHOW CONTINUOUS QUERIES")
        return [row["name"] for row in rows if row["series"] == self._database]

    def _ask_patiently(self, query: str) -> list[Row]:
        """Ask what takes as long as there are data."""
        return self._ask(query, self._patient)

    def _ask(self, query: str, client: HttpClient | None = None) -> list[Row]:
        """Give the rows: columns by name, and the name of their series as `series`."""
        parameters = {"q": query, "db": self._database, "epoch": "s"}
        try:
            answer = (client or self._client).post("/query", parameters, b"", "")
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        if answer.status != 200 or answer.admits_error():
            raise refusal(answer, self._server, "an administrator (GRANT ALL PRIVILEGES TO …)")
        results = answer.json().get("results") or [{}]
        return [row for series in results[0].get("series", []) for row in _rows(series)]


def _rows(series: dict[str, Any]) -> list[Row]:
    fixed = {"series": series.get("name", "")}
    return [fixed | dict(zip(series["columns"], values, strict=True)) for values in series.get("values", [])]
