"""Which points go where, and who has answered for them."""

from collections.abc import Mapping
from typing import Any

from actors.address import Address
from actors.messages import Answered, Arrived, Flush, Reconfigure, RoadState, Shaped, Write
from actors.stage import StageWorker
from actors.worker import Post
from ha_bridge.domain.debts import Debts
from ha_bridge.domain.events import Batch, Disposition
from ha_bridge.domain.metrics import MEASUREMENT_SERIES, SERIES, SERIES_REFUSED, UNANSWERED, Samples
from ha_bridge.domain.records import Stage
from ha_bridge.domain.routing import Outlet, Points, Router
from ha_bridge.domain.supervision import ChildState
from ha_bridge.domain.suspects import Suspects

MEASUREMENTS_SHOWN = 10
"""The largest alone: their number must not grow with that of the entities."""


class Filter(StageWorker):
    """The mailbox of a Router and its Debts, both of which outlive this actor."""

    stage = Stage.FILTER

    def __init__(
        self,
        post: Post,
        sources: Mapping[str, Address],
        writers: Mapping[str, Address],
        journal: Address,
        suspects: Suspects,
        router: Router,
        debts: Debts,
        inspector: Address,
    ) -> None:
        super().__init__(post, sources, journal, suspects)
        self._writers = writers
        self._router = router
        self._debts = debts
        self._inspector = inspector
        self._shaped: dict[str, int] = {}

    def setup(self) -> None:
        super().setup()
        # What was asked of a predecessor may have died with it.
        self._renew()

    def handle(self, message: Any) -> None:
        match message:
            case Arrived():
                self.each(message.batch, self._route)
                self.settle_all(self._debts.follow(message.duplicates))
            case Answered():
                self.settle_all(
                    self._debts.answer(message.sink, message.source, message.seqs, message.disposition)
                )
            case RoadState():
                self._router.roads(self.post.clock.micros(), message.down)
            case Reconfigure():
                self._renew()
            case Flush():
                for writer in self._writers.values():
                    writer.tell(message)

    def samples(self) -> Samples:
        outlets = self._router.outlets
        return {
            UNANSWERED: {(): self._debts.open},
            SERIES: {(outlet.name,): outlet.layout.series for outlet in outlets},
            MEASUREMENT_SERIES: {
                (outlet.name, measurement): count
                for outlet in outlets
                for measurement, count in outlet.layout.largest(MEASUREMENTS_SHOWN).items()
            },
            SERIES_REFUSED: {(outlet.name,): outlet.layout.refused for outlet in outlets},
        }

    def tick(self, now: float) -> None:
        del now
        self._send(self._router.repeats(self.post.clock.micros()))
        outlets = self._router.outlets
        worries = [
            outlet.layout.worry(f"sinks.{outlet.name.partition('.')[0]}.max_series") for outlet in outlets
        ]
        reason = "; ".join(filter(None, worries))
        if reason and reason != self.reason:
            self.log.warning("many series", extra={"reason": reason})
        self.state = ChildState.DEGRADED if reason else ChildState.UP
        self.reason = reason
        for outlet in outlets:
            self._tell_shape(outlet)

    def _tell_shape(self, outlet: Outlet) -> None:
        """Tell the inspector of the fields whenever there are more."""
        outlet.layout.look_again()
        fields = outlet.layout.fields
        if self._shaped.get(outlet.name) != fields:
            self._shaped[outlet.name] = fields
            self._inspector.tell(Shaped(outlet.name, outlet.layout.shape()))

    def _route(self, batch: Batch) -> None:
        routed = self._router.route(batch)
        self._debts.owe(batch.source, routed.owing)
        self.settle(batch.source, routed.filtered, Disposition.FILTERED)
        self._send(routed.points)

    def _send(self, points: Mapping[str, Points]) -> None:
        for sink, each in points.items():
            self._writers[sink].tell(Write(each))

    def _renew(self) -> None:
        if self._router.renew():
            self.log.info("filter reloaded")
