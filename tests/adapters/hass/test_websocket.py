"""The WebSocket to Home Assistant, against a real server and against strangers."""

import queue
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from ha_bridge.adapters.hass.websocket import MAX_FRAME, HassWebSocket, HassWebSocketOpener
from ha_bridge.domain.failures import Lost, Refused
from tests.adapters.hass.websocket_double import HOST, Authority, listening, served
from tests.waiting import wait_for

Opened = tuple[HassWebSocket, "queue.Queue[bytes]", "queue.Queue[str]"]


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "home-assistant-websocket"]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    wait_for(lambda: not readers(), 5, "the reader threads to end")


@contextmanager
def opened(url: str | int, **options: Any) -> Iterator[Opened]:
    """Yield an open socket with what it brings: frames, and the reasons why it was lost."""
    frames: queue.Queue[bytes] = queue.Queue()
    lost: queue.Queue[str] = queue.Queue()
    url = url if isinstance(url, str) else f"http://{HOST}:{url}"
    socket_ = HassWebSocketOpener(url, **options)(frames.put, lost.put)
    try:
        yield socket_, frames, lost
    finally:
        socket_.close()


def failing(kind: type[Lost | Refused], url: str | int, words: str, **options: Any) -> None:
    with pytest.raises(kind, match=words), opened(url, **options):
        pass


def answering(status: int, **headers: str) -> Callable[[ServerConnection, Request], Response]:
    def answer(connection: ServerConnection, _: Request) -> Response:
        response = connection.respond(HTTPStatus(status), "no\n")
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return response

    return answer


def test_frames_go_both_ways_whole_and_in_order() -> None:
    with served() as server, opened(server.port) as (client, frames, _):
        client.send('{"type": "auth", "name": "Küche"}')
        assert server.received.get(timeout=5) == '{"type": "auth", "name": "Küche"}'
        connection = server.connections.get(timeout=5)
        sent = ["ä", "", "x" * 126, "y" * 70_000, "z" * 5_000_000]
        for text in sent:
            connection.send(text)
        assert [frames.get(timeout=5) for _ in sent] == [text.encode() for text in sent]


def test_a_fragmented_message_is_one_frame_and_binary_is_left_alone() -> None:
    with served() as server, opened(server.port) as (_, frames, _lost):
        connection = server.connections.get(timeout=5)
        connection.send(b"\0binary")
        connection.send(iter(["one ", "message"]))
        assert frames.get(timeout=5) == b"one message"


def test_the_servers_pings_are_answered() -> None:
    with served() as server, opened(server.port):
        assert server.connections.get(timeout=5).ping().wait(5)


def test_it_asks_for_the_api_path() -> None:
    paths = []

    def remember(_: ServerConnection, request: Request) -> None:
        paths.append((request.path, request.headers.get("Origin")))

    with served(remember) as server, opened(server.port):
        assert paths == [("/api/websocket", None)]


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with served() as server, opened(server.port) as (client, _, _lost):
        client.send("here")
        assert server.received.get(timeout=5) == "here"


def test_a_server_that_closes_is_told_once_with_its_reason() -> None:
    with served() as server, opened(server.port) as (client, _, lost):
        server.connections.get(timeout=5).close(1001, "going away")
        assert lost.get(timeout=5) == "Home Assistant closed the connection (1001 going away)"
        wait_for(lambda: not readers(), 5)
        with pytest.raises(Lost):
            client.send("too late")
    assert lost.empty()


def handshake(connection: socket.socket) -> None:
    """Answer a client's handshake by hand, without a library that would not send what is wrong."""
    from websockets.utils import accept_key  # noqa: PLC0415 - for these tests alone

    request = b""
    while not request.endswith(b"\r\n\r\n"):
        request += connection.recv(1)
    key = next(
        line.split(": ")[1] for line in request.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key")
    )
    answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    answer += [f"Sec-WebSocket-Accept: {accept_key(key)}", "", ""]
    connection.sendall("\r\n".join(answer).encode())


@contextmanager
def by_hand(**options: Any) -> Iterator[tuple[socket.socket, Opened]]:
    """Yield the server's end of a connection, after the handshake, and the client."""
    with listening() as (port, accepted):

        def answer() -> None:
            connections.append(accepted.get(timeout=5))
            handshake(connections[0])

        connections: list[socket.socket] = []
        server = threading.Thread(target=answer)
        server.start()
        with opened(port, **options) as client:
            server.join()
            yield connections[0], client
        connections[0].close()


@pytest.mark.parametrize("bytes_", [b"", b"\x81", b"\x81\x7e\x10", b"\x81\x05abc"])
def test_a_server_that_goes_in_the_middle_of_a_frame_is_lost(bytes_: bytes) -> None:
    with by_hand() as (server, (_, frames, lost)):
        server.sendall(bytes_)
        server.close()
        assert "lost" in lost.get(timeout=5)
        assert frames.empty()


def test_a_reset_is_lost() -> None:
    with by_hand() as (server, (_, _frames, lost)):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        assert "reset" in lost.get(timeout=5)


