r"""Reads a line of line protocol as InfluxDB does, independently of the code that writes it.

In names a comma, space or equals sign belongs to the name when the character before it is a backslash; in strings
`\"` and `\\` are escapes and any other backslash is itself.
"""

import re
from typing import NamedTuple

from ha_bridge.domain.points import FieldValue

FIELD = re.compile(r'(?P<key>.+?)(?<!\\)=(?P<value>"(?:[^"\\]|\\.)*"|[^ ,"]+)(?:,|$)', re.DOTALL)


class Line(NamedTuple):
    measurement: str
    tags: dict[str, str]
    fields: dict[str, FieldValue]
    nanoseconds: int


def read_line(text: str) -> Line:
    head, rest = re.split(r"(?<!\\) ", text, maxsplit=1)
    body, time = rest.rsplit(" ", 1)
    measurement, *tags = re.split(r"(?<!\\),", head)
    pairs = [re.split(r"(?<!\\)=", tag) for tag in tags]
    return Line(
        re.sub(r"\\([, ])", r"\1", measurement),
        {_name(key): _name(value) for key, value in pairs},
        _fields(body),
        int(time),
    )


def _fields(body: str) -> dict[str, FieldValue]:
    found: dict[str, FieldValue] = {}
    at = 0
    while at < len(body):
        match = FIELD.match(body, at)
        assert match, f"no field at {body[at:]!r}"
        found[_name(match["key"])] = _value(match["value"])
        at = match.end()
    return found


def _name(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)


def _value(text: str) -> FieldValue:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in ("true", "false"):
        return text == "true"
    return int(text[:-1]) if text.endswith("i") else float(text)
