"""The tools of the chaos suite do what they say: a fault that does not strike would prove nothing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.chaos.link import Weather
from tests.chaos.proxy import FAIR, REFUSED, STALLED, TcpProxy
from tests.system.servers.process import HOST
from tests.waiting import wait_for


class Echo(threading.Thread):
    """Sends everything back."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server((HOST, 0))
        self.port: int = self.listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=[peer], daemon=True).start()

    def _echo(self, peer: socket.socket) -> None:
        with peer:
            try:
                while data := peer.recv(65536):
                    peer.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join()


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    echo = Echo()
    echo.start()
    proxy = TcpProxy(echo.port)
    yield proxy
    proxy.close()
    echo.close()
    assert proxy.connections == 0


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=5)


def say(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    heard = b""
    while len(heard) < len(text):
        heard += client.recv(65536)
    return heard


def test_a_proxy_passes_what_is_said_both_ways_until_an_end_closes(proxy: TcpProxy) -> None:
    text = b"x" * 1_000_000
    with connect(proxy) as client:
        speaker = threading.Thread(target=client.sendall, args=[text])
        speaker.start()
        heard = 0
        while heard < len(text):
            heard += len(client.recv(65536))
        speaker.join()
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    wait_for(lambda: proxy.connections == 0, what="the end of the connection")


def test_a_cut_resets_connections_and_lets_new_ones_through(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        say(client, b"hello")
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connect(proxy) as client:
        assert say(client, b"again") == b"again"


def test_a_refusing_proxy_takes_nobody_and_then_the_same_port_does(proxy: TcpProxy) -> None:
    for _ in range(2):
        with connect(proxy) as client:
            say(client, b"hello")
            proxy.change(REFUSED)
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        proxy.change(FAIR)
        with connect(proxy) as client:
            assert say(client, b"again") == b"again"


def test_a_stalled_proxy_takes_connections_and_lets_nothing_through_until_it_flows_again(
    proxy: TcpProxy,
) -> None:
    with connect(proxy) as old:
        say(old, b"hello")
        proxy.change(STALLED)
        with connect(proxy) as new:
            for client in (old, new):
                client.sendall(b"late")
                client.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    client.recv(4)
                client.settimeout(5)
            proxy.change(FAIR)
            assert [old.recv(4), new.recv(4)] == [b"late", b"late"]


def test_a_stalled_proxy_can_be_cut(proxy: TcpProxy) -> None:
    with connect(proxy) as client:
        say(client, b"hello")
        proxy.change(STALLED)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


@pytest.mark.parametrize(
    ("weather", "least"), [(Weather(delay=0.1), 0.2), (Weather(rate=500), 0.2), (FAIR, 0.0)]
)
def test_slow_weather_takes_its_time(proxy: TcpProxy, weather: Weather, least: float) -> None:
    proxy.change(weather)
    with connect(proxy) as client:
        start = time.monotonic()
        assert say(client, b"x" * 100) == b"x" * 100
        assert least <= time.monotonic() - start < least + 3