@pytest.mark.parametrize("bytes_", [b"\xff\xff\xff", b"HTTP/1.1 200 OK\r\n", b"\x80\x01x", b"\x88\x01x"])
def test_what_is_no_websocket_frame_is_lost(bytes_: bytes) -> None:
    with by_hand() as (server, (_, _frames, lost)):
        server.sendall(bytes_ * 10)
        assert "lost" in lost.get(timeout=5)


def test_a_close_without_a_code_is_told_too() -> None:
    with by_hand() as (server, (_, _frames, lost)):
        server.sendall(b"\x88\x00")
        assert lost.get(timeout=5) == "Home Assistant closed the connection"


def test_a_frame_beyond_all_measure_is_not_waited_for() -> None:
    with by_hand() as (server, (_, _frames, lost)):
        server.sendall(b"\x81\x7f" + struct.pack("!Q", MAX_FRAME + 1))
        assert str(MAX_FRAME + 1) in lost.get(timeout=5)


def test_after_close_nothing_is_heard_and_the_thread_is_gone() -> None:
    with served() as server, opened(server.port) as (client, _, lost):
        assert readers()
        begun = time.monotonic()
        client.close()
        assert not readers()
        client.close()
        assert time.monotonic() - begun < 1
        with pytest.raises(Lost):
            client.send("too late")
    assert lost.empty()


def test_the_server_is_told_goodbye() -> None:
    with served() as server, opened(server.port) as (client, _, _lost):
        connection = server.connections.get(timeout=5)
        client.close()
        wait_for(lambda: connection.protocol.close_code == 1000, 5, "the close frame")


def test_a_server_that_hangs_does_not_hold_up_close() -> None:
    with by_hand() as (_, (client, _frames, lost)):
        begun = time.monotonic()
        client.close()
        assert time.monotonic() - begun < 1
        assert not readers()
    assert lost.empty()


def test_a_listener_may_close_from_within() -> None:
    for event in ("frame", "loss"):
        sockets: queue.Queue[HassWebSocket] = queue.Queue()
        closed = threading.Event()

        def close(
            _: object, sockets: "queue.Queue[HassWebSocket]" = sockets, closed: threading.Event = closed
        ) -> None:
            sockets.get(timeout=5).close()
            closed.set()

        ignore: Callable[[object], None] = lambda _: None  # noqa: E731
        with served() as server:
            opener = HassWebSocketOpener(f"ws://{HOST}:{server.port}")
            sockets.put(opener(close, ignore) if event == "frame" else opener(ignore, close))
            connection = server.connections.get(timeout=5)
            connection.send("one") if event == "frame" else connection.close()
            assert closed.wait(5)


@pytest.mark.parametrize("kind", [KeyError, SystemExit])
def test_a_listener_that_raises_ends_the_connection_with_its_error(kind: type[BaseException]) -> None:
    lost: queue.Queue[str] = queue.Queue()

    def fail(_: bytes) -> None:
        raise kind("light.kitchen")

    with served() as server:
        client = HassWebSocketOpener(f"ws://{HOST}:{server.port}")(fail, lost.put)
        server.connections.get(timeout=5).send("frame")
        assert f"{kind.__name__}('light.kitchen')" in lost.get(timeout=5)
        client.close()


def send_for_ever(client: HassWebSocket) -> None:
    while True:
        client.send("x" * 1_000_000)


def test_a_server_that_does_not_read_makes_sending_fail_in_time() -> None:
    with by_hand(timeout=0.2) as (_, (client, _frames, _lost)), pytest.raises(Lost, match="cannot send"):
        send_for_ever(client)


def test_close_frees_whoever_is_stuck_in_sending() -> None:
    with by_hand(timeout=60) as (_, (client, _frames, lost)):
        ended = threading.Event()

        def send() -> None:
            with pytest.raises(Lost):
                send_for_ever(client)
            ended.set()

        threading.Thread(target=send).start()
        client.close()
        assert ended.wait(5)
    assert lost.empty()


def test_nobody_listening_is_lost() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    failing(Lost, port, "nobody listens")


def test_a_name_that_cannot_be_resolved_is_lost() -> None:
    failing(Lost, "http://home.invalid:8123", r"home\.invalid.*cannot be resolved.*home_assistant\.url")


def test_a_name_that_is_none_is_lost() -> None:
    failing(Lost, f"http://{'x' * 70}.local:8123", "label")


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    begun = time.monotonic()
    with listening() as (port, _):
        failing(Lost, port, r"no answer within 0\.2 s", timeout=0.2)
    assert time.monotonic() - begun < 2


def test_a_server_that_dribbles_is_given_up_in_time() -> None:
    with listening() as (port, accepted):

        def dribble() -> None:
            connection = accepted.get(timeout=5)
            try:
                while True:
                    connection.sendall(b"x")
                    stop.wait(0.02)
            except OSError:
                pass

        stop = threading.Event()
        dribbler = threading.Thread(target=dribble)
        dribbler.start()
        failing(Lost, port, "no answer within", timeout=0.2)
        dribbler.join()


