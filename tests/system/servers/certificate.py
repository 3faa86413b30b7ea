import subprocess
from pathlib import Path


class Certificate:
    """A certificate for localhost that is its own authority: `file` is also what a client has to trust."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "certificate.pem"
        self.key = directory / "key.pem"
        if not self.file.exists():
            self._make()

    def _make(self) -> None:
        subprocess.run(
            [
                *(
                    "openssl",
                    "req",
                    "-x509",
                    "-noenc",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                ),
                *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
                # Python 3.13 refuses an authority that does not say it may sign.
                *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
                *("-days", "2", "-out", self.file, "-keyout", self.key),
            ],
            check=True,
            capture_output=True,
        )
