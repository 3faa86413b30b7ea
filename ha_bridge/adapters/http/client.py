"""One request, one answer, over a kept connection: what the InfluxDB sinks need of HTTP and no more."""

from collections.abc import Mapping
from urllib.parse import urlencode

import urllib3

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.influx.server import InfluxServer

LONGEST_BODY = 4 * 1024 * 1024
SPARE_CONNECTIONS = 2
USER_AGENT = "ha-bridge"


class HttpClient:
    """Usable from any thread. No retries and no redirects: what to do about a failure is decided elsewhere.

    Raises urllib3's exceptions when no whole answer comes, and Refused for a token that cannot be sent.
    """

    def __init__(self, server: InfluxServer) -> None:
        self._server = server
        silence(server)
        self._pool = urllib3.PoolManager(
            maxsize=SPARE_CONNECTIONS,
            retries=False,
            timeout=urllib3.Timeout(total=server.timeout),
            cert_reqs="CERT_REQUIRED" if server.verify_tls else "CERT_NONE",
            ca_certs=server.ca_file or None,
        )

    def get(self, path: str) -> Answer:
        return self._request("GET", path, None, {})

    def post(self, path: str, query: Mapping[str, str], body: bytes, encoding: str) -> Answer:
        """Send text; `encoding` is its Content-Encoding, "" for none."""
        headers = {"Content-Type": "text/plain; charset=utf-8"} | (
            {"Content-Encoding": encoding} if encoding else {}
        )
        return self._request("POST", f"{path}?{urlencode(query)}", body, headers)

    def close(self) -> None:
        self._pool.clear()

    def _request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        response = self._pool.request(
            method,
            self._server.base + path,
            body=body,
            headers={"User-Agent": USER_AGENT, **self._server.authorization(), **headers},
            redirect=False,
            preload_content=False,
        )
        try:
            answer = Answer.of(response.status, response.headers, response.read(LONGEST_BODY))
        except BaseException:
            response.close()
            raise
        _give_back(response)
        return answer


def silence(server: InfluxServer) -> None:
    """Who has switched the check of certificates off needs no warning at each request."""
    if not server.verify_tls:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def _give_back(response: urllib3.BaseHTTPResponse) -> None:
    """Keep the connection, unless a body was cut short and its rest is still to come."""
    if response.length_remaining:
        response.close()
    response.release_conn()
