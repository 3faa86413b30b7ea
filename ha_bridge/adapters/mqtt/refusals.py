"""Why an MQTT connection did not come about or ended, and what mends it."""

import socket
import ssl
from collections.abc import Mapping
from itertools import islice

from ha_bridge.domain.failures import Lost, Refused

HOST = "mqtt.host and mqtt.port"
TLS = "mqtt.tls"
MOST_NAMED = 5  # topics

# Reason codes of CONNACK: MQTT 5.0, 3.2.2.2. Those of 3.1.1 reach us translated.
UNSUPPORTED_VERSION = 132
_CONNACK: dict[int, str] = {
    UNSUPPORTED_VERSION: 'set mqtt.protocol = "auto"',
    133: "set another mqtt.client_id",
    134: "check mqtt.username and mqtt.password",
    135: "check mqtt.username and mqtt.password, and what the broker allows this user and mqtt.client_id",
    138: "the broker has banned this client: look into its configuration",
    140: "the broker asks for an authentication that ha-bridge does not know: allow it a user name and password",
    156: f"check {HOST}",
    157: f"check {HOST}",
}
# Reason codes of DISCONNECT: MQTT 5.0, 3.14.2.1.
_DISCONNECT: dict[int, str] = {
    135: "; look into what the broker allows this user",
    142: "; another client uses the same id: give each an mqtt.client_id of its own",
}


def of_connack(code: int, name: str, broker: str) -> Lost | Refused:
    """Make the failure that a CONNACK stands for."""
    said = f"{broker} answers {name!r}"
    mend = _CONNACK.get(code)
    return Refused(f"{said}: {mend}") if mend else Lost(said)


def of_suback(refused: Mapping[str, str], broker: str) -> str:
    """Say what is refused: topic filters with the broker's words."""
    topics = [f"{topic!r} ({name})" for topic, name in islice(refused.items(), MOST_NAMED)]
    more = f" and {len(refused) - len(topics)} more" if len(refused) > len(topics) else ""
    return f"{broker} refuses to subscribe {', '.join(topics)}{more}: allow this user to read it, or change mqtt.routes"


def of_disconnect(code: int, name: str, broker: str, *, by_broker: bool) -> str:
    """Say why a connection ended."""
    if by_broker:
        return f"{broker} ended the connection, saying {name!r}{_DISCONNECT.get(code, '')}"
    if name == "Keep alive timeout":
        return f"{broker} has not answered for too long"
    if name == "Protocol error":
        return f"{broker} sent what is no MQTT"
    return f"the connection to {broker} broke off; where it does so often, another client has the same mqtt.client_id"


def of_error(error: Exception, broker: str, timeout: float) -> Lost | Refused:
    """Make the failure that an error on the way to an open connection stands for."""
    match error:
        case ssl.SSLCertVerificationError():
            return _of_certificate(error, broker)
        case ssl.SSLError():
            return _of_tls(error, broker)
        case TimeoutError():
            return Lost(f"no answer from {broker} within {timeout:g} s")
        case socket.gaierror():
            said = f"its name cannot be resolved ({error.strerror}); check {HOST} and the network's DNS"
        case ConnectionRefusedError():
            said = "nobody listens there (connection refused)"
        case OSError() if error.strerror:
            said = error.strerror
        case _:
            said = str(error) or type(error).__name__
    return Lost(f"{broker}: {said}")


def _of_tls(error: ssl.SSLError, broker: str) -> Lost | Refused:
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return Refused(f"{broker} does not speak TLS there: check {TLS} and mqtt.port")
    return Lost(
        f"{broker}: TLS failed ({error.reason or error}); check mqtt.port, and mqtt.cert_file if it wants one"
    )


def _of_certificate(error: ssl.SSLCertVerificationError, broker: str) -> Lost | Refused:
    """A clock that is wrong, as on a Raspberry Pi that has just started, is soon right."""
    said = error.verify_message
    if "expired" in said or "not yet valid" in said:
        return Lost(f"{broker}: its certificate is out of date, or the clock here is wrong ({said})")
    if "mismatch" in said.lower() or "not valid for" in said:
        return Refused(f"{broker}: its certificate is for another name: check mqtt.host ({said})")
    return Refused(f"{broker}: its certificate is not trusted: name its CA in mqtt.ca_file ({said})")
