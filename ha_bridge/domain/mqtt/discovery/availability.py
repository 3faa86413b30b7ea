"""Whether a discovered entity is available, from the topics that tell."""

from typing import Any

import msgspec

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.reading import NotCarried, rendered, template_of, topic_of, word
from ha_bridge.domain.mqtt.discovery.rendering import NoValue, Payload
from ha_bridge.domain.mqtt.discovery.templates import Template


class Sign(msgspec.Struct, frozen=True):
    """A topic whose payload says that the entity is available or not."""

    topic: str
    template: Template | None
    present: str
    absent: str

    def read(self, payload: Payload) -> bool | None:
        """None where the payload says neither."""
        try:
            text = rendered(self.template, payload, lenient=True)
        except NoValue:
            return None
        return True if text == self.present else False if text == self.absent else None


def signs(values: Values) -> list[Sign]:
    """The signs of a component; raises NotCarried."""
    found: list[Sign] = []
    if "availability_topic" in values:
        found.append(_sign(values, "availability_topic", "availability_template", values))
    for each in values.get("availability") or ():
        if not isinstance(each, dict):
            raise NotCarried("its availability is no list of topics")
        found.append(_sign(each, "topic", "value_template", each))
    return found


def _sign(values: Values, topic: str, template: str, words: Any) -> Sign:
    return Sign(
        topic_of(values, topic),
        template_of(values, template),
        word(words, "payload_available", "online"),
        word(words, "payload_not_available", "offline"),
    )


class Availability:
    """Available unless a sign says otherwise: what nobody has said yet is no reason to lose a state.

    `mode` as in Home Assistant: "all" signs must be good, "any" of them, or the "latest".
    """

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._said: dict[str, bool] = {}
        self._latest = True

    def hear(self, topic: str, *, present: bool) -> None:
        self._said[topic] = present
        self._latest = present

    def of(self, topics: tuple[str, ...]) -> bool:
        if self._mode == "all":
            return all(self._said.get(topic, True) for topic in topics)
        if self._mode == "any":
            return not topics or any(self._said.get(topic, True) for topic in topics)
        return self._latest
