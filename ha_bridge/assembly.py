"""The composition root: settings become domain objects and adapters, and those become actors."""

import random
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from actors.address import Address
from actors.batch_writer import BatchWriter
from actors.deduplicator import DeduplicatorActor
from actors.filter import Filter
from actors.hass_connection import HassConnection
from actors.historian import Historian
from actors.inspector import Inspector
from actors.journal import JournalActor
from actors.messages import Reconfigure
from actors.metrics import Metrics
from actors.mqtt_connection import MqttConnection
from actors.supervisor import ChildSpec, Plan, builder
from actors.web_server import WebServer
from ha_bridge import reach, shapes
from ha_bridge.adapters.hass import registry_file
from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.adapters.mqtt import subscription_file
from ha_bridge.domain.backoff import Backoff
from ha_bridge.domain.batcher import Batcher
from ha_bridge.domain.board import Board
from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.circuit import Circuit
from ha_bridge.domain.coverage import Coverage
from ha_bridge.domain.debts import Debts
from ha_bridge.domain.dedup import Deduplicator
from ha_bridge.domain.events import HISTORY, MQTT
from ha_bridge.domain.events import HOME_ASSISTANT as HASS
from ha_bridge.domain.hass.history import HistoryProtocol
from ha_bridge.domain.hass.history_pace import Pace
from ha_bridge.domain.hass.protocol import HassProtocol
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.inspection import Inspection
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.ports import Clock
from ha_bridge.domain.registry import Registry
from ha_bridge.domain.routing import Outlet, Router, Routing
from ha_bridge.domain.rules import Aliases, Rules
from ha_bridge.domain.supervision import Intensity, Policy
from ha_bridge.domain.suspects import Suspects
from ha_bridge.domain.upkeep import Upkeep
from ha_bridge.domain.writer import Writer
from ha_bridge.places import Place, places
from ha_bridge.settings import InfluxdbSinkSettings, Settings

JOURNAL_TIMEOUT = 5.0
"""Seconds after which a call of the journal gives up on an earlier one."""

SPARE = 5.0
"""Seconds on top of a blocking call's own timeout before its actor counts as hung."""


