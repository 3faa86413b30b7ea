"""Which fault strikes when: worked out from a seed alone, so that a run can be repeated."""

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.chaos.dice import dice_of

LEGS = ("broker", "home_assistant", "influxdb")
WEATHERS = {
    "cut": (0.0, 0.0),
    "refuse": (1.0, 3.0),
    "stall": (3.5, 5.0),
    "delay": (2.0, 3.0),
    "throttle": (2.0, 3.0),
}
"""What the network does on one of the legs, and from how many to how many seconds."""

OTHERS = {
    "kill bridge": (0.0, 2.0),
    "pause bridge": (2.0, 4.0),
    "kill home_assistant": (0.0, 2.0),
    "kill broker": (0.0, 2.0),
    "kill influxdb": (0.0, 3.0),
    "kill bridge, home_assistant away": (1.0, 2.0),
    "kill bridge, influxdb away": (6.0, 7.0),
    "kill bridge, draining": (6.0, 7.0),
    "refusals": (0.0, 0.0),
    "drop the request": (1.0, 2.0),
    "commit, drop the answer": (1.0, 2.0),
    "commit, break the answer": (1.0, 2.0),
    "commit, answer late": (3.0, 4.0),
    "Retry-After of a year": (0.0, 1.0),
    "disk full": (8.0, 10.0),
    "journal at its cap": (0.0, 0.0),
    "journal damaged": (6.0, 7.0),
    "poison": (0.5, 1.0),
}
"""All other kinds. Some last longer, until they have done what they are for."""

LATER = {"every refusal": (0.0, 0.0)}
"""Kinds that take long, from the second round on."""
LONGER = 3.0
"""From then on a fault lasts up to so many times longer."""

CALM = (0.2, 1.0)
"""Seconds of peace before a fault, so that it strikes anywhere between two batches."""


OVERLAP = 0.4
"""In the second round and after, this part of the faults that can strikes while a network is bad besides."""
ALONE = {"journal at its cap", "journal damaged", "kill bridge, home_assistant away", *WEATHERS}
"""These need all networks to do what they are for, or have one themselves."""


class Step(NamedTuple):
    """`seed` is for what the fault has to choose by itself; `besides` is the weather on another leg meanwhile."""

    kind: str
    leg: str
    calm: float
    seconds: float
    seed: int
    besides: str = ""
    besides_leg: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind} {self.leg}".strip() + (", bad network" if self.besides else "")

    def __str__(self) -> str:
        besides = f" ({self.besides} {self.besides_leg})" if self.besides else ""
        return (
            f"after {self.calm:.2f} s of peace {self.name}{besides}, {self.seconds:.2f} s, seed {self.seed}"
        )


def rounds(seed: int) -> Iterator[list[Step]]:
    """Rounds without end. Each has every kind of fault once, in an order of its own, and every leg at least once.

    From the second on they last longer, and some of them overlap.
    """
    dice = dice_of(seed)
    yield _round(dice, OTHERS)
    while True:
        yield [_overlapped(dice, _longer(dice, step)) for step in _round(dice, OTHERS | LATER)]


def _round(dice: random.Random, others: Mapping[str, tuple[float, float]]) -> list[Step]:
    legs = dice.sample(LEGS, len(LEGS))
    steps = [
        _step(dice, kind, legs[nth % len(legs)], seconds)
        for nth, (kind, seconds) in enumerate(WEATHERS.items())
    ]
    steps += [_step(dice, kind, "", seconds) for kind, seconds in others.items()]
    dice.shuffle(steps)
    return steps


def _step(dice: random.Random, kind: str, leg: str, seconds: tuple[float, float]) -> Step:
    return Step(kind, leg, dice.uniform(*CALM), dice.uniform(*seconds), dice.randrange(2**32))


def _longer(dice: random.Random, step: Step) -> Step:
    return step._replace(seconds=step.seconds * dice.uniform(1, LONGER))


def _overlapped(dice: random.Random, step: Step) -> Step:
    if step.kind in ALONE or dice.random() > OVERLAP:
        return step
    return step._replace(
        besides=dice.choice([kind for kind in WEATHERS if kind != "cut"]),
        besides_leg=dice.choice([leg for leg in LEGS if leg != "influxdb"]),
    )
