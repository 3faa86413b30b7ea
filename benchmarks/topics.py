"""What finding a topic's route costs among few and among many routes: `python -m benchmarks.topics`.

A topic is looked up once and its lane remembered, so this is what a topic that has not been heard of costs.
"""

import time

from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.mqtt.topics import Topics

FEW, MANY = 10, 1000
LOOK_UPS = 20_000
ROUNDS = 5


def main() -> None:
    costs = {number: cost(number) for number in (FEW, MANY)}
    for number, seconds in costs.items():
        print(f"{number:6} routes {seconds * 1e6:8.2f} µs per topic")
    print(f"ratio {costs[MANY] / costs[FEW]:.2f}")


def cost(number: int) -> float:
    """Seconds per look-up among so many routes, from the quickest round."""
    topics = Topics([route(each) for each in range(number)])
    return min(one_round(topics) for _ in range(ROUNDS))


def route(number: int) -> Route:
    """Every other route has a wildcard before what tells it from the others."""
    return Route(f"plant/{{line}}/m{number}/#" if number % 2 else f"home/room{number}/{{sensor}}", "value")


def one_round(topics: Topics) -> float:
    asked = [f"plant/line{n}/m1/a/b" if n % 2 else f"home/room2/sensor{n}" for n in range(LOOK_UPS)]
    begun = time.thread_time()
    for topic in asked:
        topics.match(topic)
    return (time.thread_time() - begun) / LOOK_UPS


if __name__ == "__main__":
    main()
