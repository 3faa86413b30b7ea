"""One copy of what two roads say."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from ha_bridge.domain.events import Batch, BusEvent, Event, Reading, StateEvent, Unreadable
from ha_bridge.domain.generations import Generations
from ha_bridge.domain.twins import Carrier, Claim, Claims, Key

HELD: Carrier = ("held", -1)
STALE: Carrier = ("stale", -1)
UNREADABLE: Carrier = ("unreadable", -1)

LATE = 600.0
"""Seconds by which an untimed message may come after its twin: a broker that was away, a bridge that was stopped."""


class Duplicate(msgspec.Struct, frozen=True, gc=False):
    """What `carrier` brought had already been brought by `first`: it is settled when that one is."""

    carrier: Carrier
    first: Carrier


class Sifted(msgspec.Struct, frozen=True):
    """What goes on, what shares another's fate, and which of the batch are no news at all, or no events."""

    batch: Batch
    duplicates: Sequence[Duplicate]
    stale: Sequence[int]
    unreadable: Sequence[tuple[int, Unreadable]] = ()


class Deduplicator:
    """Remembers who brought what first. The same carrier again is a re-send and passes; another is a duplicate.

    Events with HA's own time are known by (entity, time). A message without one waits `settle` seconds for its twin
    from the other road, while that road is up, and is told from it by (entity, value) within `window` seconds, or up to
    LATE seconds after it.
    `size` bounds each memory. `twins` off spares the bookkeeping where no road is without times.
    """

    def __init__(self, *, window: float, settle: float, size: int, twins: bool) -> None:
        self._window = round(window * 1_000_000)
        self._settle = settle
        self._late = round(LATE * 1_000_000)
        self._twins = twins
        self._seen: Generations[tuple[object, ...], Carrier] = Generations(size)
        self._fates: Generations[Carrier, Carrier] = Generations(size)
        self._timed = Claims(size)
        self._passed = Claims(size)
        self._held: Claims = Claims(2**62)
        self._road_up = False

    @property
    def held(self) -> int:
        return self._held.open

    @property
    def remembered(self) -> int:
        return len(self._seen)

    def road(self, *, up: bool) -> None:
        """Whether the road that has times is up; nobody waits for it while it is not (see `due`)."""
        self._road_up = up

    def sift(self, batch: Batch, now: float) -> Sifted:
        """Sort a batch; `now` in monotonic seconds."""
        seqs: list[int] = []
        events: list[Event] = []
        duplicates: list[Duplicate] = []
        stale: list[int] = []
        unreadable: list[tuple[int, Unreadable]] = []
        source = batch.source
        if batch.replayed:
            self._adopt(batch)
        for seq, event in zip(batch.seqs, batch.events, strict=True):
            carrier = (source, seq)
            first = self._first(carrier, event, now, duplicates)
            if first is carrier or first == carrier:
                seqs.append(seq)
                events.append(event)
            elif first is STALE:
                stale.append(seq)
            elif isinstance(event, Unreadable):
                unreadable.append((seq, event))
            elif first is not HELD:
                duplicates.append(Duplicate(carrier, first))
        passed = msgspec.structs.replace(batch, seqs=seqs, events=events)
        return Sifted(passed, duplicates, stale, unreadable)

    def due(self, now: float) -> list[Batch]:
        """The events that have waited long enough for a twin, a batch for each source."""
        self._timed.expire(now - LATE)
        waited = self._held.expire(now - self._settle if self._road_up else float("inf"))
        by_source: dict[str, list[Claim]] = defaultdict(list)
        for claim in waited:
            self._pass(claim)
            by_source[claim.carrier[0]].append(claim)
        return [
            Batch(source, [claim.carrier[1] for claim in claims], [claim.event for claim in claims])
            for source, claims in by_source.items()
        ]

    def release(self) -> list[Batch]:
        """Everything held, now: the bridge is stopping."""
        up, self._road_up = self._road_up, False
        batches = self.due(float("-inf"))
        self._road_up = up
        return batches

    def _adopt(self, batch: Batch) -> None:
        """Tried again after it was given up: whoever brings it now is its first carrier."""
        for seq, event in zip(batch.seqs, batch.events, strict=True):
            carrier = (batch.source, seq)
            self._fates.put(carrier, carrier)
            if isinstance(event, StateEvent):
                self._seen.put((event.entity_id, event.time), carrier)
            elif isinstance(event, BusEvent):
                self._seen.put((event.event_type, event.time, event.context), carrier)

    def _first(self, carrier: Carrier, event: Event, now: float, duplicates: list[Duplicate]) -> Carrier:
        if isinstance(event, StateEvent):
            return self._first_state(carrier, event, now, duplicates)
        if isinstance(event, BusEvent):
            identity = (event.event_type, event.time, event.context)
            if event.timed:
                return self._first_timed(identity, carrier, event, now, duplicates)
            return self._first_untimed(carrier, event, now)
        if isinstance(event, Reading):
            return STALE if event.retained else carrier
        return UNREADABLE

    def _first_state(
        self, carrier: Carrier, event: StateEvent, now: float, duplicates: list[Duplicate]
    ) -> Carrier:
        if event.retained:
            return STALE
        if event.timed:
            return self._first_timed((event.entity_id, event.time), carrier, event, now, duplicates)
        return carrier if event.state is None else self._first_untimed(carrier, event, now)

    def _first_timed(
        self,
        identity: tuple[object, ...],
        carrier: Carrier,
        event: Event,
        now: float,
        duplicates: list[Duplicate],
    ) -> Carrier:
        first = self._seen.setdefault(identity, carrier)
        if self._twins and first is carrier:
            first = self._twin_of_timed(carrier, event, now, duplicates)
            if first is not carrier:
                self._seen.put(identity, first)
        return first

    def _twin_of_timed(
        self, carrier: Carrier, event: Event, now: float, duplicates: list[Duplicate]
    ) -> Carrier:
        key = _key(event)
        held = self._held.take(key, *self._around(event))
        if held is not None:
            self._fates.put(held.carrier, carrier)
            duplicates.append(Duplicate(held.carrier, carrier))
            return carrier
        passed = self._passed.take(key, *self._around(event))
        if passed is not None:
            return passed.carrier
        self._timed.add(Claim(key, event.time, carrier, event, now))
        return carrier

    def _first_untimed(self, carrier: Carrier, event: Event, now: float) -> Carrier:
        first = self._fates.get(carrier)
        if first is not None:
            return first
        key = _key(event)
        earliest, latest = self._around(event)
        # While the road with times is up it says everything in time: then the late one is the message.
        twin = self._timed.take(key, event.time - self._late if self._road_up else earliest, latest)
        if twin is not None:
            self._fates.put(carrier, twin.carrier)
            return twin.carrier
        claim = Claim(key, event.time, carrier, event, now)
        if self._road_up:
            self._fates.put(carrier, HELD)
            self._held.add(claim)
            return HELD
        return self._pass(claim)

    def _around(self, event: Event) -> tuple[int, int]:
        return event.time - self._window, event.time + self._window

    def _pass(self, claim: Claim) -> Carrier:
        self._fates.put(claim.carrier, claim.carrier)
        self._passed.add(claim)
        return claim.carrier


def _key(event: Event) -> Key:
    if isinstance(event, StateEvent):
        if event.entity_id.startswith("event.") and (event.state or "")[:1].isdigit():
            return event.entity_id, ""  # the state is the time at which each road has heard of it
        return event.entity_id, event.state
    assert isinstance(event, BusEvent)  # noqa: S101 - the only other kind that can have a twin
    return event.event_type, msgspec.json.encode(event.data, order="deterministic").decode()
