"""How a log record is written: as a line of JSON for machines, as a plain line for people."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import click
from pythonjsonlogger.json import JsonFormatter

from ha_bridge.logs.fields import event, extras

_NAMES = {
    "asctime": "time",
    "levelname": "level",
    "name": "logger",
    "message": "event",
    "threadName": "thread",
    "exc_info": "traceback",
}
_SHORT_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_COLOURS = {"DEBUG": "bright_black", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "bright_red"}
_BARE = re.compile(r"""[^\s"'=\[\]{}]+""")


class JsonLines(JsonFormatter):
    """One JSON object a line: time (RFC 3339, UTC, ms), level, logger, event, thread, the extra fields, traceback.

    An extra field called like one of these gets an underscore behind its name.
    """

    def __init__(self) -> None:
        wanted = "%(asctime)s %(levelname)s %(name)s %(message)s %(threadName)s"
        renamed = _NAMES | {name: f"{name}_" for name in _NAMES.values()}
        super().__init__(wanted, rename_fields=renamed, json_ensure_ascii=False)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ConsoleLines(logging.Formatter):
    """One line for people, the extra fields behind the event as key=value; a traceback below it."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        level = _SHORT_LEVELS.get(record.levelname, record.levelname).ljust(5)
        shade = _COLOURS.get(record.levelname) if self._colour else None
        head = f"{self.formatTime(record, '%H:%M:%S')} {click.style(level, fg=shade) if shade else level}"
        fields = (f"{key}={_written(value)}" for key, value in extras(record).items())
        line = " ".join((f"{head} {record.name}  {_printable(event(record))}", *fields))
        return "\n".join(part for part in (line, record.exc_text, record.stack_info) if part)


def _written(value: Any) -> str:
    """Write a value so that it ends where it seems to end, and stays on the line."""
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) and value.isprintable() else repr(value)
    return json.dumps(value, ensure_ascii=False)


def _printable(text: str) -> str:
    """Escape line breaks and control characters: a payload may not forge a line or steer a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
