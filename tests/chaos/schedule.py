"""Which fault strikes when: worked out from a seed alone, so that a run can be repeated."""

import random
from collections.abc import Iterator
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

CALM = (0.2, 1.0)
"""Seconds of peace before a fault, so that it strikes anywhere between two batches."""


class Step(NamedTuple):
    """`seed` is for what the fault has to choose by itself."""

    kind: str
    leg: str
    calm: float
    seconds: float
    seed: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.leg}".strip()

    def __str__(self) -> str:
        return f"after {self.calm:.2f} s of peace {self.name}, {self.seconds:.2f} s, seed {self.seed}"


def rounds(seed: int) -> Iterator[list[Step]]:
    """Rounds without end. Each has every kind of fault once, in an order of its own, and every leg at least once."""
    dice = dice_of(seed)
    while True:
        yield _round(dice)


def _round(dice: random.Random) -> list[Step]:
    legs = dice.sample(LEGS, len(LEGS))
    steps = [
        _step(dice, kind, legs[nth % len(legs)], seconds)
        for nth, (kind, seconds) in enumerate(WEATHERS.items())
    ]
    steps += [_step(dice, kind, "", seconds) for kind, seconds in OTHERS.items()]
    dice.shuffle(steps)
    return steps


def _step(dice: random.Random, kind: str, leg: str, seconds: tuple[float, float]) -> Step:
    return Step(kind, leg, dice.uniform(*CALM), dice.uniform(*seconds), dice.randrange(2**32))
