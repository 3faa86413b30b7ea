from collections.abc import Mapping

import urllib3

_pool = urllib3.PoolManager(retries=False, timeout=30)


class HttpError(Exception):
    """A server's answer that is not a 2xx."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body.decode(errors='replace')}")
        self.status = status
        self.body = body


def http_call(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return the body of a 2xx; HttpError for any other status, urllib3's HTTPError where there is no answer."""
    response = _pool.request(method, url, body=body, headers=headers)
    if not 200 <= response.status < 300:
        raise HttpError(response.status, response.data)
    return response.data


def answers(url: str, headers: Mapping[str, str] | None = None) -> bool:
    """Tell whether a server answers `url` with a 2xx."""
    try:
        http_call("GET", url, headers=headers)
    except (HttpError, urllib3.exceptions.HTTPError):
        return False
    return True
