"""What the registries say of entities that rules have given another name."""

from ha_bridge.domain.registry import Registered, Registry


class Aliases:
    """For layouts, which see entities under their other names; they are still what they were."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._names: dict[str, str] = {}

    def note(self, alias: str, entity_id: str) -> None:
        self._names[alias] = entity_id

    def of(self, entity_id: str) -> Registered:
        return self._registry.of(self._names.get(entity_id, entity_id))
