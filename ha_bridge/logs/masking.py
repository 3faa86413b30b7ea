"""Hides secrets from log records: in the message, its arguments, the extra fields and the traceback."""

import copy
import json
import logging
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from ha_bridge.logs.fields import event, extras

MASK = "••••"
_SHORT = 6  # a secret shorter than this is hidden as a word of its own only, or innocent words would suffer
_NOTHING = re.compile(r"(?!)")


class Masking:
    """Every secret that has been registered. A secret stays registered: old ones turn up in late tracebacks."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()
        self._pattern = _NOTHING

    def add(self, secrets: Iterable[str]) -> None:
        self._spellings |= {spelling for secret in secrets if secret for spelling in _spellings(secret)}
        longest_first = sorted(self._spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_exactly, longest_first))) if longest_first else _NOTHING

    def text(self, text: str) -> str:
        return self._pattern.sub(MASK, text)

    def value(self, value: Any) -> Any:
        """Turn any value into one that JSON has, with nothing secret in it."""
        match value:
            case None | bool() | int():
                return value
            case float() if math.isfinite(value):
                return value
            case Mapping():
                return {self.text(str(key)): self.value(inner) for key, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(inner) for inner in value]
            case _:
                return self.text(str(value))

    def record(self, record: logging.LogRecord) -> logging.LogRecord:
        """Give a copy that may be shown. A copy, because other handlers share the original."""
        clean = copy.copy(record)
        clean.msg, clean.args = self.text(event(record)), None
        for key, value in extras(record).items():
            setattr(clean, key, self.value(value))
        failure = record.exc_info if record.exc_info and record.exc_info[0] else None
        written = logging.Formatter().formatException(failure) if failure else record.exc_text
        clean.exc_info, clean.exc_text = None, self.text(written) if written else None
        clean.stack_info = self.text(record.stack_info) if record.stack_info else None
        return clean


def _spellings(secret: str) -> set[str]:
    """Give the ways in which a secret may be written: as it is, in a URL, in JSON, in a repr."""
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {secret, quote(secret, safe=""), quote_plus(secret), *escaped}


def _exactly(secret: str) -> str:
    found = re.escape(secret)
    return rf"(?<!\w){found}(?!\w)" if len(secret) < _SHORT else found
