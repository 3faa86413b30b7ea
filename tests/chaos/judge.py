"""What a run has to answer for. Every complaint is a promise that was broken."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.bridge import lost_points
from tests.chaos.run import Struck
from tests.chaos.verdict import Fate
from tests.chaos.world import World

MEMORY_CAP = 300 * 2**20
"""Bytes that the bridge may have resident, at its worst moment."""
MOST_LATE = 1 / 200
"""The share of the states that may be there a second time, as docs/reliability.md says of a statestream."""

MOST_NAMED = 10


def complaints(world: World, played: Sequence[Struck], fates: Sequence[Fate]) -> list[str]:
    return [
        *_unrecovered(played),
        *_lost(world, fates),
        *_twice(fates),
        *_dead(fates),
        *_unreported(world),
        *_unbalanced(world),
        *_open_gaps(world),
        *_too_large(world),
    ]


def _unrecovered(played: Sequence[Struck]) -> Iterator[str]:
    for struck in played:
        if struck.recovery is None:
            yield f"not live again: {struck.step}"


def _lost(world: World, fates: Sequence[Fate]) -> Iterator[str]:
    """What could no more be read of a damaged journal is not lost silently: that it is reported is looked at elsewhere."""
    for fate in fates:
        unreadable = {
            value
            for damage in world.damages
            for measurement, _, _, value in damage.lost[fate.sink]
            if measurement == fate.road.where
        }
        if lost := sorted(fate.lost - unreadable):
            yield f"{fate.name}: {len(lost)} lost: {_some(lost)}"


def _twice(fates: Sequence[Fate]) -> Iterator[str]:
    for fate in fates:
        if fate.road.timed and fate.twice:
            yield f"{fate.name}: {len(fate.twice)} more than once: {_some(sorted(fate.twice))}"
        if len(fate.late) > MOST_LATE * len(fate.due):
            yield f"{fate.name}: {len(fate.late)} at two times: {_some(sorted(fate.late))}"


def _dead(fates: Sequence[Fate]) -> Iterator[str]:
    """Nothing is wrong with what is no poison, so nobody may give up on it."""
    for fate in fates:
        if not fate.road.poisonous and fate.dead:
            yield f"{fate.name}: {len(fate.dead)} good ones in the dead letters: {_some(sorted(fate.dead))}"


def _unreported(world: World) -> Iterator[str]:
    """Compare what the log says is lost with what the file had before it was damaged."""
    said = world.bridge.losses()
    reported = sum(map(lost_points, said), Counter[str]())
    exactly = not any("at least" in line for line in said)
    for sink in world.arrivals:
        lost = sum(damage.lost[sink].total() for damage in world.damages)
        if lost < reported[sink] or (exactly and lost != reported[sink]):
            yield f"journal: {lost} points for {sink} cannot be read any more, {reported[sink]} were reported: {said}"


def _unbalanced(world: World) -> Iterator[str]:
    metrics = world.bridge.metrics()
    for source in world.sources:
        ledger = metrics.ledger(source)
        if not ledger.at_rest:
            yield f"the ledger of {source} does not balance: {ledger}"


def _open_gaps(world: World) -> Iterator[str]:
    if gaps := world.bridge.open_gaps():
        yield f"{len(gaps)} gaps are open: {gaps[:MOST_NAMED]}"


def _too_large(world: World) -> Iterator[str]:
    world.memory.look()
    if world.memory.peak > MEMORY_CAP:
        yield f"the bridge had {world.memory.peak / 2**20:.0f} MB resident"


def _some(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else ""
    return ", ".join(map(str, numbers[:MOST_NAMED])) + more
