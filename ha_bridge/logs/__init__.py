"""Logging: a static event and structured fields, as JSON or as a line for people. Secrets never appear.

log.info("child restarted", extra={"child": name, "reason": reason})
"""

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Literal, TextIO

from ha_bridge.logs.formats import ConsoleLines, JsonLines
from ha_bridge.logs.masking import Masking

_masking = Masking()
Format = Literal["auto", "console", "json"]


def setup(
    level: str = "INFO",
    format: Format = "auto",  # noqa: A002 - what the setting is called
    levels: Mapping[str, str] | None = None,
    stream: TextIO | None = None,
) -> None:
    """Log to `stream` (stderr) from `level` on, from another level for the loggers in `levels`.

    "auto" is "console" on a terminal and else "json". A second call replaces what the first set up.
    """
    target = stream or sys.stderr
    root = logging.getLogger()
    former = [handler for handler in root.handlers if isinstance(handler, _Handler)]
    root.addHandler(_Handler(target, format, levels or {}))
    for handler in former:
        root.removeHandler(handler)
        _set(dict.fromkeys(handler.levels, logging.NOTSET))
    _set({"": level, **(levels or {})})
    logging.captureWarnings(capture=True)


def mask(secrets: Iterable[str]) -> None:
    """Hide these texts, in all spellings, from every line logged from here on."""
    _masking.add(secrets)


def _set(levels: Mapping[str, str | int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, chosen: Format, levels: Mapping[str, str]) -> None:
        super().__init__(stream)
        self.levels = levels
        terminal = stream.isatty()
        as_json = chosen == "json" or (chosen == "auto" and not terminal)
        colour = terminal and not os.environ.get("NO_COLOR")
        self.setFormatter(JsonLines() if as_json else ConsoleLines(colour=colour))

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_masking.record(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line is lost, and not as Python does it: with all its arguments, unmasked."""
        with suppress(OSError, ValueError):
            self.stream.write(
                f"{record.name}: a log line could not be written: {_masking.text(repr(sys.exc_info()[1]))}\n"
            )
