"""No answer from an HTTP server: what to say about it."""

import http.client
import ssl

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused, Unavailable

NETWORK_ERRORS = (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException, UnicodeError)


def unreachable(error: Exception, server: InfluxServer) -> Unavailable | Refused:
    """Make the failure that one of NETWORK_ERRORS stands for."""
    if isinstance(error, LocationValueError):
        return Refused(f"{server.base} is not a URL of a server: check {server.key('url')}")
    return Unavailable(f"{server.base}: {server.masked(_said(error, server))}")


def _said(error: Exception, server: InfluxServer) -> str:
    match error:
        case NameResolutionError():
            return f"its name cannot be resolved; check {server.key('url')} and the network's DNS"
        case NewConnectionError():  # in urllib3 2 this is a ConnectTimeoutError too
            return _innermost(error)
        case ConnectTimeoutError():
            return f"no connection within {server.timeout:g} s"
        case ReadTimeoutError() | TimeoutError():
            return f"no answer within {server.timeout:g} s"
        case SSLError() | ssl.SSLError():
            return tls_trouble(str(error), server)
        case _:
            return _innermost(error)


def tls_trouble(text: str, server: InfluxServer) -> str:
    """Turn OpenSSL's words into what to do."""
    if "doesn't match" in text or "not valid for" in text or "mismatch" in text.lower():
        return f"its certificate is for another name; check {server.key('url')} ({_core(text)})"
    if "expired" in text or "not yet valid" in text:
        return f"its certificate is out of date, or the clock here is wrong ({_core(text)})"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted; name its CA in {server.key('ca_file')} ({_core(text)})"
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER" in text:
        return f"it does not speak TLS; try http:// in {server.key('url')}"
    if server.ca_file and ("No such file" in text or "Permission denied" in text or "NO_CERTIFICATE" in text):
        return f"cannot read {server.ca_file}; check {server.key('ca_file')} ({_core(text)})"
    return f"TLS failed ({_core(text)})"


def _core(text: str) -> str:
    """Without Python's and OpenSSL's wrapping."""
    return text.rpartition("failed: ")[2].rpartition("] ")[2].split(" (_ssl.c")[0].strip(" ')\n")


def _innermost(error: BaseException) -> str:
    """Dig out the operating system's words, where urllib3 has wrapped them."""
    while isinstance(error, urllib3.exceptions.HTTPError) and (inner := error.__cause__ or error.__context__):
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or "the connection broke off"
