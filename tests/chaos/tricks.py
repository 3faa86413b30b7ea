"""What a server that is not itself may do with a write."""

import random
from email.utils import formatdate
from typing import Literal, NamedTuple

STATUSES = (400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504)
PASSING = ("none", "seconds", "date", "garbage", "negative")
FORMS = (*PASSING, "huge")

MANY = 3
"""So many lines are too many for a server that says so; a lone point is never."""

_BODIES = {
    400: b'{"error":"partial write: points beyond retention policy dropped=1"}',
    401: b'{"error":"authorization failed"}',
    403: b'{"error":"not authorized to execute statement"}',
    404: b'{"error":"database not found: \\"chaos\\""}',
    413: b'{"error":"Request Entity Too Large"}',
    422: b'{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict"}',
    429: b'{"code":"too many requests","message":"write rate limit exceeded"}',
    500: b'{"error":"timeout"}',
    502: b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    503: b'{"error":"engine: cache maximum memory size exceeded"}',
    504: b"<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>",
}


class Trick(NamedTuple):
    """What becomes of one write. `forwards`: InfluxDB gets it. `status` 0: its own answer is passed on.

    `seconds` before the answer; `ending`: how much of the answer is sent; `least`: with fewer lines another write has to come.
    """

    name: str
    forwards: bool = True
    status: int = 0
    retry_after: str = "none"
    seconds: float = 0.0
    ending: Literal["whole", "half", "none"] = "whole"
    least: int = 0

    @property
    def body(self) -> bytes:
        return _BODIES.get(self.status, b"")

    def headers(self, now: float) -> dict[str, str]:
        text = {
            "seconds": "1",
            "date": formatdate(now + 1, usegmt=True),
            "garbage": "soon\u00fc, perhaps",
            "negative": "-30",
            "huge": "31536000",
        }.get(self.retry_after)
        return {"Retry-After": text} if text else {}


HONEST = Trick("honest")
COMMITS_AND_DROPS = Trick("commits, then drops the answer", ending="none")
COMMITS_AND_BREAKS = Trick("commits, then breaks the answer off", ending="half")
DROPS = Trick("drops the request", forwards=False, ending="none")


def slow(seconds: float) -> Trick:
    return Trick("commits, then answers late", seconds=seconds)


def refusal(status: int, retry_after: str) -> Trick:
    """Answer with a status.

    Points that are wrong, or too many, are so only among others: of a lone one the bridge has to believe it, and would
    rightly give up on what is good.
    """
    about_points = status in (400, 413, 422)
    return Trick(f"{status}, {retry_after}", False, status, retry_after, least=MANY if about_points else 0)


def all_refusals() -> list[Trick]:
    """Every status with every form that is soon over."""
    return [refusal(status, form) for status in STATUSES for form in PASSING]


def some_refusals(dice: random.Random) -> list[Trick]:
    """Every status once and every form at least once, in an order and in pairs that the dice choose."""
    forms = dice.sample(PASSING, len(PASSING))
    tricks = [refusal(status, forms[nth % len(forms)]) for nth, status in enumerate(STATUSES)]
    dice.shuffle(tricks)
    return tricks
