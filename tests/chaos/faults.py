"""What can happen to a world: each fault strikes, lasts, and is mended."""

import time
from collections.abc import Mapping

from tests.chaos.dice import dice_of
from tests.chaos.link import Weather
from tests.chaos.poison import NOISE, doses, odd_states
from tests.chaos.proxy import FAIR, REFUSED, STALLED
from tests.chaos.schedule import Step
from tests.chaos.world import World
from tests.system.servers import Server

UNSAVED_SECONDS = 1.0
"""A broker that is killed has acknowledged for so long what is not on its disk yet."""


class Fault:
    """`strike`, then the step's seconds, then `mend`, which returns the moment (monotonic) from which all is well again."""

    def __init__(self, world: World, step: Step) -> None:
        self.world = world
        self.step = step
        self.dice = dice_of(step.seed)

    def strike(self) -> None:
        raise NotImplementedError

    def mend(self) -> float:
        return time.monotonic()


class Network(Fault):
    """The network of one leg goes bad."""

    WEATHERS: Mapping[str, Weather] = {
        "refuse": REFUSED,
        "stall": STALLED,
        "delay": Weather(delay=0.3),
        "throttle": Weather(rate=4000),
    }

    def strike(self) -> None:
        self.world.legs[self.step.leg].change(self.WEATHERS[self.step.kind])

    def mend(self) -> float:
        self.world.legs[self.step.leg].change(FAIR)
        return time.monotonic()


class Cut(Fault):
    def strike(self) -> None:
        self.world.legs[self.step.leg].cut()


class BridgeKilled(Fault):
    """All is well as soon as it is started again: what it takes to come up counts."""

    def strike(self) -> None:
        self.world.memory.look()
        self.world.bridge.kill()

    def mend(self) -> float:
        moment = time.monotonic()
        self.world.bridge.start()
        return moment


class BridgePaused(Fault):
    def strike(self) -> None:
        self.world.bridge.pause()

    def mend(self) -> float:
        self.world.bridge.resume()
        return time.monotonic()


class ServerKilled(Fault):
    """All is well when it serves again."""

    @property
    def server(self) -> Server:
        servers: dict[str, Server] = {
            "kill home_assistant": self.world.hass,
            "kill broker": self.world.broker,
            "kill influxdb": self.world.influxdb,
        }
        return servers[self.step.kind]

    def strike(self) -> None:
        self.server.kill()
        if self.server is self.world.broker:
            for book in self.world.mqtt.books:
                book.doubt(time.monotonic() - UNSAVED_SECONDS)

    def mend(self) -> float:
        self.server.start()
        return time.monotonic()


class BridgeKilledAlone(Fault):
    """The bridge is killed and started again while a leg is down, which comes back later."""

    LEGS: Mapping[str, str] = {
        "kill bridge, home_assistant away": "home_assistant",
        "kill bridge, influxdb away": "influxdb",
    }

    def strike(self) -> None:
        self.leg = self.world.legs[self.LEGS[self.step.kind]]
        self.leg.change(REFUSED)

    def mend(self) -> float:
        self.world.memory.look()
        self.world.bridge.kill()
        self.world.bridge.start()
        self.world.hold(self.dice.uniform(0, 2))
        self.leg.change(FAIR)
        return time.monotonic()


class BridgeKilledDraining(Fault):
    """InfluxDB was away and is back, and the bridge is killed while it delivers what it had kept."""

    def strike(self) -> None:
        self.world.legs["influxdb"].change(REFUSED)

    def mend(self) -> float:
        self.world.legs["influxdb"].change(FAIR)
        self.world.hold(self.dice.uniform(0, 0.5))
        self.world.memory.look()
        self.world.bridge.kill()
        moment = time.monotonic()
        self.world.bridge.start()
        return moment


class Poisoned(Fault):
    """Every kind of poison comes on both roads, between what is good."""

    def strike(self) -> None:
        world = self.world
        pieces, texts = doses(world.poisonous, self.dice), odd_states(world.poisonous)
        world.poisonous += len(pieces)
        for poison in pieces:
            world.mqtt.add(poison)
        for number, text in texts:
            world.states.add(number, text)
        for text in NOISE:
            world.states.add(0, text)
