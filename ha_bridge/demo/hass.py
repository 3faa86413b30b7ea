"""The part of Home Assistant that its WebSocket API shows: states, history, registries, and the news for subscribers.

Pure: the server keeps its threads apart and tells the time.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Protocol

import msgspec

from ha_bridge.demo import wire
from ha_bridge.demo.curves import LATITUDE, LONGITUDE
from ha_bridge.demo.history import History
from ha_bridge.demo.registries import Registries
from ha_bridge.demo.states import Change, Changed, Contexts, Fired, StateTable

VERSION = "2024.3.3"


class Hass:
    """Home Assistant's memory. `state` is "NOT_RUNNING" while it starts, then "RUNNING"."""

    def __init__(self, registries: Registries | None = None, history: History | None = None) -> None:
        self.states = StateTable()
        self.registries = registries or Registries()
        self.history = history or History()
        self.contexts = Contexts()
        self.state = "RUNNING"

    def apply(self, changes: Iterable[Change]) -> None:
        """Remember what happened."""
        changed = [change for change in changes if isinstance(change, Changed)]
        for change in changed:
            self.states.apply(change)
        self.history.record(changed)

    def config(self) -> dict[str, Any]:
        """Answer `get_config` (homeassistant/core.py, Config.as_dict)."""
        domains = {state.entity_id.partition(".")[0] for state in self.states}
        return {**_CONFIG, "components": sorted(domains | _COMPONENTS), "state": self.state}


class News:
    """Changes on their way to subscribers. Each is encoded once per kind of subscription, and only if there is one."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._types = [_event_type(change) for change in changes]
        self._events: dict[int, bytes] = {}

    def events(self, event_type: str | None) -> list[bytes]:
        """Give the messages of all events of a type, or of all of them."""
        wanted = [at for at, each in enumerate(self._types) if event_type is None or each == event_type]
        for at in wanted:
            if at not in self._events:
                self._events[at] = wire.event_message(wire.event_dict(self._changes[at]))
        return [self._events[at] for at in wanted]

    @cached_property
    def entities(self) -> list[tuple[str, bytes]]:
        """Entity and message of every change of an entity."""
        return [
            (each.entity_id, wire.event_message(wire.entity_dict(each)))
            for each in self._changes
            if isinstance(each, Changed)
        ]


class Subscription(Protocol):
    def messages(self, news: News, iden: int) -> list[bytes]: ...


class EventSubscription(msgspec.Struct, frozen=True):
    """Events of one type, or all of them."""

    event_type: str | None

    def messages(self, news: News, iden: int) -> list[bytes]:
        return [wire.addressed(message, iden) for message in news.events(self.event_type)]


class EntitySubscription(msgspec.Struct, frozen=True):
    """Changes of some entities, or of all when none are named."""

    entity_ids: frozenset[str]

    def messages(self, news: News, iden: int) -> list[bytes]:
        wanted = self.entity_ids
        return [
            wire.addressed(message, iden)
            for entity_id, message in news.entities
            if not wanted or entity_id in wanted
        ]

    def snapshot(self, hass: Hass) -> bytes:
        """Begin the first message: every wanted entity as it is."""
        wanted = [state for state in hass.states if not self.entity_ids or state.entity_id in self.entity_ids]
        return wire.event_message({"a": {state.entity_id: wire.compressed(state) for state in wanted}})


def _event_type(change: Change) -> str:
    return change.event_type if isinstance(change, Fired) else "state_changed"


_COMPONENTS = {"api", "config", "history", "http", "mqtt_statestream", "recorder", "websocket_api"}
_CONFIG: dict[str, Any] = {
    "latitude": LATITUDE,
    "longitude": LONGITUDE,
    "elevation": 34,
    "unit_system": {
        "length": "km",
        "accumulated_precipitation": "mm",
        "mass": "g",
        "pressure": "Pa",
        "temperature": "°C",
        "volume": "L",
        "wind_speed": "m/s",
    },
    "location_name": "Simulated home",
    "time_zone": "UTC",
    "components": [],
    "config_dir": "/config",
    "whitelist_external_dirs": [],
    "allowlist_external_dirs": [],
    "allowlist_external_urls": [],
    "version": VERSION,
    "config_source": "storage",
    "recovery_mode": False,
    "state": "",
    "external_url": None,
    "internal_url": None,
    "currency": "EUR",
    "country": None,
    "language": "en",
    "safe_mode": False,
}
