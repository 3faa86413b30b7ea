"""Settings as TOML text."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# JSON's escapes are TOML's, but JSON leaves this one as it is.
_DELETE = str.maketrans({"\x7f": "\\u007f"})


def table(path: tuple[str, ...], keys: Mapping[str, Any]) -> Iterator[str]:
    """Write a table as lines: its own keys, then the tables within it, which may be empty."""
    yield f"[{'.'.join(map(key, path))}]"
    yield from (f"{key(name)} = {_value(value)}" for name, value in keys.items() if not _nested(value))
    for name, value in keys.items():
        if _nested(value):
            yield ""
            yield from table((*path, name), value)


def key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).translate(_DELETE)
