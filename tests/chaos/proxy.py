"""A TCP proxy whose network the tests control: it passes, refuses, stalls, delays, throttles and cuts."""

import select
import socket
import threading

from tests.chaos.link import LOOK_SECONDS, Link, Weather, is_ready, reset
from tests.system.servers.process import HOST, free_port

FAIR = Weather()
REFUSED = Weather(open=False)
STALLED = Weather(flowing=False)
"""Half open: connections are taken, and nothing comes through."""


class TcpProxy:
    """Listens on `port` for one server of this machine. The weather holds for old connections and for new ones."""

    def __init__(self, upstream: int) -> None:
        self.weather = FAIR
        self.port = free_port()
        self._upstream = upstream
        self._links: set[Link] = set()
        self._over = threading.Event()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((HOST, self.port))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def change(self, weather: Weather) -> None:
        """Where the port closes, the connections are reset: the machine behind it is gone."""
        # Without `listen` the kernel refuses, and the port stays ours.
        if self.weather.open and not weather.open:
            self._listener.shutdown(socket.SHUT_RDWR)
        elif weather.open and not self.weather.open:
            self._listener.listen()
        self.weather = weather
        if not weather.open:
            self.cut()

    def cut(self) -> int:
        """Reset every connection; returns how many there were."""
        links = list(self._links)
        for link in links:
            link.cut()
        return len(links)

    @property
    def connections(self) -> int:
        return len(self._links)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()
        links = list(self._links)
        self.cut()
        for link in links:
            link.join()

    def _serve(self) -> None:
        while not self._over.is_set():
            if not self.weather.open:
                self._over.wait(LOOK_SECONDS)
            elif is_ready(self._listener, select.POLLIN):
                self._accept()

    def _accept(self) -> None:
        try:
            near, _ = self._listener.accept()
        except OSError:
            return  # the port was closed meanwhile
        try:
            far = socket.create_connection((HOST, self._upstream), timeout=1)
        except OSError:
            reset(near)
            return
        link = Link(near, far, lambda: self.weather, self._links.discard)
        self._links.add(link)
        link.start()
