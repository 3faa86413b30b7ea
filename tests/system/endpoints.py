"""What a bridge says of itself over HTTP."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from tests.waiting import wait_for

Json = dict[str, Any]
Labels = frozenset[tuple[str, str]]
T = TypeVar("T")

LONG = 60.0
"""Seconds that a machine with other things to do may take for what usually takes one."""


class Ledger(NamedTuple):
    """What a source says of its events."""

    received: int
    settled: dict[str, int]
    in_flight: int

    @property
    def balances(self) -> bool:
        return self.received == sum(self.settled.values()) + self.in_flight

    @property
    def at_rest(self) -> bool:
        return self.balances and not self.in_flight


class Metrics:
    """One answer of /metrics."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._samples: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """Return a sample, 0 where there is none (yet)."""
        return self._samples.get((f"ha_bridge_{name}", frozenset(labels.items())), 0)

    def ledger(self, source: str) -> Ledger:
        settled = {
            dict(labels)["disposition"]: int(value)
            for (name, labels), value in self._samples.items()
            if name == "ha_bridge_events_settled_total" and ("source", source) in labels
        }
        received = int(self.value("events_received_total", source=source))
        return Ledger(received, settled, int(self.value("events_in_flight", source=source)))


def in_all(ledgers: Mapping[str, Ledger]) -> Counter[str]:
    """Add up the dispositions of several sources."""
    return sum((Counter(ledger.settled) for ledger in ledgers.values()), Counter())


class Endpoints:
    """Asks the bridge at `url`; whoever waits for something waits for an answer, too."""

    url: str

    def check_alive(self) -> None:
        """Raise where nobody will ever answer."""

    def is_ready(self) -> bool:
        """Tell whether it answers at all."""
        try:
            return self._get("/health/live").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def health(self) -> Json:
        answer: Json = self._get("/health").json()
        return answer

    def child(self, name: str) -> Json:
        """Return the state, reason, since and restarts of a part, {} where there is none (yet)."""
        child: Json = self.health()["children"].get(name, {})
        return child

    def wait_child(self, name: str, *states: str, reason: str = "") -> Json:
        """Wait until a part is in one of the states with this in its reason; returns it as /health shows it."""

        def so() -> Json:
            child.update(self.child(name))
            return child if child.get("state") in states and reason in child["reason"] else {}

        child: Json = {}
        try:
            return self._wait_for(so)
        except AssertionError:
            raise AssertionError(
                f"{name} is not {' or '.join(states)} {reason} but {child}; {self}"
            ) from None

    def wait_up(self) -> None:
        """Wait until every part is up, with nothing to complain of."""

        def well() -> bool:
            health = self.health()
            return bool(health["ready"]) and health["status"] == "ok"

        self._wait_for(well, f"every part to be up; {self}")

    def metrics(self) -> Metrics:
        answer = self._get("/metrics")
        return Metrics(answer.data.decode())

    def ledger(self, source: str) -> Ledger:
        return self.metrics().ledger(source)

    def wait_metric(self, name: str, value: float, **labels: str) -> None:
        """Wait until a sample is exactly this; parts report once a second, and each for itself."""
        self._wait_for(
            lambda: self.metrics().value(name, **labels) == value, f"{name} to be {value:g}; {self}"
        )

    def wait_settled(self, *sources: str, **least: int) -> dict[str, Ledger]:
        """Wait until the sources are at rest and together have so many events in these dispositions."""

        def rest() -> dict[str, Ledger]:
            metrics = self.metrics()
            ledgers = {source: metrics.ledger(source) for source in sources}
            total = in_all(ledgers)
            enough = all(total[disposition] >= count for disposition, count in least.items())
            return ledgers if enough and all(each.at_rest for each in ledgers.values()) else {}

        return self._wait_for(rest, f"{sources} to have settled {least}; {self}")

    def _get(self, path: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("GET", f"{self.url}{path}", retries=False, timeout=30)

    def _wait_for(self, look: Callable[[], T | None], what: str = "") -> T:
        def looked() -> T | None:
            try:
                return look()
            except urllib3.exceptions.HTTPError:
                self.check_alive()
                return None

        return wait_for(looked, LONG, what)
