"""Figures as people read them, off the samples that the parts report: ledgers, totals, means."""

from collections import Counter
from collections.abc import Iterable

from ha_bridge.domain.events import Disposition
from ha_bridge.domain.histogram import Buckets
from ha_bridge.domain.intake import Ledger
from ha_bridge.domain.metrics import EVENTS_IN_FLIGHT, EVENTS_RECEIVED, EVENTS_SETTLED, Metric, Samples


def number(samples: Samples, metric: Metric, *labels: str) -> float:
    """Give a sample that is a number; 0 before it was first reported."""
    value = samples.get(metric, {}).get(labels, 0.0)
    return 0.0 if isinstance(value, Buckets) else value


def mean(samples: Samples, metric: Metric, *labels: str) -> float | None:
    """Give the mean of a histogram in seconds; None while there is nothing in it."""
    value = samples.get(metric, {}).get(labels)
    if not isinstance(value, Buckets) or not sum(value.counts):
        return None
    return value.total / sum(value.counts)


def names(samples: Samples, metric: Metric) -> list[str]:
    """List who has reported a metric: the values of its first label."""
    return sorted({labels[0] for labels in samples.get(metric, {})})


def ledgers(samples: Samples) -> dict[str, Ledger]:
    """Give the ledger of each source, of one moment each."""
    return {source: _ledger(samples, source) for source in names(samples, EVENTS_RECEIVED)}


def total(ledgers: Iterable[Ledger]) -> Ledger:
    """Add ledgers up."""
    received, in_flight = 0, 0
    settled: Counter[Disposition] = Counter()
    for ledger in ledgers:
        received += ledger.received
        in_flight += ledger.in_flight
        settled.update(ledger.settled)
    return Ledger(received, {each: settled[each] for each in Disposition}, in_flight)


def balances(ledger: Ledger) -> bool:
    """Tell whether every event is accounted for."""
    return ledger.received == sum(ledger.settled.values()) + ledger.in_flight


def _ledger(samples: Samples, source: str) -> Ledger:
    settled = {each: int(number(samples, EVENTS_SETTLED, source, each.value)) for each in Disposition}
    return Ledger(
        int(number(samples, EVENTS_RECEIVED, source)),
        settled,
        int(number(samples, EVENTS_IN_FLIGHT, source)),
    )
