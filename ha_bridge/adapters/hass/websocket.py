"""A WebSocket to Home Assistant, on websocket-client's plain WebSocket and a thread of our own.

Its WebSocketApp swallows exceptions of callbacks and connects again by itself; neither is wanted here. The TCP
connection is made here too, because websocket-client would take proxies and certificates from the environment.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import websocket
from websocket import ABNF, WebSocketException

from ha_bridge.adapters.byte_stream import ByteStream
from ha_bridge.adapters.hass.refusals import failure
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.hass.address import websocket_url

MAX_FRAME = 64 * 1024 * 1024  # Home Assistant's longest messages are some megabytes
CLOSE = ABNF.create_frame(struct.pack("!H", 1000), ABNF.OPCODE_CLOSE).format()
JOIN_SECONDS = 1.0

OnFrame = Callable[[bytes], None]
OnLost = Callable[[str], None]


class HassWebSocketOpener:
    """Opens WebSockets to one Home Assistant (ports.SocketOpener). `timeout`: seconds until a socket is open.

    `ca_file` replaces the system's certificate authorities. Raises ValueError when `url` is no address.
    """

    def __init__(
        self, url: str, *, ca_file: str | None = None, verify_tls: bool = True, timeout: float = 10
    ) -> None:
        self.url = websocket_url(url)
        self._ca_file = ca_file
        self._verify_tls = verify_tls
        self._timeout = timeout

    def __call__(self, on_frame: OnFrame, on_lost: OnLost) -> "HassWebSocket":
        """Connect. Raises Lost or Refused."""
        client = _Client()
        try:
            stream = ByteStream(self._connected(), self._timeout)
            client.open(self.url, stream)
        except (OSError, WebSocketException, UnicodeError) as error:
            raise failure(error, self.url, self._timeout, client.redirected_to()) from error
        stream.read_for_ever()
        return HassWebSocket(client, stream, on_frame, on_lost)

    def _connected(self) -> socket.socket:
        parts = urlsplit(self.url)
        tls = self._tls() if parts.scheme == "wss" else None
        port = parts.port or (443 if tls else 80)
        connection = socket.create_connection((parts.hostname, port), self._timeout)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return tls.wrap_socket(connection, server_hostname=parts.hostname) if tls else connection
        except BaseException:
            connection.close()
            raise

    def _tls(self) -> ssl.SSLContext:
        """Read the certificates anew each time, since they are renewed while we run."""
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise Refused(
                f"home_assistant.ca_file {self._ca_file} cannot be read as certificates: {error}"
            ) from error
        if self._ca_file:
            # A home-made authority, or the server's own certificate, need not be up to the strictest reading of RFC 5280,
            # which Python asks for since 3.13.
            context.verify_flags = ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_TRUSTED_FIRST
        if not self._verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class HassWebSocket:
    """An open WebSocket (ports.Socket) and the thread that reads it."""

    def __init__(self, client: "_Client", stream: ByteStream, on_frame: OnFrame, on_lost: OnLost) -> None:
        self._client = client
        self._stream = stream
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._over = False
        # Held while `on_lost` runs, so that it never runs after `close`; reentrant, so that it may call `close`.
        self._ending = threading.RLock()
        self._reader = threading.Thread(target=self._read, name="home-assistant-websocket", daemon=True)
        self._reader.start()

    def send(self, frame: str) -> None:
        """Send a text frame. Raises Lost."""
        try:
            self._client.send(frame)
        except (OSError, WebSocketException) as error:
            raise Lost(f"cannot send to Home Assistant: {error}") from error

    def close(self) -> None:
        """Say goodbye without waiting for an answer, and see the thread off."""
        with self._ending:
            self._over = True
        self._stream.send_if_possible(CLOSE)
        self._stream.hang_up()
        if threading.current_thread() is not self._reader:
            self._reader.join(JOIN_SECONDS)

    def _read(self) -> None:
        reason = self._read_to_the_end()
        self._stream.hang_up()
        self._stream.close()
        with self._ending:
            if not self._over:
                self._over = True
                self._on_lost(reason)

    def _read_to_the_end(self) -> str:
        try:
            while True:
                opcode, data = self._client.recv_data()
                if opcode == ABNF.OPCODE_TEXT:
                    self._on_frame(data)
                elif opcode == ABNF.OPCODE_CLOSE:
                    return f"Home Assistant closed the connection{_code(data)}"
        except (OSError, WebSocketException) as error:
            return f"the connection to Home Assistant was lost: {error}"
        except BaseException as error:  # noqa: BLE001 - a thread that ends without a word would look like a quiet home
            return f"reading from Home Assistant failed: {error!r}"


class _Client(websocket.WebSocket):
    def __init__(self) -> None:
        super().__init__(enable_multithread=True, skip_utf8_validation=True)
        self.frame_buffer = _Frames(self._recv, skip_utf8_validation=True)

    def open(self, url: str, stream: ByteStream) -> None:
        options = {"socket": stream, "suppress_origin": True, "redirect_limit": 0}
        self.connect(url, **options)  # type: ignore[no-untyped-call]

    def redirected_to(self) -> str | None:
        """Tell where the server sent us instead of opening a WebSocket."""
        answer = self.handshake_response
        return answer.headers.get("location", "nowhere") if answer and answer.status != 101 else None


class _Frames(websocket.frame_buffer):
    def recv_length(self) -> None:
        super().recv_length()
        if self.length and self.length > MAX_FRAME:
            raise WebSocketException(f"a frame of {self.length} bytes")


def _code(data: bytes) -> str:
    """Read the data of a close frame: a code and a reason, or nothing (RFC 6455, 5.5.1)."""
    if len(data) < 2:
        return ""
    (code,) = struct.unpack("!H", data[:2])
    return f" ({code} {data[2:].decode('utf-8', 'replace')})".replace(" )", ")")
