"""Chance that can be had again."""

import random


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - nothing here is a secret
