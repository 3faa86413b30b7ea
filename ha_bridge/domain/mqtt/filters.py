"""MQTT topic filters whose wildcards may have names.

`+` stands for one level and `#` for all that follow, none included. `{device}` is a `+` and `{rest#}` a `#` whose
text is kept. A filter that begins with a wildcard matches no topic that begins with `$`. Source: MQTT 5.0, 4.7.

`$share/<group>/<filter>` asks the broker to give each message to one of the group's subscribers only; the topic that
arrives is without it. What the broker has kept need not be sent (MQTT 5.0, 4.8.2). Mosquitto 2.0 does it for 3.1.1 too.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

_CAPTURE = re.compile(r"\{([A-Za-z_]\w*)(#?)\}", re.ASCII)
_LONGEST = 65535  # bytes: MQTT writes the length in 16 bits
_DEEPEST = 200  # levels, as many as Mosquitto takes
_SHOWN = 200  # characters
_SHARED = "$share"


class FilterError(ValueError):
    """A text is no topic filter; says which and why."""


class Filter(msgspec.Struct, frozen=True):
    """`levels` as topics have them; `names` has the capture of each level, "" where there is none.

    `group` is that of a shared subscription, "" for one of our own. The text is the filter as the broker knows it.
    """

    levels: tuple[str, ...]
    names: tuple[str, ...]
    group: str = ""

    def __str__(self) -> str:
        return "/".join((_SHARED, self.group, *self.levels) if self.group else self.levels)

    def matches(self, topic: Sequence[str]) -> bool:
        """Whether the filter matches a topic, given as its levels."""
        if topic[0].startswith("$") and self.levels[0] in ("+", "#"):
            return False
        for depth, level in enumerate(self.levels):
            if level == "#":
                return True
            if depth >= len(topic) or level not in ("+", topic[depth]):
                return False
        return len(topic) == len(self.levels)

    def captures(self, topic: Sequence[str]) -> dict[str, str]:
        """What the names stand for in a topic that the filter matches."""
        return {
            name: "/".join(topic[depth:]) if self.levels[depth] == "#" else topic[depth]
            for depth, name in enumerate(self.names)
            if name
        }

    def meets(self, other: "Filter") -> bool:
        """Whether there is a topic that both filters match."""
        if never_meet(self.levels[0], other.levels[0]):
            return False
        for mine, theirs in zip(self.levels, other.levels, strict=False):
            if "#" in (mine, theirs):
                return True
            if "+" not in (mine, theirs) and mine != theirs:
                return False
        shorter, longer = sorted((self.levels, other.levels), key=len)
        return len(shorter) == len(longer) or longer[len(shorter)] == "#"


def never_meet(first: str, second: str) -> bool:
    """Whether the first levels of two filters keep them apart, one being of the topics that no wildcard begins with."""
    wildcards = ("+", "#")
    return (first.startswith("$") and second in wildcards) or (second.startswith("$") and first in wildcards)


def parse(text: str) -> Filter:
    """Read a filter; FilterError when it is none, or when a name is not a whole level or is there twice."""
    flaw = next(_flaws(text), "")
    if flaw:
        raise FilterError(f"topic {text[:_SHOWN]!r}: {flaw}")
    group, levels = _apart(text.split("/"))
    captures = [_CAPTURE.fullmatch(level) for level in levels]
    return Filter(
        levels=tuple(
            (found[2] or "+") if found else level for level, found in zip(levels, captures, strict=True)
        ),
        names=tuple(found[1] if found else "" for found in captures),
        group=group,
    )


def _apart(levels: list[str]) -> tuple[str, list[str]]:
    """The group of a shared subscription and the filter proper."""
    return (levels[1], levels[2:]) if levels[0] == _SHARED and len(levels) > 2 else ("", levels)


def _flaws(text: str) -> Iterator[str]:
    group, levels = _apart(text.split("/"))
    if not text or "\0" in text or len(text.encode(errors="replace")) > _LONGEST:
        yield f"a topic has 1 to {_LONGEST} bytes, none of them zero"
    if len(levels) > _DEEPEST:
        yield f"it has {len(levels)} levels, and brokers take {_DEEPEST} at most"
    if text.startswith(_SHARED + "/") and (not group or levels == [""] or set(group) & set("+#{}")):
        yield "a shared subscription names a group, without wildcards, and then a filter: $share/bridges/a/#"
    names = [found[1] for level in levels if (found := _CAPTURE.fullmatch(level))]
    if len(set(names)) < len(names):
        yield "each capture needs a name of its own"
    for depth, level in enumerate(levels):
        found = _CAPTURE.fullmatch(level)
        wildcard = (found[2] or "+") if found else level
        if wildcard == "#" and depth < len(levels) - 1:
            yield '"#" and {name#} stand for all that follows, so they come last'
        if not found and ("{" in level or "}" in level):
            yield "a capture stands for a whole level: {device} for one, {rest#} for all that follow"
        if wildcard not in ("+", "#") and ("+" in level or "#" in level):
            yield '"+" and "#" stand for whole levels: "a/+/b", "a/#"'
