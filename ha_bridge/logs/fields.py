"""What a log record holds: the event, and the fields that came with it as `extra`."""

import logging
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS

_RESERVED = {*RESERVED_ATTRS, "taskName"}


def event(record: logging.LogRecord) -> str:
    """Give the message; where its arguments do not fit, both as they are, because a log line is never lost."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


def extras(record: logging.LogRecord) -> dict[str, Any]:
    return {
        key: value for key, value in vars(record).items() if key not in _RESERVED and not key.startswith("_")
    }
