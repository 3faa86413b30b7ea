"""From a seed to a verdict, all of it said as it goes."""

import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.chaos.judge import complaints
from tests.chaos.run import Struck, play, steps
from tests.chaos.schedule import Step, rounds
from tests.chaos.settling import settle
from tests.chaos.table import printed, rows
from tests.chaos.verdict import Fate, fates
from tests.chaos.world import World, world


def suite(folder: Path, seed: int, minutes: float = 0.0, only: Collection[str] | None = None) -> list[str]:
    """Play one round of faults, and more until the minutes are up; returns what is to be complained of."""
    say(f"seed {seed}; its first round:")
    for step in next(rounds(seed)):
        say(f"  {step}")
    with world(folder, seed) as chaos:
        played = list(_told(play(chaos, _chosen(steps(seed, minutes), only))))
        settle(chaos)
        found = fates(chaos)
        broken = complaints(chaos, played, found)
        _sum_up(chaos, played, found, broken)
    return broken


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _chosen(schedule: Iterator[Step], only: Collection[str] | None) -> Iterator[Step]:
    return (step for step in schedule if not only or step.kind in only)


def _told(played: Iterator[Struck]) -> Iterator[Struck]:
    for struck in played:
        say(str(struck))
        yield struck


def _sum_up(chaos: World, played: list[Struck], found: list[Fate], broken: list[str]) -> None:
    say(f"\n{printed(rows(played, found))}\n")
    for fate in found:
        say(str(fate))
    for source in chaos.sources:
        say(f"last process, {source}: {chaos.bridge.ledger(source)}")
    for done in chaos.damages:
        say(f"damage: {done}")
    for loss in chaos.bridge.losses():
        say(f"reported: {loss}")
    say(f"most memory: {chaos.memory.peak / 2**20:.0f} MB")
    for complaint in broken or ["nothing to complain of"]:
        say(f"! {complaint}" if broken else complaint)
