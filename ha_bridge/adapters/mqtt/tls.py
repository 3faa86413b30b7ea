"""TLS to an MQTT broker."""

import ssl

import msgspec

from ha_bridge.domain.failures import Refused


class MqttTls(msgspec.Struct, frozen=True):
    """`ca_file` replaces the system's authorities. `cert_file` and `key_file` (which may be one) are our own."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Read the files; raises Refused where one cannot be read."""
        context = self._trusting()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert_file:
            try:
                context.load_cert_chain(self.cert_file, self.key_file or None, password=_no_password)
            except (OSError, ValueError) as error:
                files = " and ".join(file for file in (self.cert_file, self.key_file) if file)
                raise Refused(
                    f"cannot use {files} ({error}): check mqtt.cert_file and mqtt.key_file"
                ) from error
        return context

    def _trusting(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise Refused(f"cannot read {self.ca_file} ({error}): check mqtt.ca_file") from error


def _no_password() -> str:
    """Stand in for the prompt that OpenSSL would put on the terminal."""
    raise ValueError("the key is encrypted: write it to the file without a password")
