"""The payload of every InfluxDB sink: plain line protocol, one point a line, so that it can be cut, kept and sent again.

Compression happens on the way out and depends on nothing but the payload, so a retry is the same to the byte.
"""

import gzip
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.domain import line_protocol
from ha_bridge.domain.points import Point

GZIP_LEVEL = 1

_UNPARSEABLE = re.compile(r"unable to parse '(.*)': ")
_DROPPED = re.compile(r"dropped=(\d+)")


def encode(points: Sequence[Point]) -> bytes:
    """Raise ValueError when a point has no line: lines are counted as points, so that would shift all that follow."""
    payload = line_protocol.encode(points)
    if count(payload) != len(points):
        raise ValueError("a point without a finite field has no line")
    return payload


def count(payload: bytes) -> int:
    """How many lines, that is, points."""
    return payload.count(b"\n") + 1 if payload else 0


def split(payload: bytes, at: int) -> tuple[bytes, bytes]:
    """Cut after the first `at` lines."""
    lines = payload.split(b"\n")
    return b"\n".join(lines[:at]), b"\n".join(lines[at:])


def packed(payload: bytes, *, gzipped: bool) -> tuple[bytes, str]:
    """Give the body to send and its Content-Encoding, "" for none.

    Level 1 costs a tenth of the CPU time of level 9 and makes such lines an eighth as long, level 9 an eleventh.
    """
    return (gzip.compress(payload, GZIP_LEVEL, mtime=0), "gzip") if gzipped else (payload, "")


def named_lines(answer: Answer, payload: bytes) -> tuple[int, ...]:
    """Find the lines of the payload that a complaint is about, as far as it says so.

    3 Core numbers them from 1 (`data[].line_number`); 1.x and 2.x quote each line they cannot parse; where as many points were
    dropped as there are lines, it is all of them.
    """
    total = count(payload)
    text = answer.complaint()
    found = set(_numbered(answer, total)) or set(_quoted(text, payload))
    if not found and any(int(number) == total for number in _DROPPED.findall(text)[-1:]):
        found = set(range(total))
    return tuple(sorted(found))


def _numbered(answer: Answer, total: int) -> Iterator[int]:
    data = answer.json().get("data")
    for item in data if isinstance(data, list) else [data]:
        number = item.get("line_number") if isinstance(item, dict) else None
        if isinstance(number, int) and 1 <= number <= total:
            yield number - 1


def _quoted(text: str, payload: bytes) -> Iterator[int]:
    quoted = _UNPARSEABLE.findall(text)
    if not quoted:
        return
    places = defaultdict(list)
    for place, line in enumerate(payload.split(b"\n")):
        places[line].append(place)
    for line in quoted:
        yield from places.get(line.encode(), ())
