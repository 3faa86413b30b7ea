"""What rules cost an event of a known entity: `python -m benchmarks.rules`.

Ratios of CPU times of the filter within one run, against the filter without rules. Of ten entities one changes its
attributes with each state, so that its rules are asked of it again each time.
"""

from collections.abc import Callable, Sequence

from benchmarks.feeder import Mode, Stream
from benchmarks.line import Line
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.rules import Match, Rule, Rules
from ha_bridge.unit_conversion import conversion

ENTITIES = 1_000
FRAMES = 4
BATCHES = 40
ROUNDS = 5
MODE = Mode("entities", coalesced=True)

Make = Callable[[], Sequence[Rule]]


def elsewhere(number: int) -> list[Rule]:
    """Rules about entities that never come."""
    return [Rule(match=Match(entities=(f"sensor.excluded_{each}_*",)), drop=True) for each in range(number)]


def by_class(number: int) -> list[Rule]:
    """Rules about device classes that no entity has, which have to be asked of all attributes."""
    return [Rule(match=Match(device_classes=(f"none_{each}",)), drop=True) for each in range(number)]


RULES: dict[str, Make] = {
    "1 about others": lambda: elsewhere(1),
    "100 about others": lambda: elsewhere(100),
    "1000 about others": lambda: elsewhere(1000),
    "100 by device class": lambda: by_class(100),
    "round": lambda: [Rule(round=0)],
    "round, 100 about others": lambda: [Rule(round=0), *elsewhere(99)],
    "deadband and rate limit": lambda: [Rule(deadband=0.1, rate_limit=0.001)],
    "convert": lambda: [Rule(convert="°F")],
    "heartbeat": lambda: [Rule(heartbeat=600)],
    "only at night": lambda: [Rule(match=Match(times=("22:00-06:00",)), round=0)],
    "100 at night": lambda: [Rule(match=Match(times=("22:00-06:00",)), set_tags={"night": "yes"})] * 100,
    "100 by state": lambda: [
        Rule(match=Match(state=(f"> {limit}",)), round=0) for limit in range(1000, 1100)
    ],
}


def main() -> None:
    bare = cost(None)
    print(f"{'the filter without rules':28}{bare:8.2f} µs an event")
    for name, make in RULES.items():
        print(f"{name:28}{cost(make) / bare:8.2f} times that", flush=True)


def cost(make: Make | None) -> float:
    """Microseconds of CPU time of the filter for each event, of the quickest round."""
    return min(one_round(make) for _ in range(ROUNDS))


def one_round(make: Make | None) -> float:
    rules = Rules(make(), Registry(), None, conversion) if make else None
    line, stream = Line(MODE, entities=ENTITIES, rules=rules), Stream(MODE, entities=ENTITIES)
    while line.events < ENTITIES:
        line.carry(stream.batch(FRAMES))
    line.seconds.clear()
    known = line.events
    for _ in range(BATCHES):
        line.carry(stream.batch(FRAMES))
    return line.seconds["filter: route"] / (line.events - known) * 1e6


if __name__ == "__main__":
    main()
