"""Damage to a file that nobody has open."""

import random
from pathlib import Path


def flip_bits(file: Path, dice: random.Random, flips: int) -> None:
    with file.open("r+b") as content:
        size = file.stat().st_size
        for _ in range(flips):
            place = dice.randrange(size)
            content.seek(place)
            (byte,) = content.read(1)
            content.seek(place)
            content.write(bytes([byte ^ 1 << dice.randrange(8)]))


def cut_off(file: Path, dice: random.Random) -> None:
    """Leave a part of it, from none to nearly all."""
    with file.open("r+b") as content:
        content.truncate(dice.randrange(file.stat().st_size))


def damage(journal: Path, dice: random.Random) -> str:
    """Damage a journal or its write-ahead log; returns what was done."""
    files = [file for file in (journal, Path(f"{journal}-wal")) if file.exists() and file.stat().st_size]
    file = dice.choice(files)
    if dice.random() < 0.7:
        flips = dice.choice((1, 10, 100))
        flip_bits(file, dice, flips)
        return f"{flips} bits of {file.name}"
    cut_off(file, dice)
    return f"{file.name} cut off"
