"""Format `eventstream`: events of another HA's bus.

HA's `components/mqtt_eventstream` publishes `{"event_type", "event_data"}` as JSON at QoS 0, not retained. A
`state_changed` has both states in full and so HA's own time; other events do not say when they were fired.
"""

from typing import Any

import msgspec

from ha_bridge.domain.events import BusEvent, Event
from ha_bridge.domain.hass.event_rules import EventRules
from ha_bridge.domain.hass.frames import UNREADABLE, StateChanged
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.payloads import Unreadable, json_of
from ha_bridge.domain.ports import MqttMessage

STATE_CHANGED = "state_changed"


class _StateChanged(StateChanged, gc=False):
    entity_id: str = ""


class _Fired(msgspec.Struct, gc=False):
    """An event whose data fit those of a change of state, as most events do that are one."""

    event_type: str
    event_data: _StateChanged


_decode = msgspec.json.Decoder(_Fired).decode


class Eventstream:
    """The events of one bus, whose states share their attributes objects. `rules` say which other events are wanted."""

    def __init__(self, rules: EventRules) -> None:
        self._states = States()
        self._rules = rules

    def read(self, message: MqttMessage, token: int) -> Observed:
        """A message that somebody had the broker keep is old, and nothing; raises Unreadable."""
        event = None if message.retain or not message.payload else self._event(message)
        return Observed((token,), event)

    def _event(self, message: MqttMessage) -> Event | None:
        try:
            fired = _decode(message.payload)
            if fired.event_type == STATE_CHANGED:
                return self._state(fired.event_data, message.received)
        except UNREADABLE:
            pass
        other = _other(json_of(message.payload), message.received)
        return other if self._rules.wants(other.event_type, other.data) else None

    def _state(self, change: _StateChanged, received: int) -> Event:
        if change.new_state is not None:
            return self._states.fired(change)
        if not change.entity_id:
            raise ValueError("a change of no entity")
        return self._states.gone(change.entity_id, received, timed=False)


def _other(document: Any, received: int) -> BusEvent:
    match document:
        case {"event_type": "state_changed"}:
            raise Unreadable("a state_changed without its states")
        case {"event_type": str(event_type), **rest} if event_type:
            data = rest.get("event_data", {})
            if isinstance(data, dict):
                return BusEvent(received, event_type, data, timed=False)
    raise Unreadable('no event: {"event_type": "…", "event_data": {…}}')
