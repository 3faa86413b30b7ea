"""A TCP connection, with or without TLS, that one thread reads while others write."""

import select
import socket
import ssl
import threading
import time
from contextlib import suppress

READ_AHEAD = 64 * 1024


class ByteStream:
    """Stands in for a socket: it has what websocket-client calls of one.

    It reads ahead, so that many small frames cost one system call. OpenSSL's connections stand no two threads at once:
    all use of it is without blocking and under one lock, and whoever has to wait waits outside.
    """

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        """Take over the connection.

        A write that takes `timeout` seconds raises TimeoutError; so does, until `read_for_ever`, a read that is not done
        `timeout` seconds from here.
        """
        connection.setblocking(False)
        self._connection = connection
        self._timeout = timeout
        self._read_until: float | None = time.monotonic() + timeout
        self._using = threading.Lock()
        self._ahead = memoryview(b"")

    def read_for_ever(self) -> None:
        self._read_until = None

    def recv(self, size: int) -> bytes:
        """Return some bytes, up to `size`; none when the connection has ended."""
        if not self._ahead:
            self._ahead = memoryview(self._receive())
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken.tobytes()

    def send(self, data: bytes) -> int:
        """Send some of the bytes and return how many."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                with self._using:
                    return self._connection.send(data)
            except (ssl.SSLWantWriteError, BlockingIOError):
                self._wait(select.POLLOUT, deadline)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN, deadline)

    def send_if_possible(self, data: bytes) -> None:
        """Send without waiting and without complaint."""
        with suppress(OSError), self._using:
            self._connection.send(data)

    def hang_up(self) -> None:
        """Wake whoever reads or writes; from any thread. The socket itself is closed by `close`."""
        with suppress(OSError):
            # Not SSLSocket.shutdown, which would let a reader go on with undecrypted bytes.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.close()

    def gettimeout(self) -> float | None:
        """Tell websocket-client that timeouts are none of its business."""
        return None

    def _receive(self) -> bytes:
        while True:
            try:
                with self._using:
                    return self._connection.recv(READ_AHEAD)
            except (ssl.SSLWantReadError, BlockingIOError):
                self._wait(select.POLLIN, self._read_until)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT, self._read_until)

    def _wait(self, event: int, deadline: float | None) -> None:
        poll = select.poll()
        try:
            poll.register(self._connection, event)
        except ValueError:
            raise ConnectionAbortedError("the connection is closed") from None
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(left):
            raise TimeoutError("timed out")
