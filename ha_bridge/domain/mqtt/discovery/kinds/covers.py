"""Covers."""

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.reading import (
    NONE,
    UNKNOWN,
    Source,
    Told,
    number_in,
    template_of,
    topic_of,
    word,
)
from ha_bridge.domain.mqtt.discovery.templates import Payload


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


def cover(values: Values) -> list[Source]:
    cover = _Cover(values)
    position = (
        [Source(topic_of(values, "position_topic"), template_of(values, "position_template"), cover.position)]
        if values.get("position_topic") is not None
        else []
    )
    if position and values.get("state_topic") is None:
        return position
    state = Source(topic_of(values, "state_topic"), template_of(values, "value_template"), cover.state)
    return [*position, state]
