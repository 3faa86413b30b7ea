"""Why no WebSocket to Home Assistant came about, and what mends it."""

import socket
import ssl

from websocket import (
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    WebSocketException,
    WebSocketTimeoutException,
)

from ha_bridge.domain.failures import Lost, Refused

URL = "home_assistant.url"

STATUS: dict[int, tuple[type[Lost | Refused], str]] = {
    200: (Refused, f"a web page; check {URL}"),
    400: (
        Refused,
        f"a bad request; check {URL} (http or https?) and, with a reverse proxy, http.trusted_proxies of Home Assistant",
    ),
    401: (Refused, "a reverse proxy asks for a login of its own, which ha-bridge cannot give"),
    403: (
        Refused,
        "forbidden; after failed logins Home Assistant bans an address: take it out of its ip_bans.yaml and restart it",
    ),
    404: (Refused, f"there is no WebSocket API; check {URL}"),
    429: (Lost, "too many requests"),
    502: (Lost, "a reverse proxy is there, and Home Assistant behind it is not"),
    503: (Lost, "a reverse proxy is there, and Home Assistant behind it is not"),
    504: (Lost, "a reverse proxy is there, and Home Assistant behind it does not answer"),
}


def failure(error: Exception, url: str, timeout: float, redirect: str | None) -> Lost | Refused:
    """Make the failure that an error on the way to an open WebSocket stands for. `redirect`: where we were sent to."""
    if redirect is not None:
        return Refused(f"{url} redirects to {redirect}: set {URL} to where Home Assistant itself is")
    if isinstance(error, WebSocketBadStatusException):
        return _of_status(error.status_code, url)
    if isinstance(error, ssl.SSLError):
        return _of_tls(error, url)
    return Lost(f"{url}: {_said(error, timeout)}")


def _of_status(status: int, url: str) -> Lost | Refused:
    kind, meaning = STATUS.get(status, (Lost if status >= 500 else Refused, f"check {URL}"))
    return kind(f"{url} answers HTTP {status}: {meaning}")


def _of_tls(error: ssl.SSLError, url: str) -> Lost | Refused:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, url)
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return Refused(f"{url} does not speak TLS: try http:// in {URL}")
    return Lost(f"{url}: TLS failed ({error.reason or error}); check {URL} (http or https?)")


def _of_certificate(error: ssl.SSLCertVerificationError, url: str) -> Lost | Refused:
    """A clock that is wrong, as on a Raspberry Pi that has just started, is soon right."""
    said = error.verify_message
    if "expired" in said or "not yet valid" in said:
        return Lost(f"{url}: its certificate is out of date, or the clock here is wrong ({said})")
    if "mismatch" in said.lower() or "not valid for" in said:
        return Refused(f"{url}: its certificate is for another name: check {URL} ({said})")
    return Refused(f"{url}: its certificate is not trusted: name its CA in home_assistant.ca_file ({said})")


def _said(error: Exception, timeout: float) -> str:
    match error:
        case TimeoutError() | WebSocketTimeoutException():
            return f"no answer within {timeout:g} s"
        case socket.gaierror():
            return f"its name cannot be resolved ({error.strerror}); check {URL} and the network's DNS"
        case ConnectionRefusedError():
            return "nobody listens there (connection refused)"
        case ConnectionResetError() | WebSocketConnectionClosedException():
            return f"it broke off the connection; check {URL} (http or https?)"
        case WebSocketException():
            return f"it does not answer as a WebSocket server ({error}); check {URL} (http or https?)"
    return (isinstance(error, OSError) and error.strerror) or str(error)
