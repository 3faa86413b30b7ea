"""An HTTP proxy before a real InfluxDB that answers writes as a script says, and passes on everything else."""

import gzip
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import urllib3

from tests.chaos.link import reset
from tests.chaos.tricks import HONEST, Trick
from tests.system.servers.process import HOST

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class InfluxFaults(ThreadingHTTPServer):
    """Each write takes the next trick of `script`, or where that has none for it `always`; `played` counts them by name."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__((HOST, 0), _Handler)
        self.upstream = upstream
        self.script: list[Trick] = []
        self.always = HONEST
        self.played: Counter[str] = Counter()
        self.over = threading.Event()
        self.pool = urllib3.PoolManager(maxsize=10, retries=False, timeout=30)
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def next_trick(self, lines: int) -> Trick:
        """Choose what becomes of a write of so many lines: the first of the script that it is enough for."""
        with self._lock:
            fitting = next((trick for trick in self.script if trick.least <= lines), None)
            if fitting:
                self.script.remove(fitting)
            trick = fitting or self.always
            self.played[trick.name] += 1
        return trick

    def behave(self) -> None:
        """Play no tricks from here on."""
        with self._lock:
            self.script.clear()
            self.always = HONEST

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: clients that hang up are what this is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        faults = cast("InfluxFaults", self.server)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        is_write = self.path.partition("?")[0] in ("/write", "/api/v2/write")
        trick = faults.next_trick(self._lines(body)) if is_write else HONEST
        answer = self._passed_on(faults, body) if trick.forwards else None
        faults.over.wait(trick.seconds)
        if trick.ending == "none" or (trick.forwards and answer is None):
            self._hang_up(b"")
        elif trick.ending == "half":
            self._hang_up(b"HTTP/1.1 20")
        elif trick.status:
            self._answer(trick.status, trick.headers(time.time()), trick.body)
        elif answer:
            self._answer(answer.status, dict(answer.headers), answer.data)

    do_POST = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""

    def _lines(self, body: bytes) -> int:
        text = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
        return text.count(b"\n") + 1

    def _passed_on(self, faults: InfluxFaults, body: bytes) -> urllib3.BaseHTTPResponse | None:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        try:
            return faults.pool.request(
                self.command,
                f"{faults.upstream}{self.path}",
                body=body,
                headers=headers,
                decode_content=False,
            )
        except urllib3.exceptions.HTTPError:
            return None

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self, first: bytes) -> None:
        self.connection.sendall(first)
        reset(self.connection)
        self.close_connection = True
