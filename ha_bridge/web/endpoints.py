"""What the bridge answers over HTTP. Read-only."""

from collections.abc import Callable

from flask import Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from ha_bridge.domain.board import Board
from ha_bridge.web.exposition import exposition, registry
from ha_bridge.web.status import health, status

OK, UNAVAILABLE = 200, 503

INDEX = {
    "/health": "how every part is; 503 while the bridge is not ready",
    "/health/live": "503 when the bridge should be restarted",
    "/health/ready": "503 while a part does not work",
    "/metrics": "for Prometheus",
    "/api/status": "health, the ledger of each source, the numbers of each sink",
}


def create(board: Board, micros: Callable[[], int]) -> Flask:
    """Make the WSGI application. `micros` tells the time in microseconds since the epoch."""
    app = Flask("ha_bridge", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined] # the parts stand in the order of their start
    _add_health(app, board, micros)
    _add_numbers(app, board, micros)
    return app


def _add_health(app: Flask, board: Board, micros: Callable[[], int]) -> None:
    @app.get("/health/live")
    def live() -> tuple[Response, int]:
        alive = board.snapshot(micros()).live
        return jsonify(live=alive), OK if alive else UNAVAILABLE

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        is_ready = board.snapshot(micros()).ready
        return jsonify(ready=is_ready), OK if is_ready else UNAVAILABLE

    @app.get("/health")
    def parts() -> tuple[Response, int]:
        snapshot = board.snapshot(micros())
        return jsonify(health(snapshot)), OK if snapshot.ready else UNAVAILABLE


def _add_numbers(app: Flask, board: Board, micros: Callable[[], int]) -> None:
    metrics = registry(lambda: board.samples(micros()))

    @app.get("/")
    def index() -> Response:
        return jsonify(INDEX)

    @app.get("/metrics")
    def prometheus() -> Response:
        return Response(exposition(metrics), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    @app.get("/api/status")
    def everything() -> Response:
        now = micros()
        return jsonify(status(board.snapshot(now), board.samples(now)))
