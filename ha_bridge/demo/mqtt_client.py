"""The socket of a client of the embedded broker: one thread reads it, one writes to it."""

import threading
from collections.abc import Callable

from ha_bridge.demo.gate import GatedSocket
from ha_bridge.demo.mqtt_talk import Talk

CONNECT_SECONDS = 10.0


class MqttClient:
    """Carries bytes between a socket and a Talk, which the broker's lock guards; `left` is called at the end."""

    def __init__(self, sock: GatedSocket, lock: threading.Lock, left: Callable[["MqttClient"], None]) -> None:
        self.talk: Talk
        self._sock = sock
        self._left = left
        self._lock = lock
        self._wake = threading.Condition(lock)
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._read, self._write)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Look whether there is something to send. With the lock held."""
        self._wake.notify()

    def cut(self) -> None:
        """End the connection without a goodbye."""
        self._sock.cut()

    def _read(self) -> None:
        self._sock.settimeout(CONNECT_SECONDS)
        try:
            while data := self._sock.recv(65536):
                with self._lock:
                    self.talk.receive(data)
                if self.talk.keepalive is not None:
                    self._sock.settimeout(self.talk.keepalive * 1.5 or None)
        except OSError:
            pass
        with self._lock:
            self.talk.hang_up()
            self._left(self)

    def _write(self) -> None:
        try:
            while (data := self._next()) is not None:
                self._sock.sendall(data)
        except OSError:
            pass
        self._sock.cut()
        self._threads[0].join()
        self._sock.close()

    def _next(self) -> bytes | None:
        """Wait for packets to send; None when the conversation is over."""
        with self._lock:
            self._wake.wait_for(self.talk.ready)
            packets = self.talk.take()
            return b"".join(packets) if packets or not self.talk.over else None
