"""The home's changes as Home Assistant's mqtt_statestream publishes them.

Source: homeassistant/components/mqtt_statestream/__init__.py, 2024.3.
"""

import json
from collections.abc import Iterable

from ha_bridge.demo.mqtt_packets import Message
from ha_bridge.demo.states import Attributes, Change, Changed, State, iso


class StateStream:
    """One topic for each state, and for its times and attributes where wanted. Removed entities leave theirs behind."""

    def __init__(
        self, base: str = "statestream", *, timestamps: bool = True, attributes: bool = True
    ) -> None:
        self._base = base
        self._timestamps = timestamps
        self._attributes = attributes

    def messages(self, changes: Iterable[Change]) -> list[Message]:
        """Give the messages in the order HA publishes them: state, times, attributes."""
        return [
            message
            for change in changes
            if isinstance(change, Changed) and change.new is not None
            for message in self.of(change.new)
        ]

    def of(self, state: State) -> list[Message]:
        """Give the messages of one state."""
        base = f"{self._base}/{state.entity_id.replace('.', '/')}/"
        texts = {"state": state.state}
        if self._timestamps:
            texts["last_updated"] = iso(state.last_updated)
            texts["last_changed"] = iso(state.last_changed)
        messages = [Message(base + key, text.encode(), 1, retain=True) for key, text in texts.items()]
        return messages + _attribute_messages(base, state.attributes) if self._attributes else messages


def _attribute_messages(base: str, attributes: Attributes) -> list[Message]:
    return [
        Message(base + key, json.dumps(value).encode(), 1, retain=True) for key, value in attributes.items()
    ]
