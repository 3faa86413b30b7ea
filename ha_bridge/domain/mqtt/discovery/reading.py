"""How the topics of a component become states and attributes: what all kinds of components share."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.templates import NotPlain, NoValue, Payload, Template, Undefined, parse
from ha_bridge.domain.mqtt.filters import FilterError
from ha_bridge.domain.mqtt.filters import parse as parse_filter

UNKNOWN = "unknown"
NONE = "None"  # how Home Assistant's templates write that there is no value
LONGEST_STATE = 255  # characters, in Home Assistant

State = Callable[[str], str | None]
"""From a rendered payload to a state; None where Home Assistant ignores it."""


class NotCarried(ValueError):
    """A component that the bridge leaves to Home Assistant; says why."""


class Told(msgspec.Struct, frozen=True):
    """What a message says: None for what it does not say."""

    state: str | None = None
    attributes: Mapping[str, Any] | None = None


class Source(msgspec.Struct, frozen=True):
    """A topic of a component: how its payloads become text, and what that text says.

    `lenient`: where the template asks for something within nothing, the payload is taken as it is.
    """

    topic: str
    template: Template | None
    told: Callable[[str], Told]
    lenient: bool = True

    def read(self, payload: Payload) -> Told:
        try:
            text = rendered(self.template, payload, lenient=self.lenient)
        except NoValue:
            return Told()
        return self.told(text)


def rendered(template: Template | None, payload: Payload, *, lenient: bool) -> str:
    """A payload as its template makes it; raises NoValue."""
    if template is None:
        return payload.text
    try:
        return template.render(payload)
    except Undefined:
        if lenient:
            return payload.text
        raise


def topic_of(values: Values, key: str) -> str:
    """A topic to subscribe to; raises NotCarried."""
    topic = values.get(key)
    if topic is None:
        raise NotCarried(f"it has no {key}")
    try:
        plain = not {"+", "#"} & set(parse_filter(topic).levels) and "{" not in topic
    except (FilterError, AttributeError, TypeError):
        plain = False
    if not plain:
        raise NotCarried(f"its {key} is not one topic: {str(topic)[:200]!r}")
    return str(topic)


def template_of(values: Values, key: str) -> Template | None:
    """Its template; raises NotCarried where that is not plain."""
    text = values.get(key)
    if text is None:
        return None
    try:
        return parse(str(text))
    except NotPlain:
        raise NotCarried(f"its {key} is no plain one: {str(text)[:200]!r}") from None


def word(values: Values, key: str, default: str) -> str:
    """A text as Home Assistant reads it: true is "True", 5 is "5"."""
    value = values.get(key)
    return default if value is None else str(value)


def number_in(values: Values, key: str, default: float) -> float:
    try:
        return float(values.get(key, default))
    except (TypeError, ValueError):
        raise NotCarried(f"its {key} is no number") from None
