"""A small real HTTP server on the loopback interface that answers as told: the far end of a wire, for tests."""

import gzip
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """An answer. `hold`: keep the client waiting until the double stops. `drop`: take the request, answer nothing."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = {}
    hold: bool = False
    drop: bool = False


class Request(msgspec.Struct, frozen=True):
    """A request as it came over the wire. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> bytes:
        """Decompress the body where it says that it is compressed."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


class HttpDouble(ThreadingHTTPServer):
    """Answers with `replies` in turn, then with 204; keeps every request in `requests`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.replies: deque[Reply] = deque()
        self.connections = 0
        self.stopping = threading.Event()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def reply_to(self, request: Request) -> Reply:
        return self.replies.popleft() if self.replies else Reply()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: clients that hang up are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        double = cast("HttpDouble", self.server)
        request = self._received()
        double.requests.append(request)
        self._answer(double.reply_to(request), double.stopping)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""

    def _received(self) -> Request:
        parts = urlsplit(self.path)
        return Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("content-length", 0))),
        )

    def _answer(self, reply: Reply, stopping: threading.Event) -> None:
        if reply.hold:
            stopping.wait(30)
        if reply.hold or reply.drop:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204 and "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


@contextmanager
def http_double(certificate: ssl.SSLContext | None = None) -> Iterator[HttpDouble]:
    """Run one, over TLS when given a server-side context."""
    with HttpDouble() as double:
        if certificate:
            double.scheme = "https"
            double.socket = certificate.wrap_socket(double.socket, server_side=True)
        with served(double):
            yield double


@contextmanager
def served(double: HttpDouble) -> Iterator[None]:
    """Have a double answer meanwhile."""
    thread = threading.Thread(target=double.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        double.stopping.set()
        double.shutdown()
        thread.join()


def free_port() -> int:
    """Find a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
