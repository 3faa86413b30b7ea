"""Kinds whose state is a value: sensors, numbers and texts."""

from datetime import UTC, datetime
from math import isfinite

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.reading import LONGEST_STATE, NONE, UNKNOWN, State, number_in, word


def number(values: Values) -> State:
    least, most = number_in(values, "min", 0.0), number_in(values, "max", 100.0)
    reset = word(values, "payload_reset", NONE)

    def state(text: str) -> str | None:
        if text == reset:
            return UNKNOWN
        try:
            number = int(text) if text.isnumeric() else float(text)
        except ValueError:
            return None
        return str(number) if least <= number <= most else None

    return state


def text(_values: Values) -> State:
    return lambda text: text if len(text) <= LONGEST_STATE else None


def sensor(values: Values) -> State:
    kind = values.get("device_class")
    if kind in ("timestamp", "date"):
        return _timestamp if kind == "timestamp" else _date
    numeric = ("state_class", "unit_of_measurement", "suggested_display_precision", "device_class")
    if kind != "enum" and any(values.get(key) is not None for key in numeric):
        return _numeric
    options = {str(each) for each in texts(values.get("options"))}

    def state(text: str) -> str | None:
        if text == NONE:
            return UNKNOWN
        return text if len(text) <= LONGEST_STATE and (not options or text in options) else None

    return state


def _numeric(text: str) -> str | None:
    """A number stays as it was written: 21.50 is no 21.5."""
    if text == NONE:
        return UNKNOWN
    try:
        return text if isfinite(float(text)) else None
    except ValueError:
        return None


def _timestamp(text: str) -> str | None:
    moment = _moment(text)
    if moment is None:
        return UNKNOWN
    return None if moment.tzinfo is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _date(text: str) -> str | None:
    moment = _moment(text)
    return UNKNOWN if moment is None else moment.date().isoformat()


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
