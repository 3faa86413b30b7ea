r"""The escapes of line protocol's names: measurements, tag keys, tag values and field keys.

A comma, space or equals sign is part of a name when a backslash stands before it, and there is no escape for a
backslash itself: whether two of them count as one depends on the server and even on the place in the line. So a name
loses its backslashes before such a character and at its end; all others are safe. Line breaks and tabs become the two
characters `\n`, `\r`, `\t`, as influxdb-client writes them.
https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/#special-characters
"""

import re
from collections.abc import Mapping

_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ ", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_NAME = {**_MEASUREMENT, ord("="): r"\="}
_AMBIGUOUS = re.compile(r"\\+(?=[,= ]|\Z)")
NAMELESS = "_"


def measurement(text: str) -> str:
    """Escape a measurement. One that starts with `#` would make its line a comment, so that gets a backslash."""
    escaped = _plain(text).translate(_MEASUREMENT) or NAMELESS
    return "\\" + escaped if escaped.startswith("#") else escaped


def field_key(text: str) -> str:
    return _plain(text).translate(_NAME) or NAMELESS


def series_key(measurement_: str, tags: Mapping[str, str]) -> str:
    """Write a measurement with its tags in their given order; a tag whose key or value is empty is left out."""
    pairs = ((_tag(key), _tag(value)) for key, value in tags.items())
    return measurement(measurement_) + "".join([f",{key}={value}" for key, value in pairs if key and value])


def _tag(text: str) -> str:
    return _plain(text).translate(_NAME)


def _plain(text: str) -> str:
    return _AMBIGUOUS.sub("", text) if "\\" in text else text
