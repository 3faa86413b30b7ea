"""What a server says when it is to be managed and does not want to be."""

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused, Unavailable

LONGEST = 500


def refusal(answer: Answer, server: InfluxServer, who: str, *keys: str) -> Refused | Unavailable:
    """Make the failure an answer stands for; `who` says whom the server would listen to, `keys` what may be wrong at 404."""
    words = server.masked(answer.words())[:LONGEST]
    text = f"{server.base}: {words}"
    match answer.status:
        case 401:
            return Refused(f"{text}: check {server.credentials()}")
        case 403:
            return Refused(f"{text}: this takes {who} in {server.credentials()}")
        case 404:
            return Refused(f"{text}: check {' and '.join(map(server.key, keys or ('url',)))}")
        case status if status >= 500 or status in {408, 429}:
            return Unavailable(text)
        case _:
            return Refused(text)
