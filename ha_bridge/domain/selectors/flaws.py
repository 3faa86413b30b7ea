"""What is wrong with selectors as they are written."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from ha_bridge.domain.selectors import comparisons, moments
from ha_bridge.domain.selectors.patterns import Patterns, is_regex, regex


class Flaw(NamedTuple):
    """`key` is the one to mend, `value` what is written there."""

    key: str
    why: str
    value: object = ""


_Judge = Callable[[str], str]


def flaws(patterns: Patterns) -> Iterator[Flaw]:
    for key, judge in _JUDGES.items():
        yield from judged(key, getattr(patterns, key), judge)


def judged(key: str, words: tuple[str, ...], judge: _Judge) -> Iterator[Flaw]:
    """The words of which a judge says that something is wrong."""
    return (Flaw(key, why, word) for word in words if (why := judge(word)))


def _entity(text: str) -> str:
    if not is_regex(text):
        return ""
    try:
        regex(text)
    except re.error as error:
        return f"this is no regular expression: {error}"
    return ""


_JUDGES: Mapping[str, _Judge] = {
    "entities": _entity,
    "attributes": comparisons.flaw,
    "times": partial(moments.flaw, moments.span),
    "weekdays": partial(moments.flaw, moments.days),
}
