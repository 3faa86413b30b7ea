"""Covers and valves."""

from collections.abc import Callable
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.reading import (
    GONE,
    NONE,
    UNKNOWN,
    Carried,
    Told,
    Topics,
    is_set,
    number_in,
    word,
)
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.routes import OLD, Names


class _Cover:
    """A cover, of which "stopped" says open or closed only together with what was before."""

    def __init__(self, values: Values) -> None:
        states = ("open", "opening", "closed", "closing")
        self._states = {NONE: UNKNOWN, **{word(values, f"state_{each}", each): each for each in states}}
        self._stopped = word(values, "state_stopped", "stopped")
        self._closed = number_in(values, "position_closed", 0.0)
        self._open = number_in(values, "position_open", 100.0)
        self._has_states = values.get("state_topic") is not None
        self._has_position = values.get("position_topic") is not None
        self._last: str | None = None
        self._position: int | None = None

    def state(self, text: str) -> Told:
        if text == self._stopped:
            closed = self._position == 0 if self._has_position else self._last in ("closed", "closing")
            state: str | None = "closed" if closed else "open"
        else:
            state = self._states.get(text)
        self._last = state or self._last
        return Told(state)

    def position(self, text: str) -> Told:
        document = Payload(text).document
        try:
            value = float(document["position"] if isinstance(document, dict) else text)
            share = int((value - self._closed) * 100 // (self._open - self._closed))
        except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
            return Told()
        self._position = min(100, max(0, share))
        state = None if self._has_states else "closed" if self._position == 0 else "open"
        return Told(state, {"current_position": self._position})


def cover(values: Values, _names: Names) -> Carried:
    topics, found = Topics(values), _Cover(values)
    if is_set(values, "position_topic"):
        topics.state("position_topic", found.position)
    if is_set(values, "state_topic") or not is_set(values, "position_topic"):
        topics.state("state_topic", found.state, "value_template")
    topics.attribute("current_tilt_position", "tilt_status_topic", _tilt(values), first=GONE)
    return topics.carried({})


def _tilt(values: Values) -> Callable[[str], Told]:
    least, most = number_in(values, "tilt_min", 0.0), number_in(values, "tilt_max", 100.0)

    def told(text: str) -> Told:
        try:
            tilt = round(float(text))
            share = int((tilt - least) * 100 // (most - least))
        except (ValueError, ArithmeticError):
            return Told()
        inside = least <= tilt <= most or most <= tilt <= least
        return Told(attributes={"current_tilt_position": share}) if inside else Told()

    return told


def valve(values: Values, names: Names) -> Carried:
    reports = str(values.get("reports_position", False)).lower() in ("true", "1", "yes", "on")
    found = _Valve(values, names, reports=reports)
    topics = Topics(values)
    topics.state("state_topic", found.told, "value_template")
    topics.attributes |= {"current_position": None} if reports else {}
    return topics.carried({})


class _Valve:
    """A valve that is open or closed, or says how far, as text or as JSON with state and position."""

    def __init__(self, values: Values, names: Names, *, reports: bool) -> None:
        moving = {word(values, f"state_{each}", each): each for each in ("opening", "closing")}
        still = {word(values, f"state_{each}", each): each for each in ("open", "closed")}
        self._moves = moving
        self._states = {**({} if names == OLD else {NONE: UNKNOWN}), **still, **moving}
        self._old = names == OLD
        self._reports = reports
        self._closed = number_in(values, "position_closed", 0.0)
        self._open = number_in(values, "position_open", 100.0)
        self._move: str | None = None
        self._position: int | None = None

    def told(self, text: str) -> Told:
        document = Payload(text).document
        state: Any = text
        position: Any = text
        if isinstance(document, dict):
            state, position = document.get("state"), document.get("position")
            if ("position" if self._reports else "state") not in document:
                return Told()
        if not self._reports:
            return Told(self._states.get(state) if isinstance(state, str) else None)
        return self._reported(state, position) if text else Told()

    def _reported(self, state: Any, position: Any) -> Told:
        if state == NONE and not self._old:
            self._position = None
        else:
            move = self._moves.get(state) if isinstance(state, str) else None
            share = None if move and state == position else self._share(position)
            if share is None and move is None:
                return Told()
            self._position = self._position if share is None else share
            if move or not self._old or share in (0, 100):
                self._move = move
        resting = UNKNOWN if self._position is None else "open" if self._position else "closed"
        return Told(self._move or resting, {"current_position": self._position})

    def _share(self, position: Any) -> int | None:
        try:
            share = int((float(position) - self._closed) * 100 // (self._open - self._closed))
        except (TypeError, ValueError, ArithmeticError):
            return None
        return min(100, max(0, share))
