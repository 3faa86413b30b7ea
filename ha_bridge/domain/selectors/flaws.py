"""What is wrong with selectors as they are written."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from ha_bridge.domain.selectors import comparisons, moments
from ha_bridge.domain.selectors.patterns import Patterns, is_pattern, is_regex, regex
from ha_bridge.domain.selectors.traits import REGISTERED

_DOMAIN = re.compile(r"[a-z0-9_]+")
ENTITY_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


class Flaw(NamedTuple):
    """`key` is the one to mend, `value` what is written there."""

    key: str
    why: str
    value: object = ""


_Judge = Callable[[str], str]


def flaws(patterns: Patterns) -> Iterator[Flaw]:
    for key, judge in _JUDGES.items():
        yield from judged(key, getattr(patterns, key), judge)
    yield from contradiction("attributes", patterns.attributes)


def contradiction(key: str, words: tuple[str, ...], *, of_state: bool = False) -> Iterator[Flaw]:
    """Comparisons of which all have to hold and never do."""
    if odd := comparisons.odd_one(words, of_state=of_state):
        why = (
            'all of these have to hold, and nothing is two things: for one of several write "~ /^(on|open)$/"'
        )
        yield Flaw(key, why, odd)


def judged(key: str, words: tuple[str, ...], judge: _Judge) -> Iterator[Flaw]:
    """The words of which a judge says that something is wrong."""
    return (Flaw(key, why, word) for word in words if (why := judge(word)))


def name(text: str) -> str:
    """What is wrong with a name, a glob or a regular expression; "" when nothing is."""
    if not is_regex(text):
        return ""
    try:
        regex(text)
    except re.error as error:
        return f"this is no regular expression: {error}"
    return ""


def _entity(text: str) -> str:
    if is_pattern(text) or ENTITY_ID.fullmatch(text):
        return name(text)
    return (
        'no entity is called so: write an entity id such as "sensor.hall", a glob, or a regex between slashes'
    )


def _domain(text: str) -> str:
    if _DOMAIN.fullmatch(text):
        return ""
    return 'no domain is called so: write such as "light"; entities and globs belong to the key entities'


_JUDGES: Mapping[str, _Judge] = {
    "domains": _domain,
    "entities": _entity,
    **dict.fromkeys(("event_types", "measurements", *REGISTERED), name),
    "attributes": comparisons.flaw,
    "times": partial(moments.flaw, moments.span),
    "weekdays": partial(moments.flaw, moments.days),
}
