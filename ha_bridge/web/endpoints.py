"""What the bridge answers over HTTP. Read-only."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from ha_bridge.domain.board import Board, Snapshot
from ha_bridge.domain.supervision import Health
from ha_bridge.web.exposition import exposition, registry

OK, UNAVAILABLE = 200, 503


def create(board: Board, micros: Callable[[], int]) -> Flask:
    """The WSGI application. `micros` tells the time in microseconds since the epoch."""
    app = Flask("ha_bridge", static_folder=None)
    metrics = registry(lambda: board.samples(micros()))

    @app.get("/health/live")
    def live() -> tuple[Response, int]:
        snapshot = board.snapshot(micros())
        return jsonify(live=snapshot.live), OK if snapshot.live else UNAVAILABLE

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        snapshot = board.snapshot(micros())
        return jsonify(ready=snapshot.ready), OK if snapshot.ready else UNAVAILABLE

    @app.get("/health")
    def health() -> tuple[Response, int]:
        snapshot = board.snapshot(micros())
        return jsonify(as_json(snapshot)), OK if snapshot.ready else UNAVAILABLE

    @app.get("/metrics")
    def prometheus() -> Response:
        return Response(exposition(metrics), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return app


def as_json(snapshot: Snapshot) -> dict[str, Any]:
    """The answer of /health; `uptime` in seconds, `since` as ISO 8601 in UTC."""
    return {
        "status": snapshot.status.value,
        "ready": snapshot.ready,
        "live": snapshot.live,
        "version": snapshot.version,
        "uptime": round(snapshot.uptime, 3),
        "children": {child.child: _child(child) for child in snapshot.children},
    }


def _child(child: Health) -> dict[str, Any]:
    since = datetime.fromtimestamp(child.since / 1_000_000, UTC).isoformat(timespec="milliseconds")
    return {"state": child.state.value, "reason": child.reason, "since": since, "restarts": child.restarts}
