"""What /health and /api/status say, as JSON has it."""

from datetime import UTC, datetime
from typing import Any

from ha_bridge.domain import metrics
from ha_bridge.domain.board import Snapshot
from ha_bridge.domain.figures import ledgers, mean, names, number
from ha_bridge.domain.intake import Ledger
from ha_bridge.domain.metrics import Metric, Samples
from ha_bridge.domain.supervision import Health

_SOURCE = {"messages": metrics.MESSAGES_RECEIVED, "batches": metrics.BATCHES}
_SINK = {
    "written": metrics.POINTS_WRITTEN,
    "waiting": metrics.BACKLOG,
    "requests": metrics.WRITE_REQUESTS,
    "failures": metrics.WRITE_FAILURES,
    "bytes": metrics.WRITE_BYTES,
    "series": metrics.SERIES,
    "series_refused": metrics.SERIES_REFUSED,
}
_SINK_MEANS = {"write_seconds": metrics.WRITE_SECONDS, "lag_seconds": metrics.LAG_SECONDS}
_JOURNAL = {
    "bytes": metrics.JOURNAL_BYTES,
    "dead_letters": metrics.DEAD_LETTERS,
    "gaps_open": metrics.GAPS_OPEN,
    "gap_seconds": metrics.GAP_SECONDS,
}
_DEDUPLICATOR = {"held": metrics.HELD, "remembered": metrics.REMEMBERED}


def health(snapshot: Snapshot) -> dict[str, Any]:
    """Tell how the bridge and its parts are; `uptime` in seconds, `since` as ISO 8601 in UTC."""
    return {
        "status": snapshot.status.value,
        "ready": snapshot.ready,
        "live": snapshot.live,
        "version": snapshot.version,
        "uptime": round(snapshot.uptime, 3),
        "children": {child.child: _child(child) for child in snapshot.children},
        **_reload(snapshot),
    }


def status(snapshot: Snapshot, samples: Samples) -> dict[str, Any]:
    """Tell how the bridge is and what it has done since it started: counts; seconds are means, None before the first."""
    return {
        "health": health(snapshot),
        "sources": {name: _source(samples, name, ledger) for name, ledger in ledgers(samples).items()},
        "deduplicator": _counts(samples, _DEDUPLICATOR),
        "sinks": {name: _sink(samples, name) for name in names(samples, metrics.POINTS_WRITTEN)},
        "journal": {
            **_counts(samples, _JOURNAL),
            "full": bool(number(samples, metrics.JOURNAL_FULL)),
            "points": {
                name: int(number(samples, metrics.JOURNAL_POINTS, name))
                for name in names(samples, metrics.JOURNAL_POINTS)
            },
        },
    }


def _reload(snapshot: Snapshot) -> dict[str, Any]:
    """Tell what became of the latest reload, and which process to signal for one."""
    found = snapshot.reload
    if found is None:
        return {}
    lists = {"applied": found.applied, "waiting": found.waiting, "problems": found.problems}
    return {
        "pid": snapshot.pid,
        "reload": {"number": found.number, **{key: [*each] for key, each in lists.items()}},
    }


def _child(child: Health) -> dict[str, Any]:
    since = datetime.fromtimestamp(child.since / 1_000_000, UTC).isoformat(timespec="milliseconds")
    return {"state": child.state.value, "reason": child.reason, "since": since, "restarts": child.restarts}


def _source(samples: Samples, name: str, ledger: Ledger) -> dict[str, Any]:
    return {
        "received": ledger.received,
        "settled": {disposition.value: count for disposition, count in ledger.settled.items()},
        "in_flight": ledger.in_flight,
        **_counts(samples, _SOURCE, name),
    }


def _sink(samples: Samples, name: str) -> dict[str, Any]:
    return {
        **_counts(samples, _SINK, name),
        "circuit_open": bool(number(samples, metrics.CIRCUIT_OPEN, name)),
        **{key: mean(samples, metric, name) for key, metric in _SINK_MEANS.items()},
        "measurements": _measurements(samples, name),
    }


def _measurements(samples: Samples, sink: str) -> dict[str, int]:
    """Give the series of the sink's largest measurements."""
    values = samples.get(metrics.MEASUREMENT_SERIES, {})
    owned = (labels for labels in values if labels[0] == sink)
    return {labels[1]: int(number(samples, metrics.MEASUREMENT_SERIES, *labels)) for labels in owned}


def _counts(samples: Samples, wanted: dict[str, Metric], *labels: str) -> dict[str, int]:
    return {key: int(number(samples, metric, *labels)) for key, metric in wanted.items()}
