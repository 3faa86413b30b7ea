"""What an HTTP server answered, and its own words for what is wrong."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec

LONGEST_RETRY_AFTER = 3600.0

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(r"\s*<(!doctype html|html|head|body|!--)", re.IGNORECASE)
_ERROR_HEADERS = ("x-influxdb-error", "x-influx-error")


class Answer(msgspec.Struct, frozen=True):
    """A response that was read to its end. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> "Answer":
        return cls(status, {name.lower(): value for name, value in headers.items()}, body)

    def json(self) -> dict[str, Any]:
        """Decode the body as a JSON object; empty when it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_web_page(self) -> bool:
        return _HTML.match(self._text()) is not None

    def admits_error(self) -> bool:
        """Tell whether the body holds an error, whatever the status; a `message` alone may be a friendly one."""
        found = self.json()
        return bool(found.get("error") or any(_details(found)))

    def complaint(self) -> str:
        """Read what the body says is wrong, line breaks kept; empty when it says nothing of the kind.

        InfluxDB 1.x writes `{"error"}`, 2.x `{"code", "message"}`, 3 Core `{"error", "data": [{"error_message"}]}`,
        1.x queries `{"results": [{"error"}]}`, VictoriaMetrics plain text.
        """
        found = self.json()
        parts = [found.get("message"), found.get("error"), *_details(found)]
        said = [part for part in parts if isinstance(part, str) and part]
        return ": ".join(said) or self._header_complaint()

    def words(self) -> str:
        """Give the complaint, else the text, else the name of the status. On one line, of any length."""
        text = self.complaint() or self._plain() or _status_name(self.status)
        return " ".join(text.split())

    def retry_after(self, now: datetime) -> float | None:
        """Seconds to wait as the server wishes, 0 to LONGEST_RETRY_AFTER; None when it does not say.

        `Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3). A date is taken relative to the server's own `Date`,
        because the clock of a small machine may be off; `now` stands in where there is none.
        """
        said = self.headers.get("retry-after", "").strip()
        seconds = _seconds(said)
        if seconds is None and (moment := _date(said)):
            seconds = (moment - (_date(self.headers.get("date", "")) or now)).total_seconds()
        return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)

    def _text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def _plain(self) -> str:
        if self.is_web_page():
            title = _TITLE.search(self._text())
            return f'a web page, "{title[1].strip()}"' if title else "a web page"
        return self._text()

    def _header_complaint(self) -> str:
        return next((self.headers[name] for name in _ERROR_HEADERS if name in self.headers), "")


def _details(found: Mapping[str, Any]) -> list[Any]:
    data = found.get("data")
    items = data if isinstance(data, list) else [data]
    results = found.get("results")
    queries = results if isinstance(results, list) else []
    return [item.get("error_message") for item in items[:1] if isinstance(item, dict)] + [
        item.get("error") for item in queries if isinstance(item, dict)
    ]


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds == seconds else None  # noqa: PLR0124 - NaN is no number of seconds


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _status_name(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"
