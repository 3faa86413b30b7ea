"""Vacuum cleaners and lawn mowers."""

from collections.abc import Callable
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values, texts
from ha_bridge.domain.mqtt.discovery.kinds.words import words
from ha_bridge.domain.mqtt.discovery.reading import UNKNOWN, Carried, Source, Told, Topics, topic_of
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.routes import Names

ACTIVITIES = ("idle", "docked", "error", "paused", "returning", "cleaning")
MOWING = ("error", "paused", "mowing", "docked", "returning")


def vacuum(values: Values, _names: Names) -> Carried:
    has_speed = "fan_speed" in texts(values.get("supported_features"))
    told = _with_speed() if has_speed else _activity
    facts = {"fan_speed_list": texts(values.get("fan_speed_list"))} if has_speed else {}
    source = Source(topic_of(values, "state_topic"), None, lambda text: told(Payload(text).document))
    return Carried([source], facts, {"fan_speed": None} if has_speed else {})


def lawn_mower(values: Values, _names: Names) -> Carried:
    topics, state = Topics(values), words({activity: activity for activity in MOWING})
    topics.state(
        "activity_state_topic",
        lambda text: Told(UNKNOWN if text.lower() == "none" else state(text)),
        "activity_value_template",
    )
    return topics.carried({})


def _activity(document: Any) -> Told:
    if not isinstance(document, dict):
        return Told()
    word = document.get("state", "")
    return Told(UNKNOWN if word is None else word if word in ACTIVITIES else None)


def _with_speed() -> Callable[[Any], Told]:
    """A vacuum that tells its speed, which is 0 until it first does."""
    speed: dict[str, Any] = {"fan_speed": 0}

    def told(document: Any) -> Told:
        if not isinstance(document, dict):
            return Told()
        speed.update({name: document[name] for name in speed if name in document})
        return Told(_activity(document).state, speed.copy())

    return told
