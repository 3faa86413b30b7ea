r"""InfluxDB's line protocol, the text that every kind of InfluxDB takes.

`<series key> <field>=<value>[,<field>=<value>…] <nanoseconds>`, one line a point. Everything is written as
influxdb-client's `Point` writes it, except: fields keep the order they are given in; a line break inside a string
becomes the two characters `\n` or `\r`, because a raw one ends the line for some servers; -0.0 is `0`; and names
that would break their line are mended (escapes.py).
https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

import re
from collections.abc import Iterable

from ha_bridge.domain import escapes
from ha_bridge.domain.escapes import series_key
from ha_bridge.domain.points import FieldValue, Point

__all__ = ["encode", "line", "series_key"]

_STRING = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r"})
_NEEDS_ESCAPE = re.compile(r'["\\\n\r]').search
_REMEMBERED = 4096


class _FieldKeys(dict[str, str]):
    """Remembers `name=` of field names; forgets all when strangers' names have made it large."""

    def __missing__(self, name: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        key = self[name] = escapes.field_key(name) + "="
        return key


class _Numbers(dict[float, str]):
    """Remembers the text of floats, because sensors say the same few over and over and writing one costs the most.

    Empty for NaN and the infinities, which no InfluxDB takes.
    """

    def __missing__(self, value: float) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        text = repr(value) if value else "0"  # 0.0 and -0.0 are one key here, so they must be one text
        if text.endswith(".0"):
            text = text[:-2]
        elif value - value != 0:
            text = ""
        self[value] = text
        return text


_keys = _FieldKeys()
_numbers = _Numbers()


def encode(points: Iterable[Point]) -> bytes:
    """Write points as lines joined by single newlines, none at the end; a point without a finite field has no line."""
    return "\n".join(_lines(points)).encode("utf-8", "replace")


def line(point: Point) -> str:
    """Write one point without a line end; empty when none of its fields is finite."""
    return "".join(_lines((point,)))


def _lines(points: Iterable[Point]) -> list[str]:
    lines = []
    for point in points:
        pairs = ""
        for name, value in point.fields.items():
            if text := _numbers[value] if type(value) is float else _value(value):
                pairs = f"{pairs},{_keys[name]}{text}" if pairs else _keys[name] + text
        if pairs:
            lines.append(f"{point.series.key} {pairs} {point.time * 1000 + point.nanos}")
    return lines


def _value(value: FieldValue) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_STRING)}"' if _NEEDS_ESCAPE(value) else f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}i" if isinstance(value, int) else _numbers[value]
