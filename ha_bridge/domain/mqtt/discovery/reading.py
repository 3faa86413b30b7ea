"""How the topics of a component become states and attributes: what all kinds of components share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.rendering import NotPlain, NoValue, Payload, Undefined
from ha_bridge.domain.mqtt.discovery.templates import Template, parse
from ha_bridge.domain.mqtt.filters import FilterError
from ha_bridge.domain.mqtt.filters import parse as parse_filter

UNKNOWN = "unknown"
NONE = "None"  # how Home Assistant's templates write that there is no value
LONGEST_STATE = 255  # characters, in Home Assistant

State = Callable[[str], str | None]
"""From a rendered payload to a state; None where Home Assistant ignores it."""


class NotCarried(ValueError):
    """A component that the bridge leaves to Home Assistant; says why."""


GONE: Any = type("Gone", (), {})()
"""The value of an attribute that is not there any more."""


HAPPENED = "\0happened"
"""The state of what has just happened, which is the time at which it did."""


class Told(msgspec.Struct, frozen=True):
    """What a message says: None for what it does not say. Attributes that are not among those told stay as they are."""

    state: str | None = None
    attributes: Mapping[str, Any] | None = None


class Source(msgspec.Struct, frozen=True):
    """A topic of a component: how its payloads become text, and what that text says.

    `lenient`: where the template asks for something within nothing, the payload is taken as it is. `fresh`: what the
    broker had kept says nothing.
    """

    topic: str
    template: Template | None
    told: Callable[[str], Told]
    lenient: bool = True
    fresh: bool = False

    def read(self, payload: Payload) -> Told:
        try:
            text = rendered(self.template, payload, lenient=self.lenient)
        except NoValue:
            return Told()
        return self.told(text)


class Carried(msgspec.Struct, frozen=True):
    """What is read of a component.

    `facts` are attributes that never change, `attributes` those with which it begins, which it has while it is available.
    `without` says of each attribute that cannot be read why. `unit` is that of its values, "" for none.
    """

    sources: Sequence[Source]
    facts: Mapping[str, Any] = {}
    attributes: Mapping[str, Any] = {}
    without: Sequence[str] = ()
    unit: str = ""


class Topics:
    """Gathers the sources of a component that has several, and the attributes with which it begins.

    Without the topic of its state a component is not carried; an attribute that cannot be read is left out. A template
    may have a stand-in, which holds for all that have none of their own.
    """

    def __init__(self, values: Values, stand_in: str = "") -> None:
        self._values = values
        self._stand_in = stand_in
        self._sources: list[Source] = []
        self._without: list[str] = []
        self.attributes: dict[str, Any] = {}

    def state(
        self, topic: str, told: Callable[[str], Told], template: str = "", *, lenient: bool = True
    ) -> None:
        """Read a topic, whose template has the same name unless another is given; raises NotCarried."""
        key = template or f"{topic.removesuffix('_topic')}_template"
        if self._stand_in and self._values.get(key) is None:
            key = self._stand_in
        address, form = topic_of(self._values, topic), template_of(self._values, key)
        self._sources.append(Source(address, form, told, lenient))

    def attribute(
        self,
        name: str,
        topic: str,
        told: Callable[[str], Told],
        template: str = "",
        first: Any = None,
        *,
        lenient: bool = True,
    ) -> None:
        """Read an attribute, where there is such a topic; it begins as `first`."""
        if self._values.get(topic) is None:
            return
        try:
            self.state(topic, told, template, lenient=lenient)
        except NotCarried as error:
            self._without.append(f"{name}: {error}")
        else:
            self.attributes |= {} if first is GONE else {name: first}

    def carried(self, facts: Mapping[str, Any], unit: str = "") -> Carried:
        return Carried(self._sources, facts, self.attributes, self._without, unit)


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
    """A topic to subscribe to, in which levels may be `+`; raises NotCarried."""
    topic = values.get(key)
    if topic is None:
        raise NotCarried(f"it has no {key}")
    try:
        found = parse_filter(topic)
        plain = not found.group and "#" not in found.levels and "{" not in topic
    except (FilterError, AttributeError, TypeError):
        plain = False
    if not plain:
        raise NotCarried(f"its {key} is no topic, or one for everything below: {str(topic)[:200]!r}")
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


def is_set(values: Values, *keys: str) -> bool:
    """Whether the configuration has one of them."""
    return any(values.get(key) is not None for key in keys)


def number_in(values: Values, key: str, default: float) -> float:
    try:
        return float(values.get(key, default))
    except (TypeError, ValueError):
        raise NotCarried(f"its {key} is no number") from None
