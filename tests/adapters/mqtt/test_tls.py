import ssl
import subprocess
from pathlib import Path

import pytest

from ha_bridge.adapters.mqtt.tls import MqttTls
from ha_bridge.domain.failures import Refused


def test_certificates_are_verified_unless_told_otherwise() -> None:
    context = MqttTls().context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    context = MqttTls(verify=False).context()
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    for file in (tmp_path / "missing.pem", nonsense):
        with pytest.raises(Refused, match=rf"cannot read {file} .*: check mqtt\.ca_file"):
            MqttTls(ca_file=str(file)).context()


def test_a_certificate_of_our_own_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot use .*me\.pem and .*key\.pem .*: check mqtt\.cert_file"):
        MqttTls(cert_file=str(tmp_path / "me.pem"), key_file=str(tmp_path / "key.pem")).context()


def test_an_encrypted_key_is_refused_and_not_asked_for_at_the_terminal(tmp_path: Path) -> None:
    certificate, key = tmp_path / "me.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-subj",
            "/CN=me",
            "-passout",
            "pass:secret",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    with pytest.raises(Refused, match="the key is encrypted"):
        MqttTls(cert_file=str(certificate), key_file=str(key)).context()