@pytest.mark.parametrize(
    "words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 x\r\n\r\n"]
)
def test_a_server_of_another_kind_is_lost(words: bytes) -> None:
    with listening(words) as (port, accepted):
        hang_up = threading.Thread(target=lambda: accepted.get(timeout=5).shutdown(socket.SHUT_WR))
        hang_up.start()
        failing(Lost, port, r"home_assistant\.url")
        hang_up.join()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (200, Refused, "web page"),
        (400, Refused, "trusted_proxies"),
        (401, Refused, "reverse proxy"),
        (403, Refused, r"ip_bans\.yaml"),
        (404, Refused, r"no WebSocket API; check home_assistant\.url"),
        (418, Refused, "HTTP 418"),
        (429, Lost, "too many"),
        (500, Lost, "HTTP 500"),
        (502, Lost, "behind it is not"),
        (503, Lost, "behind it is not"),
        (504, Lost, "does not answer"),
    ],
)
def test_an_http_answer_says_what_it_means(status: int, kind: type[Lost | Refused], words: str) -> None:
    with served(answering(status)) as server:
        failing(kind, server.port, words)


def test_a_redirect_names_where_to() -> None:
    with served(answering(301, Location="https://home.example.org/api/websocket")) as server:
        failing(Refused, server.port, r"redirects to https://home\.example\.org.*home_assistant\.url")


def test_an_upgrade_to_something_else_is_lost() -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    with listening(answer) as (port, _):
        failing(Lost, port, "does not answer as a WebSocket server")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certified(authority: Authority) -> ssl.SSLContext:
    return authority.certify(f"IP:{HOST}")


def test_over_tls_with_an_authority_of_ones_own(authority: Authority, certified: ssl.SSLContext) -> None:
    with served(tls=certified) as server:
        url = f"https://{HOST}:{server.port}"
        with opened(url, ca_file=str(authority.file)) as (client, frames, lost):
            client.send("there")
            assert server.received.get(timeout=5) == "there"
            connection = server.connections.get(timeout=5)
            connection.send("back" * 100_000)
            assert frames.get(timeout=5) == b"back" * 100_000
            connection.close()
            assert "closed" in lost.get(timeout=5)


def test_an_unknown_authority_names_the_setting(certified: ssl.SSLContext) -> None:
    with served(tls=certified) as server:
        failing(Refused, f"wss://{HOST}:{server.port}", r"not trusted.*home_assistant\.ca_file")


def test_a_server_may_be_trusted_without_looking(certified: ssl.SSLContext) -> None:
    with (
        served(tls=certified) as server,
        opened(f"https://{HOST}:{server.port}", verify_tls=False) as (client, _, _lost),
    ):
        client.send("there")
        assert server.received.get(timeout=5) == "there"


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with served(tls=authority.certify("DNS:other.example.org")) as server:
        failing(Refused, f"https://{HOST}:{server.port}", "another name", ca_file=str(authority.file))


def test_a_certificate_out_of_date_may_be_our_clock(authority: Authority) -> None:
    with served(tls=authority.certify(f"IP:{HOST}", days=0)) as server:
        failing(Lost, f"https://{HOST}:{server.port}", "clock here", ca_file=str(authority.file))


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_an_authority_that_cannot_be_read_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    failing(Refused, f"https://{HOST}:1", r"ca_file .*ca\.pem", ca_file=str(file))


def test_tls_to_a_server_without_is_refused_with_the_way_to_mend_it() -> None:
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        failing(Refused, f"https://{HOST}:{port}", r"does not speak TLS: try http://")


def test_a_server_that_breaks_off_tls_is_lost() -> None:
    with listening() as (port, accepted):
        hang_up = threading.Thread(target=lambda: accepted.get(timeout=5).shutdown(socket.SHUT_RDWR))
        hang_up.start()
        failing(Lost, f"https://{HOST}:{port}", "TLS failed|broke off")
        hang_up.join()


def test_no_tls_to_a_server_with_is_lost_with_the_way_to_mend_it(certified: ssl.SSLContext) -> None:
    with served(tls=certified) as server:
        failing(Lost, f"http://{HOST}:{server.port}", "http or https")


def test_over_tls_many_threads_may_send_while_frames_come_in(
    authority: Authority, certified: ssl.SSLContext
) -> None:
    """OpenSSL takes no two threads at once."""
    count, size, senders = 300, 20_000, 4
    with served(tls=certified) as server:
        url = f"https://{HOST}:{server.port}"
        with opened(url, ca_file=str(authority.file)) as (client, frames, lost):
            connection = server.connections.get(timeout=5)

            def send(letter: str) -> None:
                for _ in range(count):
                    client.send(letter * size)

            threads = [threading.Thread(target=send, args=(letter,)) for letter in "abcd"[:senders]]
            for thread in threads:
                thread.start()
            for _ in range(count):
                connection.send("s" * size)
            assert all(frames.get(timeout=10) == b"s" * size for _ in range(count))
            received = [server.received.get(timeout=10) for _ in range(count * senders)]
            assert sorted(set(received)) == [letter * size for letter in "abcd"]
            for thread in threads:
                thread.join()
            assert lost.empty()
