import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.system.servers.certificate import Certificate
from tests.system.servers.missing import installed
from tests.system.servers.process import HOST, Server


class Mosquitto(Server):
    """An MQTT broker. `config` is appended to mosquitto.conf; `users` maps names to passwords and turns anonymity off."""

    name = "mosquitto"

    def __init__(
        self,
        directory: Path,
        config: str = "",
        *,
        persistence: bool = False,
        users: Mapping[str, str] | None = None,
        tls: bool = False,
    ) -> None:
        super().__init__(directory)
        self.config = config
        self.persistence = persistence
        self.users = users or {}
        self.certificate = Certificate(directory) if tls else None

    def command(self) -> list[str]:
        config = self.directory / "mosquitto.conf"
        config.write_text("\n".join([*self._lines(), self.config, ""]))
        return [installed("mosquitto"), "-c", str(config)]

    def _lines(self) -> list[str]:
        lines = [
            # Root would become the user mosquitto, who may not enter a temporary directory.
            "user root",
            f"listener {self.port} {HOST}",
            f"allow_anonymous {'false' if self.users else 'true'}",
            f"persistence {'true' if self.persistence else 'false'}",
            f"persistence_location {self.directory}/",
        ]
        if self.users:
            lines.append(f"password_file {self._password_file()}")
        if self.certificate:
            lines += [f"certfile {self.certificate.file}", f"keyfile {self.certificate.key}"]
        return lines

    def _password_file(self) -> Path:
        path = self.directory / "passwords"
        path.touch(mode=0o600)
        for user, password in self.users.items():
            subprocess.run([installed("mosquitto_passwd"), "-b", path, user, password], check=True)
        return path
