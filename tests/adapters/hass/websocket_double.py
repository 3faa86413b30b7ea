"""A real WebSocket server on the loopback interface, and certificates for it."""

import queue
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

HOST = "127.0.0.1"
Answer = Callable[[ServerConnection, Request], Response | None]


class WebSocketDouble:
    """Keeps what clients sent in `received` and their connections in `connections`."""

    def __init__(self, answer: Answer | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.received: queue.Queue[str | bytes] = queue.Queue()
        self.connections: queue.Queue[ServerConnection] = queue.Queue()
        self._server: Server = serve(
            self._converse, HOST, 0, process_request=answer, ssl=tls, compression=None, max_size=None
        )
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _converse(self, connection: ServerConnection) -> None:
        self.connections.put(connection)
        for message in connection:
            self.received.put(message)


@contextmanager
def served(answer: Answer | None = None, tls: ssl.SSLContext | None = None) -> Iterator[WebSocketDouble]:
    double = WebSocketDouble(answer, tls)
    double.start()
    try:
        yield double
    finally:
        double.stop()


@contextmanager
def listening(say: bytes = b"") -> Iterator[tuple[int, "queue.Queue[socket.socket]"]]:
    """Yield the port of a server that accepts, says `say` and then nothing, and the connections it has accepted."""
    accepted: queue.Queue[socket.socket] = queue.Queue()
    connections: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connections.append(connection)
                connection.sendall(say)
                accepted.put(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], accepted
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()


class Authority:
    """A certificate authority of one's own; `file` is what clients are to trust."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.file = directory / "ca.pem"
        self._openssl(
            "req", "-x509", "-noenc", *_new_key("ca"), "-out", "ca.pem", "-subj", "/CN=Home CA", "-days", "2"
        )

    def certify(self, name: str, *, days: int = 2) -> ssl.SSLContext:
        """Make a server's side with a certificate for `name` ("DNS:…" or "IP:…"); that is over at once with 0 `days`."""
        self._openssl(
            "req", "-new", "-noenc", *_new_key("server"), "-out", "server.csr", "-subj", "/CN=server"
        )
        (self._directory / "names").write_text(f"subjectAltName={name}")
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
        self._openssl(
            *("x509", "-req", "-in", "server.csr", *signer, "-out", "server.pem", "-extfile", "names"),
            *("-days", str(days)),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._directory / "server.pem", self._directory / "server.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._directory, check=True, capture_output=True)


def _new_key(name: str) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", f"{name}.key")
