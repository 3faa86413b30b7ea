"""How long data live: what is declared, what a server has, and the steps from the one to the other.

A sink has places. InfluxDB lets a whole place expire and nothing less (a retention policy in 1.x, a bucket in 2.x), so
what is to live longer or shorter than the rest has a place of its own, and so have summaries.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

FOREVER = 0
"""The life of what is never deleted, in seconds, as every InfluxDB writes it."""

BRIDGES = "ha_bridge."
"""How the names of all samplings begin that a bridge has made, followed by its sink's name and a point."""

OWN = ""
"""The place that the sink itself names; all others have names within it."""


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """The server's own standing order to summarise each window of `every` seconds of one place in another.

    `name` tells all the rest, so that two of one name are the same whatever a server makes of their text.
    """

    name: str
    source: str
    target: str
    every: int
    fields: tuple[str, ...]


class Wanted(msgspec.Struct, frozen=True):
    """Lives in seconds by place; a place that is not named is left as it is. All samplings there shall be."""

    lives: Mapping[str, int] = {}
    samplings: tuple[Sampling, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """The places that are there, with their lives in seconds, and the samplings that are ours by name.

    `others`: samplings that a bridge has made, for a sink that is called otherwise.
    """

    lives: Mapping[str, int] = {}
    samplings: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


class Labels(msgspec.Struct, frozen=True):
    """How the points of an entity are told from all others; `measurement` is "" where that does not tell."""

    measurement: str
    tags: Mapping[str, str]


class Make(msgspec.Struct, frozen=True, tag=True):
    place: str
    life: int


class Alter(msgspec.Struct, frozen=True, tag=True):
    """`was`: the life before."""

    place: str
    was: int
    life: int


class Sample(msgspec.Struct, frozen=True, tag=True):
    """Summarise what is there already, then go on with what comes."""

    sampling: Sampling


class Unsample(msgspec.Struct, frozen=True, tag=True):
    """Summaries that are there stay there."""

    name: str


Step = Make | Alter | Sample | Unsample


def deletes(step: Step) -> bool:
    """Tell whether data go with this step: only where a life becomes shorter."""
    return isinstance(step, Alter) and _shorter(step.life, step.was)


def steps(wanted: Wanted, found: Found) -> list[Step]:
    """What to do, in this order: nothing is summarised into a place that is missing, nor deleted before it is summarised."""
    changed = [
        Alter(place, found.lives[place], life)
        for place, life in wanted.lives.items()
        if found.lives.get(place, life) != life
    ]
    names = {each.name for each in wanted.samplings}
    return [
        *(Make(place, life) for place, life in wanted.lives.items() if place not in found.lives),
        *(step for step in changed if not deletes(step)),
        *(Unsample(name) for name in sorted(found.samplings - names)),
        *(Sample(each) for each in wanted.samplings if each.name not in found.samplings),
        *(step for step in changed if deletes(step)),
    ]


def after(found: Found, done: Iterable[Step]) -> Found:
    """What is there when these steps have been carried out."""
    lives, samplings = dict(found.lives), set(found.samplings)
    for step in done:
        match step:
            case Make(place, life) | Alter(place, _, life):
                lives[place] = life
            case Sample(sampling):
                samplings.add(sampling.name)
            case _:
                samplings.discard(step.name)
    return Found(lives, frozenset(samplings), found.others)


def sorted_out(names: Iterable[str], mark: str) -> tuple[frozenset[str], frozenset[str]]:
    """Tell the samplings that begin with the mark, and the others that bridges have made, from all the rest."""
    found = frozenset(names)
    ours = frozenset(name for name in found if name.startswith(mark))
    return ours, frozenset(name for name in found - ours if name.startswith(BRIDGES))


def beginning(now: int, every: int, source: int, target: int) -> int:
    """When the first window begins that is all there and that is still taken, by the lives of the two places; all in seconds.

    A window of which a part has gone would be summarised wrongly, and perhaps over a summary of the whole of it.
    """
    whole = -((source - now) // every) * every if source != FOREVER else 0
    taken = (now - target) // every * every + 2 * every if target != FOREVER else 0
    return max(whole, taken, 0)


def spans(start: int, end: int, longest: int, every: int) -> Iterator[tuple[int, int]]:
    """Cut the whole windows of `every` between two times into spans of at most about `longest`; all in seconds."""
    longest = max(longest - longest % every, every)
    start -= start % every
    end -= end % every
    while start < end:
        yield start, min(start + longest, end)
        start += longest


def _shorter(one: int, other: int) -> bool:
    return one != FOREVER and (other == FOREVER or one < other)
