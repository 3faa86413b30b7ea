"""Servers that cannot be told how long data live: VictoriaMetrics and InfluxDB 3."""

import re
from typing import Any
from urllib.parse import urlencode

import msgspec

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.http.client import HttpClient
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx.management_errors import refusal
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused
from ha_bridge.domain.retention import Found, Labels, Step, Wanted

_PERIOD = re.compile(r'^-{1,2}retentionPeriod="?([^"\s]*)"?', re.MULTILINE)
_MATCH = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n"})


class _Fixed:
    """What both have of a Keeper."""

    def __init__(self, product: str) -> None:
        self.product = product

    def place(self, name: str) -> str:
        return name or "everything"

    def found(self) -> Found | None:
        return None

    def carry_out(self, step: Step) -> None:
        raise Refused(f"{self.product} cannot be told: {step}")


class Influx3Management(_Fixed):
    """Keeper. https://docs.influxdata.com/influxdb3/core/reference/internals/data-retention/."""

    def notes(self, wanted: Wanted) -> list[str]:
        how = "influxdb3 create database --retention-period"
        return [f"a database gets its retention period when it is made: {how}"] + (
            ["it makes no summaries"] if wanted.samplings else []
        )

    def traces(self, labels: Labels) -> list[str]:
        del labels
        raise Refused(f"{self.product} cannot delete single series")

    def forget(self, labels: Labels) -> None:
        self.traces(labels)


class VictoriaManagement(_Fixed):
    """Keeper. https://docs.victoriametrics.com/#retention and #how-to-delete-time-series."""

    def __init__(self, server: InfluxServer, product: str) -> None:
        super().__init__(product)
        self._server = server
        self._client = HttpClient(server)

    def notes(self, wanted: Wanted) -> list[str]:
        """Say what it was started with, which is all that decides."""
        period = _PERIOD.search(self._get("/flags", {}).body.decode(errors="replace"))
        told = f", and it was started with {period[1]} (a bare number is months)" if period else ""
        rest = len(wanted.lives) > 1 or wanted.samplings
        return [f"everything lives as long as its -retentionPeriod says{told}"] + (
            ["it has one life for all, and makes no summaries"] if rest else []
        )

    def traces(self, labels: Labels) -> list[str]:
        query = {"match[]": _selector(labels), "start": "0"}
        series: list[Any] = self._get("/api/v1/series", query).json().get("data", [])
        return [msgspec.json.encode(each).decode() for each in series]

    def forget(self, labels: Labels) -> None:
        self._get("/api/v1/admin/tsdb/delete_series", {"match[]": _selector(labels)})

    def _get(self, path: str, query: dict[str, str]) -> Answer:
        try:
            answer = self._client.get(f"{path}?{urlencode(query)}")
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        if not 200 <= answer.status < 300:
            raise refusal(answer, self._server, "the right to read flags and delete series")
        return answer


def _selector(labels: Labels) -> str:
    """A metric is called `<measurement>_<field>`."""
    measurement = [f'__name__=~"{_match(re.escape(labels.measurement))}_.+"'] if labels.measurement else []
    tags = [f'{key}="{_match(value)}"' for key, value in labels.tags.items()]
    return "{" + ",".join(measurement + tags) + "}"


def _match(text: str) -> str:
    return text.translate(_MATCH)
