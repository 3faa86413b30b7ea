"""The catalogue of what is measured. Names, labels and meanings are promises to users' dashboards."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from ha_bridge.domain.histogram import Buckets


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(msgspec.Struct, frozen=True):
    """A counter's name goes without the `_total` that the exposition adds."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


Samples = Mapping[Metric, Mapping[tuple[str, ...], float | Buckets]]
"""Current values by label values; absolute, so that a lost report costs nothing."""

EVENTS_RECEIVED = Metric(
    "ha_bridge_events_received", Kind.COUNTER, "Events taken in from a source.", ("source",)
)
EVENTS_SETTLED = Metric(
    "ha_bridge_events_settled",
    Kind.COUNTER,
    "Events that reached their end, by what became of them.",
    ("source", "disposition"),
)
EVENTS_IN_FLIGHT = Metric(
    "ha_bridge_events_in_flight", Kind.GAUGE, "Events received and not yet settled.", ("source",)
)
MESSAGES_RECEIVED = Metric(
    "ha_bridge_messages_received", Kind.COUNTER, "Frames or MQTT messages read from a source.", ("source",)
)
BATCHES = Metric("ha_bridge_batches", Kind.COUNTER, "Batches a source has sent down.", ("source",))
HELD = Metric("ha_bridge_dedup_held", Kind.GAUGE, "MQTT events waiting for a twin from the WebSocket.")
REMEMBERED = Metric("ha_bridge_dedup_remembered", Kind.GAUGE, "Event identities the deduplicator remembers.")
UNANSWERED = Metric("ha_bridge_filter_unanswered", Kind.GAUGE, "Events some sink has not answered for yet.")
SERIES = Metric("ha_bridge_series", Kind.GAUGE, "Series made for a sink since the start.", ("sink",))
MEASUREMENT_SERIES = Metric(
    "ha_bridge_measurement_series",
    Kind.GAUGE,
    "Series of a sink's largest measurements, ten at most.",
    ("sink", "measurement"),
)
SERIES_REFUSED = Metric(
    "ha_bridge_series_refused", Kind.COUNTER, "Points of new series beyond a sink's max_series.", ("sink",)
)
POINTS_WRITTEN = Metric(
    "ha_bridge_points_written", Kind.COUNTER, "Points a sink has made durable.", ("sink",)
)
WRITE_REQUESTS = Metric("ha_bridge_write_requests", Kind.COUNTER, "Payloads sent to a sink.", ("sink",))
WRITE_FAILURES = Metric(
    "ha_bridge_write_failures", Kind.COUNTER, "Payloads a sink could not take at that time.", ("sink",)
)
WRITE_BYTES = Metric(
    "ha_bridge_write_bytes", Kind.COUNTER, "Payload bytes sent to a sink, before compression.", ("sink",)
)
WRITE_SECONDS = Metric("ha_bridge_write_seconds", Kind.HISTOGRAM, "Duration of one write request.", ("sink",))
LAG_SECONDS = Metric("ha_bridge_lag_seconds", Kind.HISTOGRAM, "From an event's time to durable.", ("sink",))
BACKLOG = Metric("ha_bridge_backlog_points", Kind.GAUGE, "Points waiting for a sink in memory.", ("sink",))
CIRCUIT_OPEN = Metric("ha_bridge_circuit_open", Kind.GAUGE, "1 while a sink is not being tried.", ("sink",))
JOURNAL_BYTES = Metric("ha_bridge_journal_bytes", Kind.GAUGE, "Size of the journal on disk.")
JOURNAL_POINTS = Metric(
    "ha_bridge_journal_points", Kind.GAUGE, "Points in the journal that wait for a sink.", ("sink",)
)
JOURNAL_FULL = Metric("ha_bridge_journal_full", Kind.GAUGE, "1 while the journal cannot take more.")
DEAD_LETTERS = Metric("ha_bridge_dead_letters", Kind.GAUGE, "Events given up on and kept in the journal.")
GAPS_OPEN = Metric(
    "ha_bridge_gaps_open", Kind.GAUGE, "Times not wholly seen and not yet filled from history."
)
GAP_SECONDS = Metric("ha_bridge_gap_seconds", Kind.GAUGE, "How much time the open gaps cover.")
CHILD_UP = Metric("ha_bridge_child_up", Kind.GAUGE, "1 while a part works (up or degraded).", ("child",))
CHILD_RESTARTS = Metric("ha_bridge_child_restarts", Kind.COUNTER, "Restarts of a part.", ("child",))
UPTIME = Metric("ha_bridge_uptime_seconds", Kind.GAUGE, "Seconds since the process started its parts.")

CATALOGUE = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
