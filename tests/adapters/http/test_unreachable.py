"""What is said when no answer comes; the common cases are met over a real wire in test_influx_writing."""

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, ProtocolError, SSLError

from ha_bridge.adapters.http.unreachable import unreachable
from ha_bridge.adapters.influx.server import InfluxServer

SERVER = InfluxServer(
    name="main", url="https://influx:8086", token="s3cret", ca_file="/etc/ca.pem", timeout=3
)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectTimeoutError(HTTPConnection("influx"), "timed out"), "no connection within 3 s"),
        (TimeoutError("timed out"), "no answer within 3 s"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (ProtocolError("broken"), "broken"),
        (ProtocolError("told s3cret"), "told ***"),
        (ConnectionError(), "the connection broke off"),
        (
            SSLError(
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)"
            ),
            "its certificate is out of date, or the clock here is wrong (certificate has expired)",
        ),
        (
            SSLError(
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid (_ssl.c:1006)"
            ),
            "its certificate is out of date, or the clock here is wrong (certificate is not yet valid)",
        ),
        (
            SSLError("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:1006)"),
            "TLS failed (tlsv1 alert protocol version)",
        ),
        (
            SSLError("[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found (_ssl.c:4149)"),
            "cannot read /etc/ca.pem; check sinks.main.ca_file (no certificate or crl found)",
        ),
    ],
)
def test_the_cause_is_said_with_its_mend(error: Exception, said: str) -> None:
    assert str(unreachable(error, SERVER)) == f"https://influx:8086: {said}"
