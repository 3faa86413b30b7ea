"""The metrics in Prometheus's words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from ha_bridge.domain.histogram import Buckets
from ha_bridge.domain.metrics import CATALOGUE, Kind, Metric

Values = Mapping[tuple[str, ...], float | Buckets]


class BoardCollector(Collector):
    """Turns the current samples into metric families at each scrape."""

    def __init__(self, samples: Callable[[], Mapping[Metric, Values]]) -> None:
        self._samples = samples

    def collect(self) -> Iterable[Family]:
        samples = self._samples()
        for metric in CATALOGUE:
            yield _family(metric, samples.get(metric, {}))


def registry(samples: Callable[[], Mapping[Metric, Values]]) -> CollectorRegistry:
    """A registry of our own metrics and those of the process (memory, CPU, open files)."""
    made = CollectorRegistry()
    made.register(BoardCollector(samples))
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    return made


def exposition(source: CollectorRegistry) -> bytes:
    return generate_latest(source)


def _family(metric: Metric, values: Values) -> Family:
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, buckets in values.items():
            if isinstance(buckets, Buckets):
                histogram.add_metric(labels, list(_cumulative(buckets)), buckets.total)
        return histogram
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        if not isinstance(value, Buckets):
            family.add_metric(labels, value)
    return family


def _cumulative(buckets: Buckets) -> Iterator[tuple[str, float]]:
    bounds = [*map(str, map(float, buckets.bounds)), "+Inf"]
    return zip(bounds, accumulate(buckets.counts), strict=True)