class Assembly:
    """Builds the parts of a bridge. What is made here outlives every restart of an actor."""

    def __init__(self, settings: Settings, clock: Clock, board: Board) -> None:
        self.settings = settings
        self.clock = clock
        self.board = board
        self.metrics = Address("metrics")
        self.deduplicator = Address("deduplicator")
        self.filter = Address("filter")
        self.journal = Address("journal")
        self.inspector = Address("inspector")
        self.states = States()
        self.registry = Registry()
        self._registry_file = registry_file.beside(settings.journal.path, self.registry)
        self._routed = settings
        self._routing = routing(settings, self.registry)
        self.router = Router(self._routing, self.states.latest)
        self.sources = {name: Address(name) for name in _roads(settings)}
        if HASS in self.sources:
            self._registry_file.load()
        self.places = places(settings)
        self.writers = {name: Address(f"writer.{name}") for name in self.places}

    def plan(self) -> Plan:
        """The children in the order of their start."""
        children = [
            ChildSpec(self.metrics, builder(Metrics, self.board), self._policy()),
            *self._web(),
            *self._inspector(),  # stopped late, because it may be waiting for a server
            self._journal(),
            *(self._writer(name, bit) for name, bit in bits(self.settings).items()),
            self._filter(),
            self._deduplicator(),
            *(self._source(name) for name in self.sources),
        ]
        wanted = self.settings.supervisor
        return Plan(
            children,
            self.metrics,
            self.deduplicator,
            Intensity(wanted.max_restarts, wanted.restart_period),
            self.clock,
            random.random,
        )

    def reroute(self, settings: Settings) -> None:
        """Let the filter of a running bridge go by these settings, from its next batch on.

        What they leave as it is keeps what it remembers.
        """
        before = self._routed
        same = (before.filter.time_zone, before.rules) == (settings.filter.time_zone, settings.rules)
        wanted = routing(settings, self.registry, self._routing.rules if same else None)
        if same and before.sinks == settings.sinks:
            wanted = replace(wanted, outlets=self._routing.outlets)
        self._routed, self._routing = settings, wanted
        self.router.ask_for(self._routing)
        self.filter.tell(Reconfigure())

    def _policy(self, blocks_for: float = 0.0) -> Policy:
        wanted = self.settings.supervisor
        return Policy(
            Backoff(wanted.backoff_initial, wanted.backoff_factor, wanted.backoff_max, wanted.backoff_jitter),
            healthy_after=wanted.healthy_after,
            hang_after=wanted.hang_after,
            hang_in_call=max(wanted.hang_after, blocks_for + SPARE),
        )

    def _web(self) -> list[ChildSpec]:
        if not self.settings.web.enabled:
            return []
        web = builder(WebServer, reach.web_server(self.settings.web, self.board, self.clock))
        return [ChildSpec(Address("web"), web, self._policy())]

    def _journal(self) -> ChildSpec:
        wanted = self.settings.journal
        journal = SqliteJournal(Path(wanted.path), wanted.max_bytes, wanted.dead_letters)
        build = builder(
            JournalActor,
            journal,
            self.sources,
            self.writers,
            self._source_address(HASS),
            self._source_address(HISTORY),
        )
        return ChildSpec(self.journal, build, self._policy(JOURNAL_TIMEOUT))

    def _writer(self, name: str, bit: int) -> ChildSpec:
        batch, place = self.settings.batch, self.places[name]
        sink = reach.sink(place)
        writer = Writer(
            name,
            sink,
            Batcher(batch.size, batch.interval),
            Circuit(Backoff(batch.retry_initial, 2.0, batch.retry_max, 0.2)),
            self.clock,
            random.random,
        )
        blocks_for = getattr(place.sink, "timeout", 0.0)
        upkeep = Upkeep(reach.upkeep(sink))
        build = builder(BatchWriter, name, bit, self.filter, self.journal, writer, upkeep)
        return ChildSpec(self.writers[name], build, self._policy(blocks_for))

    def _inspector(self) -> list[ChildSpec]:
        servers = {
            name: (place.owner, place.sink)
            for name, place in self.places.items()
            if isinstance(place.sink, InfluxdbSinkSettings)
        }
        if not servers:
            return []
        inventories = {name: reach.inventory(owner, sink) for name, (owner, sink) in servers.items()}
        build = builder(
            Inspector, inventories, {name: Inspection(owner) for name, (owner, _) in servers.items()}
        )
        blocks_for = 2 * max(sink.timeout for _, sink in servers.values())
        return [ChildSpec(self.inspector, build, self._policy(blocks_for))]

    def _filter(self) -> ChildSpec:
        build = builder(
            Filter, self.sources, self.writers, self.journal, Suspects(), self.router, Debts(), self.inspector
        )
        return ChildSpec(self.filter, build, self._policy())

    def _deduplicator(self) -> ChildSpec:
        wanted = self.settings.dedup
        both = {HASS, MQTT} <= self.sources.keys()
        memory = Deduplicator(window=wanted.window, settle=wanted.settle, size=wanted.size, twins=both)
        build = builder(DeduplicatorActor, self.sources, self.filter, self.journal, Suspects(), memory)
        return ChildSpec(self.deduplicator, build, self._policy())

    def _source(self, name: str) -> ChildSpec:
        return {HASS: self._hass, MQTT: self._mqtt, HISTORY: self._history}[name]()

    def _source_address(self, name: str) -> Address:
        """Where the source of that name is, or would be."""
        return self.sources.get(name, Address(name))

    def _hass(self) -> ChildSpec:
        wanted = self.settings.home_assistant
        intake = Intake(HASS, wanted.max_unsettled)
        options = reach.hass_options(wanted)
        build = builder(
            HassConnection,
            intake,
            self.deduplicator,
            self.journal,
            reach.hass_socket(wanted),
            lambda: HassProtocol(options, self.states, self.registry),
            Coverage(),
            self._registry_file.keep,
        )
        policy = self._policy(wanted.timeout)
        return ChildSpec(self.sources[HASS], build, policy, at_rest=lambda: intake.at_rest, road=True)

    def _history(self) -> ChildSpec:
        home, wanted = self.settings.home_assistant, self.settings.history
        intake = Intake(HISTORY, wanted.max_unsettled)
        pace = Pace(round(wanted.window * 1_000_000), wanted.max_unsettled)
        options = reach.history_options(home, wanted)
        build = builder(
            Historian,
            intake,
            self.deduplicator,
            self.journal,
            reach.hass_socket(home),
            lambda: HistoryProtocol(options, pace),
            self.states.entity_ids,
            wanted.delay,
        )
        policy = self._policy(home.timeout)
        return ChildSpec(self.sources[HISTORY], build, policy, at_rest=lambda: intake.at_rest)

    def _mqtt(self) -> ChildSpec:
        wanted = self.settings.mqtt
        intake = Intake(MQTT, wanted.max_unsettled)
        acknowledgements = Acknowledgements(wanted.receive_maximum)
        session = f"{wanted.client_id} at {wanted.host}:{wanted.port}"
        subscriptions = subscription_file.beside(self.settings.journal.path, session)
        build = builder(
            MqttConnection,
            intake,
            self.deduplicator,
            self.journal,
            reach.mqtt_client(wanted, self.clock),
            MqttReader(
                [route.route() for route in wanted.routes],
                events=shapes.event_rules_for(self.settings),
                registry=self.registry,
                unit_of=self.states.unit_of,
                earlier=subscriptions.load(),
            ),
            acknowledgements,
            subscriptions.keep,
        )
        return ChildSpec(
            self.sources[MQTT], build, self._policy(reach.MQTT_TIMEOUT), at_rest=lambda: intake.at_rest
        )


def bits(settings: Settings) -> dict[str, int]:
    """Each place's bit in the debts."""
    return {name: 1 << number for number, name in enumerate(places(settings))}


def routing(settings: Settings, registry: Registry, rules: Rules | None = None) -> Routing:
    """What the filter goes by; `rules` where they are made already."""
    rules = rules or shapes.rules_for(settings, registry)
    selection = shapes.selection_for(settings.filter, registry, shapes.zone_for(settings))
    return Routing(selection, outlets(settings, registry, rules.aliases if rules else None), rules)


def outlets(settings: Settings, registry: Registry, aliases: Aliases | None = None) -> Sequence[Outlet]:
    """The places as the filter sees them."""
    numbers, known = bits(settings), aliases or registry
    return [_outlet(name, numbers[name], place, known) for name, place in places(settings, registry).items()]


def _outlet(name: str, bit: int, place: Place, registry: Registry | Aliases) -> Outlet:
    layout = GuardedLayout(shapes.layout_for(place.sink, registry), place.sink.max_series)
    return Outlet(name, bit, place.selection, layout, place.owner)


def _roads(settings: Settings) -> list[str]:
    roads = {
        HASS: bool(settings.home_assistant.url),
        MQTT: settings.mqtt.enabled,
        HISTORY: bool(settings.home_assistant.url) and settings.history.enabled,
    }
    return [name for name, wanted in roads.items() if wanted]
