"""From an HTTP status, or from no answer at all, to the failure that says what to do."""

import re
from datetime import UTC, datetime
from typing import Literal

import msgspec

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.influx.lines import named_lines
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused, Rejected, TooLarge, Unavailable

LONGEST_REASON = 500

# About single lines: InfluxDB 1.x, 2.x and 3 Core, in this order.
_ABOUT_LINES = re.compile(
    r"unable to parse|partial write|field type conflict|line protocol|write_lp|column type", re.IGNORECASE
)
# About the request as a whole: dead-lettering its lines one by one would lose a home's data to one wrong setting.
_ABOUT_REQUEST = re.compile(
    r"(database|bucket|org\w*) (name )?(is required|not found|required)|orgID|organization|precision|gzip|"
    r"https? (server|request|port)|SSL|a web page|authoriz|credential|unsupported path",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(r"(database|bucket|retention policy|organization)\b.*\bnot found", re.IGNORECASE)
_BROKEN_OFF = re.compile(r"unexpected EOF|timeout|timed out", re.IGNORECASE)

Failure = Unavailable | Refused | Rejected | TooLarge


class Target(msgspec.Struct, frozen=True):
    """What is written to: the server, its bucket or database, and the path of the API."""

    server: InfluxServer
    kind: Literal["bucket", "database"]
    name: str
    path: str

    def bounded(self, text: str) -> str:
        """Make a server's words fit for a log: without secrets and of limited length."""
        text = self.server.masked(text)
        return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def failure(answer: Answer, target: Target, payload: bytes) -> Failure | None:
    """Make the failure an answer stands for, None for success. `payload`: the lines it was about.

    A status that InfluxDB does not document refuses, because that keeps every point.
    """
    words = target.bounded(answer.words())
    if 200 <= answer.status < 300:
        return _of_success(answer, target, words, payload)
    return _of_error(answer, target, words, payload)


def _of_error(answer: Answer, target: Target, words: str, payload: bytes) -> Failure:
    match answer.status:
        case 413:
            return TooLarge(words)
        case 408 | 425 | 429:
            return _unavailable(answer, target, words)
        case 400 | 422:
            return _bad_request(answer, target, words, payload)
        case 401 | 403 | 404:
            return Refused(f"{target.server.base}: {words}: {_mend(answer.status, words, target)}")
        case status if status >= 500:
            return _server_error(answer, target, words, payload)
        case _:
            return Refused(_unexpected(answer, target, words))


def _unavailable(answer: Answer, target: Target, words: str) -> Unavailable:
    return Unavailable(f"{target.server.base}: {words}", answer.retry_after(datetime.now(UTC)))


def _server_error(answer: Answer, target: Target, words: str, payload: bytes) -> Failure:
    """InfluxDB 1.x answers 500 for a missing retention policy, early 2.x for a type conflict; neither passes by waiting."""
    if _NOT_FOUND.search(words):
        return Refused(f"{target.server.base}: {words}: {_mend(404, words, target)}")
    if "partial write" in words:
        return Rejected(words, named_lines(answer, payload), answer.status)
    return _unavailable(answer, target, words)


def _of_success(answer: Answer, target: Target, words: str, payload: bytes) -> Failure | None:
    """Look twice: a web page comes from something that is no InfluxDB; 0.9 to 1.x may say what failed under status 200."""
    if answer.is_web_page():
        return Refused(_unexpected(answer, target, words))
    if not answer.admits_error():
        return None
    if _NOT_FOUND.search(words):
        return Refused(f"{target.server.base}: {words}: {_mend(404, words, target)}")
    return _bad_request(answer, target, words, payload)


def _bad_request(answer: Answer, target: Target, words: str, payload: bytes) -> Failure:
    if _ABOUT_LINES.search(words):
        return Rejected(words, named_lines(answer, payload), answer.status)
    if _BROKEN_OFF.search(words):
        return _unavailable(answer, target, words)
    if _ABOUT_REQUEST.search(words):
        return Refused(_unexpected(answer, target, words))
    return Rejected(words, named_lines(answer, payload), answer.status)


def _mend(status: int, words: str, target: Target) -> str:
    server, thing = target.server, f'{target.kind} "{target.name}"'
    if status == 401:
        return f"check {server.credentials()}"
    if status == 403:
        return f"give {server.credentials()} the right to write to {thing}"
    if "org" in words.lower() and "not found" in words.lower() and target.kind == "bucket":
        return f"check {server.key('org')}"
    if "retention policy" in words or ("/" in target.name and _NOT_FOUND.search(words)):
        return f"ha-bridge retention apply makes what [retention] names; else check {server.key('retention_policy')}"
    if "page not found" in words or not _NOT_FOUND.search(words):
        other = "v1" if target.kind == "bucket" else "v2"
        return f'it has no {target.path}: check {server.key("url")} or set {server.key("api")} = "{other}"'
    return f"create the {thing}, let {server.credentials()} see it, or check {server.key(target.kind)}"


def _unexpected(answer: Answer, target: Target, words: str) -> str:
    server = target.server
    if location := answer.headers.get("location", "").partition("?")[0]:
        words += f", redirects to {server.masked(location)[:LONGEST_REASON]}"
    keys = ["url"] + (["org"] if target.kind == "bucket" else []) + [target.kind]
    return f"{server.base}{target.path} answers {answer.status}: {words}: check {', '.join(map(server.key, keys))}"
