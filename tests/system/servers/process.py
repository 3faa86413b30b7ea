"""A real server as a process of the tests' own, on a loopback port of its own."""

import atexit
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.waiting import wait_for

HOST = "127.0.0.1"

_running: "set[Server]" = set()


def free_port() -> int:
    """Return a port that was free a moment ago; the kernel hands it to nobody else for a good while."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def end_leftovers() -> list[str]:
    """Kill every server that still runs, and name them."""
    leftovers = list(_running)
    for server in leftovers:
        server.kill()
    return [str(server) for server in leftovers]


atexit.register(end_leftovers)


class Server:
    """What is common to all servers. Port, directory and log stay the same over `restart` and over `kill` and `start`."""

    name = "server"
    stop_seconds = 20.0

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.log = directory / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        return f"{self.name} on port {self.port}, log {self.log}"

    def command(self) -> list[str]:
        """Write the configuration and return the command that reads it."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        return accepts_connections(self.port)

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self} does not run"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 60) -> Self:
        """Start the server and return when it serves."""
        assert not self.running, f"{self} runs already"
        command = leash(self.command())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        _running.add(self)
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout: float) -> None:
        wait_for(self._ready_or_ended, timeout, f"{self} to be ready")

    def _ready_or_ended(self) -> bool:
        assert self.running, f"{self} ended by itself: {self.log.read_text(errors='replace')[-2000:]}"
        return self.is_ready()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server as its own service file would; AssertionError where it has to be killed after all."""
        if self not in _running:
            return
        self.signal(signal.SIGTERM)
        try:
            self._reap(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self} did not stop within {self.stop_seconds} s") from None

    def kill(self) -> None:
        """Take the server's power away."""
        if self not in _running:
            return
        self.signal(signal.SIGKILL)
        self._reap(self.stop_seconds)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Make the server hang: its sockets stay open and nothing answers, until `resume`."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _reap(self, timeout: float) -> None:
        assert self._process is not None
        self._process.wait(timeout)
        # Children that the server did not take along.
        self.signal(signal.SIGKILL)
        _running.discard(self)


def leash(command: list[str]) -> list[str]:
    """Let the kernel kill the server when this process dies without a word.

    The kernel's leash is tied to the thread that starts the server, so only the main thread may use it.
    """
    if threading.current_thread() is threading.main_thread():
        return ["setpriv", "--pdeathsig", "KILL", *command]
    return command


def accepts_connections(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
