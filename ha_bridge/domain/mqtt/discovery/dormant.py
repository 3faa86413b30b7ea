"""Entities that are disabled by default. Some people enable some of them, which Home Assistant's registry then says."""

from collections.abc import Mapping
from typing import NamedTuple

from ha_bridge.domain.mqtt.discovery.configs import Config, Key
from ha_bridge.domain.mqtt.discovery.planning import is_wanted
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.registry import Registered, Registry


class Sleeper(NamedTuple):
    """A configuration, with the route and the topic that brought it."""

    route: Route
    config: Config
    topic: str


class Dormant:
    """Keeps the configurations of those that nobody has enabled, so that they can be carried as soon as somebody does."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._sleepers: dict[Key, Sleeper] = {}
        self._seen: Mapping[str, Registered] | None = None

    def is_asleep(self, config: Config) -> bool:
        """Whether Home Assistant does not show it, as far as is known."""
        unique_id = str(config.values.get("unique_id") or "")
        if is_wanted(config.values) or not unique_id:  # without an id there is nothing that could be enabled
            return False
        entity_id = self._registry.entity_id("mqtt", unique_id, config.key[0])
        return not entity_id or self._registry.known(entity_id).disabled

    def __len__(self) -> int:
        return len(self._sleepers)

    def lay(self, sleeper: Sleeper) -> None:
        self._sleepers[sleeper.config.key] = sleeper

    def forget(self, key: Key) -> None:
        self._sleepers.pop(key, None)

    def woken(self) -> list[Sleeper]:
        """Those that are enabled since this was last asked; costs nothing while the registry says the same."""
        if self._registry.entities is self._seen:
            return []
        self._seen = self._registry.entities
        return [each for each in self._sleepers.values() if not self.is_asleep(each.config)]
