"""What the servers hold already, and whether what is written fits in."""

from collections.abc import Mapping, Sequence
from typing import Any

from actors.messages import Shaped
from actors.worker import Post, Worker
from ha_bridge.domain.failures import Refused
from ha_bridge.domain.inspection import Inspection
from ha_bridge.domain.ports import Inventory
from ha_bridge.domain.supervision import ChildState

SAID = 3


class Inspector(Worker):
    """The mailbox of the sinks' inspections, which outlive this actor. It asks the servers, one question a tick, and nobody waits for it."""

    def __init__(
        self, post: Post, inventories: Mapping[str, Inventory], inspections: Mapping[str, Inspection]
    ) -> None:
        super().__init__(post)
        self._inventories = inventories
        self._inspections = inspections

    def setup(self) -> None:
        self._say()

    def handle(self, message: Any) -> None:
        match message:
            case Shaped() if message.sink in self._inspections:
                self._inspections[message.sink].shaped(message.fields, self.post.clock.monotonic())

    def tick(self, now: float) -> None:
        for sink, inspection in self._inspections.items():
            if measurements := inspection.question(now):
                self._ask(sink, inspection, measurements, now)
                return

    def _ask(self, sink: str, inspection: Inspection, measurements: Sequence[str], now: float) -> None:
        before, untold = inspection.found, inspection.untold
        try:
            with self.post.call:
                held = self._inventories[sink].held(measurements)
            inspection.answered(held)
        except Refused as error:
            inspection.failed(now, str(error))
            if inspection.untold != untold:
                self.log.warning("types not told", extra={"sink": sink, "reason": inspection.untold})
        except Exception as error:  # noqa: BLE001 - a server that is away is no trouble of the inspector's
            self.log.debug("types not told yet", extra={"sink": sink, "reason": str(error)})
            inspection.failed(now)
        for finding in (each for each in inspection.found if each not in before):
            self.log.warning("types differ", extra={"sink": sink, "reason": finding})
        self._say()

    def _say(self) -> None:
        """A server that does not tell is no reason to be degraded: all is written."""
        found = [finding for inspection in self._inspections.values() for finding in inspection.found]
        more = [f"and {len(found) - SAID} more"] if len(found) > SAID else []
        untold = [f"types not checked: {each.untold}" for each in self._inspections.values() if each.untold]
        self.reason = "; ".join(found[:SAID] + more + untold[:SAID])
        self.state = ChildState.DEGRADED if found else ChildState.UP
