"""A journal that cannot be written, or is not what was written."""

import time

from tests.chaos.faults import Fault
from tests.chaos.held import damaged
from tests.chaos.proxy import FAIR, REFUSED
from tests.waiting import wait_for

PATIENCE = 90.0
BULK_BYTES = 24_000


class DiskFull(Fault):
    """There is no room for the journal while it is needed; messages stay at the broker, states become a gap."""

    def strike(self) -> None:
        self.world.disk.fill(self.world.bridge.pid)
        self.world.legs["influxdb"].change(REFUSED)

    def mend(self) -> float:
        self.world.disk.free(self.world.bridge.pid)
        # Another moment with a disk that has room and no InfluxDB: what was stuck goes into the journal.
        self.world.hold(self.dice.uniform(0, 2))
        self.world.legs["influxdb"].change(FAIR)
        return time.monotonic()


class JournalFull(Fault):
    """So much comes while InfluxDB is away that the journal reaches its cap."""

    def strike(self) -> None:
        self.world.legs["influxdb"].change(REFUSED)
        self.world.mqtt.padding = BULK_BYTES
        wait_for(self._is_full, PATIENCE, f"the journal to be full; {self.world.bridge}")
        self.world.hold(self.dice.uniform(1, 3))

    def mend(self) -> float:
        self.world.mqtt.padding = 0
        self.world.legs["influxdb"].change(FAIR)
        return time.monotonic()

    def _is_full(self) -> bool:
        return "journal is full" in str(self.world.bridge.health())


class JournalDamaged(Fault):
    """The file is damaged while the bridge is down. What it says is lost has to be what is missing, to the point.

    So nothing is on its way when it begins, for InfluxDB may have what it has not said that it has; nor when the bridge
    is killed, for what it has not acknowledged would come again; and nothing comes from Home Assistant, which would be
    asked for it again.
    """

    def strike(self) -> None:
        world = self.world
        world.states.pause()
        world.mqtt.pause()
        world.wait_filled()
        world.wait_drained()
        world.wait_at_rest("mqtt")
        world.legs["influxdb"].change(REFUSED)
        world.mqtt.go_on()

    def mend(self) -> float:
        world = self.world
        world.mqtt.pause()
        wait_for(lambda: not world.mqtt.unanswered, PATIENCE, "the broker to have it all")
        world.wait_at_rest("mqtt")
        self._damage()
        world.legs["influxdb"].change(FAIR)
        # Damage to a payload shows when it is read.
        world.wait_drained()
        world.mqtt.go_on()
        world.states.go_on()
        return time.monotonic()

    def _damage(self) -> None:
        bridge = self.world.bridge
        self.world.look_at_dead_letters()
        self.world.memory.look()
        bridge.kill()
        self.world.damages.append(damaged(bridge.journal, self.dice, self.world.arrivals))
        bridge.start()
