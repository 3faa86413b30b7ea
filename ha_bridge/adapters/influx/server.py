"""Where an InfluxDB is and how one gets in."""

import base64
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from ha_bridge.domain.failures import Refused

FIRST_PRINTABLE = 32


class InfluxServer(msgspec.Struct, frozen=True, kw_only=True):
    """One sink's server. `name` is that of the sink, so that messages can say which key of the settings to mend.

    `url` may have a path (a reverse proxy's) and may carry `user:password@`, which stand in for empty `username` and
    `password`. `timeout` in seconds, for a whole request. `ca_file` empty: the certificates of the system.
    """

    name: str
    url: str
    token: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""
    verify_tls: bool = True
    gzip: bool = True
    timeout: float = 10.0

    def __repr__(self) -> str:
        return f"<{self.name} at {self.base}>"

    @property
    def base(self) -> str:
        """The URL without credentials, query and final slash: fit to be shown, and to have a path appended."""
        parts = self._parts()
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password."""
        parts = self._parts()
        username = self.username or unquote(parts.username or "")
        return (username, self.password or unquote(parts.password or "")) if username else None

    def key(self, setting: str) -> str:
        """Name a setting of this sink as the user writes it."""
        return f"sinks.{self.name}.{setting}"

    def credentials(self) -> str:
        """Which settings hold the credentials in use."""
        if self.token or not self.login:
            return self.key("token")
        return f"{self.key('username')} and {self.key('password')}"

    def authorization(self) -> dict[str, str]:
        """Make the Authorization header, none without credentials: a token wins over a login. Raises Refused.

        A login goes as Basic everywhere: 1.x, 1.8's `/api/v2/write` and VictoriaMetrics take it, while
        `Token user:password` is known to 1.8 only.
        """
        if self.token:
            return {"Authorization": f"Token {self._token_text()}"}
        if self.login:
            return {"Authorization": f"Basic {base64.b64encode(':'.join(self.login).encode()).decode()}"}
        return {}

    def masked(self, text: str) -> str:
        """Put stars where a server echoes a secret."""
        for secret in filter(None, (self.token.strip(), self.login and self.login[1])):
            text = text.replace(secret, "***")
        return text

    def _token_text(self) -> str:
        text = self.token.strip()
        if any(ord(char) < FIRST_PRINTABLE for char in text):
            raise Refused(f"{self.key('token')} contains a control character: write it on one line")
        return text.encode().decode(
            "latin-1"
        )  # http.client encodes headers as Latin-1; this makes it send UTF-8

    def _parts(self) -> SplitResult:
        return urlsplit(self.url if "://" in self.url else f"http://{self.url}")
