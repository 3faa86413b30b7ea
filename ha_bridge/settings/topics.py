"""The rules for MQTT topic filters, and for the named captures that a route's topic may have.

A capture takes the place of a whole level: `{device}` is one level like `+`, `{rest#}` all that follow like `#`.
"""

import re
from collections import Counter

_CAPTURE = re.compile(r"\{([A-Za-z_]\w*)(#?)\}")
_USED = re.compile(r"\{([^{}]*)\}")
_ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_LONGEST = 65535  # MQTT writes the length in 16 bits


def filter_flaw(topic: str) -> str:
    """Say why MQTT does not allow a topic filter; empty where it does."""
    levels = topic.split("/")
    if not topic or "\0" in topic or len(topic.encode()) > _LONGEST:
        return f"a topic has 1 to {_LONGEST} bytes, none of them zero"
    if "#" in "".join(levels[:-1]) or levels[-1] not in {"#", levels[-1].replace("#", "")}:
        return '"#" stands alone, as the last level: "a/b/#"'
    if any("+" in level and level != "+" for level in levels):
        return '"+" stands for a whole level: "a/+/b"'
    return ""


def route_flaw(topic: str) -> str:
    """Say what is wrong with a topic that may have captures; empty where nothing is."""
    levels = topic.split("/")
    if any(("{" in level or "}" in level) and not _CAPTURE.fullmatch(level) for level in levels):
        return 'a capture stands for whole levels: "{device}" for one, "{rest#}" for all that follow'
    twice = [name for name, count in Counter(captures(topic)).items() if count > 1]
    if twice:
        return f"each capture needs a name of its own, and {{{twice[0]}}} is there twice"
    return filter_flaw("/".join(_CAPTURE.sub(lambda found: found[2] or "+", level) for level in levels))


def captures(topic: str) -> list[str]:
    return [name for name, _ in _CAPTURE.findall(topic)]


def entity_flaw(entity: str, topic: str) -> str:
    """Say why a template makes no entity id from a topic's captures; empty where it does."""
    known = captures(topic)
    unknown = [name for name in _USED.findall(entity) if name not in known]
    if unknown:
        have = ", ".join(f"{{{name}}}" for name in known) or "no captures"
        return f"{{{unknown[0]}}} is not in the topic, which has {have}"
    if not _ENTITY.fullmatch(_USED.sub("x", entity)):
        return 'an entity id is written domain.name: "sensor.{device}_temperature"'
    return ""
