import ssl

import pytest

from ha_bridge.adapters.mqtt.refusals import of_error
from ha_bridge.domain.failures import Lost, Refused


def untrusted(said: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = said
    return error


def broken_tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "it is broken")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "failure", "words"),
    [
        (untrusted("self-signed certificate"), Refused, "mqtt.ca_file"),
        (untrusted("Hostname mismatch, certificate is not valid for 'x'."), Refused, "mqtt.host"),
        (untrusted("IP address mismatch"), Refused, "mqtt.host"),
        (untrusted("certificate has expired"), Lost, "the clock here is wrong"),
        (broken_tls("WRONG_VERSION_NUMBER"), Refused, "does not speak TLS"),
        (broken_tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Lost, "mqtt.cert_file"),
        (TimeoutError(), Lost, "within 3 s"),
        (OSError(113, "No route to host"), Lost, "No route to host"),
        (OSError(), Lost, "OSError"),
        (ValueError("Invalid host."), Lost, "Invalid host."),
    ],
)
def test_a_failed_connection_says_why(error: Exception, failure: type[Exception], words: str) -> None:
    made = of_error(error, "MQTT broker x:1", 3)
    assert type(made) is failure
    assert "MQTT broker x:1" in str(made)
    assert words in str(made)
