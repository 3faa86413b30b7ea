"""The WebSocket road and the historian as supervised actors, between a journal and an end of the line of the tests' own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from actors.address import Address
from actors.hass_connection import HassConnection
from actors.historian import Historian
from actors.journal import JournalActor
from actors.messages import Arrived, Settled, Shutdown, Tick
from actors.metrics import Metrics
from actors.supervisor import ChildSpec, Outcome, Plan, Supervisor, builder
from actors.worker import Post, Worker
from ha_bridge.adapters.hass.websocket import HassWebSocket, HassWebSocketOpener
from ha_bridge.clock import SystemClock
from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.board import Board
from ha_bridge.domain.coverage import Coverage
from ha_bridge.domain.events import Batch, Disposition, StateEvent
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.hass.history import HistoryOptions, HistoryProtocol
from ha_bridge.domain.hass.history_pace import Pace
from ha_bridge.domain.hass.protocol import HassOptions, HassProtocol
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.records import Gap
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.supervision import ChildState, Health, Intensity, Policy
from tests.memory_journal import MemoryJournal
from tests.waiting import wait_for

POLICY = Policy(Backoff(initial=0.05, factor=1, maximum=0.05, jitter=0))
TICK = 0.02
Told = tuple[str, int, str | None]


class Deaf(JournalActor):
    """While `deaf`, messages are lost."""

    deaf = False

    def handle(self, message: Any) -> None:
        if isinstance(message, Settled):
            raise TypeError(message)
        if not self.deaf:
            super().handle(message)


class Store:
    """Where everything ends. `arrived` has every event by source; it is settled at once unless `holding`."""

    def __init__(self) -> None:
        self.holding = False
        self.arrived: dict[str, list[StateEvent]] = {"ws": [], "history": []}
        self.held: list[Batch] = []
        self.largest = {"ws": 0, "history": 0}

    def told(self, source: str, entity_id: str = "") -> list[Told]:
        return [
            (event.entity_id, event.time, event.state)
            for event in list(self.arrived[source])
            if event.entity_id.startswith(entity_id)
        ]

    def everything(self, entity_id: str = "") -> list[Told]:
        """What is stored, whichever way it came, each once, in the order of time."""
        return sorted(
            {*self.told("ws", entity_id), *self.told("history", entity_id)}, key=lambda each: each[1]
        )


class End(Worker):
    """Takes what the sources send down."""

    def __init__(self, post: Post, sources: dict[str, Address], store: Store) -> None:
        super().__init__(post)
        self._sources = sources
        self._store = store

    def handle(self, message: Any) -> None:
        if isinstance(message, Settled):
            raise TypeError(message)
        if isinstance(message, Arrived):
            batch, largest = message.batch, self._store.largest
            self._store.held.append(batch)
            largest[batch.source] = max(largest[batch.source], len(batch.seqs))
        self._settle()

    def tick(self, now: float) -> None:
        del now
        self._settle()

    def _settle(self) -> None:
        held = self._store.held
        while held and not self._store.holding:
            batch = held.pop(0)
            events = [event for event in batch.events if isinstance(event, StateEvent)]
            self._store.arrived[batch.source] += events
            self._sources[batch.source].tell(Settled(batch.seqs, Disposition.WRITTEN))


class Gate:
    """Opens sockets (ports.SocketOpener) until it is shut, which cuts those that are open."""

    def __init__(self, url: str) -> None:
        self._open = HassWebSocketOpener(url)
        self._passage = threading.Event()
        self._passage.set()
        self._sockets: list[tuple[HassWebSocket, Callable[[str], None]]] = []

    def __call__(self, on_frame: Callable[[bytes], None], on_lost: Callable[[str], None]) -> HassWebSocket:
        if not self._passage.is_set():
            raise Lost("the gate is shut")
        socket = self._open(on_frame, on_lost)
        self._sockets.append((socket, on_lost))
        return socket

    def shut(self) -> None:
        self._passage.clear()
        for socket, on_lost in self._sockets:
            socket.close()
            on_lost("the gate is shut")
        self._sockets.clear()

    def open(self) -> None:
        self._passage.set()


class Roads:
    """Started at once. `record` goes from one to the next as the journal's file does from process to process."""

    def __init__(
        self,
        url: str,
        token: str,
        record: MemoryJournal | None = None,
        *,
        delay: float = 0.2,
        window: float = 600,
        most: int = 1000,
        entities: int = 50,
        subscription: Any = "entities",
        max_unsettled: int = 10_000,
        hang_after: float = 20,
    ) -> None:
        self.record = record or MemoryJournal()
        self.store = Store()
        self.coverage = Coverage()
        self.intakes = {"ws": Intake("ws", max_unsettled), "history": Intake("history", most)}
        clock = self.clock = SystemClock()
        self.board = Board("test", clock.micros())
        names = ("metrics", "journal", "end", "home_assistant", "history")
        self.addresses = {name: Address(name) for name in names}
        road, historian, end = (self.addresses[name] for name in ("home_assistant", "history", "end"))
        states, pace = States(), Pace(round(window * 1_000_000), most)
        options = HassOptions(token, subscription, ping_interval=1, ping_timeout=5)
        asking = HistoryOptions(token, entities=entities, delay=delay)
        self.gate = Gate(url)
        sources = {"ws": road, "history": historian}
        builds = {
            "metrics": builder(Metrics, self.board),
            "journal": builder(Deaf, self.record, {}, {}, road, historian),
            "end": builder(End, sources, self.store),
            "home_assistant": builder(
                HassConnection,
                self.intakes["ws"],
                end,
                self.addresses["journal"],
                self.gate,
                lambda: HassProtocol(options, states, Registry()),
                self.coverage,
                lambda: None,
            ),
            "history": builder(
                Historian,
                self.intakes["history"],
                end,
                self.addresses["journal"],
                self.gate,
                lambda: HistoryProtocol(asking, pace),
                states.entity_ids,
                delay,
            ),
        }
        rests = {"home_assistant": self.intakes["ws"], "history": self.intakes["history"]}
        policy = msgspec.structs.replace(POLICY, hang_after=hang_after)
        specs = [
            ChildSpec(self.addresses[name], build, policy, at_rest=_at_rest(rests.get(name)))
            for name, build in builds.items()
        ]
        self._outcome = Outcome()
        self._address = Address("supervisor")
        plan = Plan(specs, self.addresses["metrics"], end, Intensity(1000, 60), clock, lambda: 0.0)
        self._ref = Supervisor.start(self._address, plan, self._outcome)
        self.closed = False
        self._over = threading.Event()
        self._ticking = threading.Thread(target=self._tick)
        self._ticking.start()

    def _tick(self) -> None:
        while not self._over.wait(TICK):
            self._address.tell(Tick(self.clock.monotonic()))

    def child(self, name: str) -> Health | None:
        children = self.board.snapshot(self.clock.micros()).children
        return next((child for child in children if child.child == name), None)

    def wait_child(self, name: str, state: ChildState, restarts: int = 0) -> None:
        def so() -> bool:
            child = self.child(name)
            return child is not None and child.state is state and child.restarts >= restarts

        wait_for(so, 30, f"{name} to be {state} after {restarts} restarts")

    def wait_up(self, restarts: int = 0) -> None:
        """Until the road is up and the journal knows how far it goes."""
        self.wait_child("home_assistant", ChildState.UP, restarts)
        wait_for(lambda: self.coverage.checkpoint(None), 10, "a checkpoint")

    def wait_heard(self, *told: Told) -> None:
        wait_for(lambda: set(told) <= set(self.store.everything()), 30, f"{told}")

    def wait_closed(self, gaps: int = 1) -> Sequence[Gap]:
        """Until there have been so many gaps and all are closed."""

        def closed() -> list[Gap]:
            known = list(self.record.gaps.values())
            return known if len(known) >= gaps and all(gap.closed for gap in known) else []

        return wait_for(closed, 60, f"{gaps} closed gaps, {self.record.gaps}")

    def end_child(self, name: str) -> None:
        """Let it crash; what was in its mailbox is gone."""
        self.addresses[name].tell(Settled(7, Disposition.WRITTEN))  # type: ignore[arg-type]

    def close(self, seconds: float = 5) -> None:
        """Stop in order, or in no time."""
        self.closed = True
        self._address.tell(Shutdown(self.clock.monotonic() + seconds))
        assert self._outcome.finished.wait(20)
        self._over.set()
        self._ticking.join(5)
        wait_for(lambda: not self._ref.is_alive(), 10, "the supervisor to end")


def _at_rest(intake: Intake | None) -> Any:
    return None if intake is None else lambda: intake.at_rest
