"""Processes beside the one that is measured, and what that one uses."""

import multiprocessing
import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_processes = multiprocessing.get_context("spawn")


@contextmanager
def running(target: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """Run `target` in a process of its own, which ends before this one; it gets the other end of the pipe first."""
    pipe, far_end = _processes.Pipe()
    process = _processes.Process(target=_beside, args=(target, far_end, *arguments))
    process.start()
    far_end.close()  # so that a process that dies ends the wait for its word
    try:
        yield pipe
    finally:
        process.terminate()
        process.join()


def _beside(target: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    target(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def say_yes(port: Connection) -> None:
    """Answer every request as an InfluxDB 1.x that has written it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(204)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        port.send(server.server_port)
        server.serve_forever()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def megabytes(figure: str) -> float:
    """Read a figure of this process: VmRSS, or VmHWM for its peak (ru_maxrss is inherited from whoever started us)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[figure].split()[0]) / 1024
