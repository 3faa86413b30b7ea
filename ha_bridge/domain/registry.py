"""What Home Assistant's registries say of its entities, as the filter and the layouts ask for it."""

from collections.abc import Iterable, Mapping

import msgspec


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """An entity with what its device and its area lend it: names as people gave them, "" where there is none.

    `id` is the registry's own, the same through every renaming. `integration` and `unique_id` name the entity within
    Home Assistant. An entity's area is its own, else its device's.
    """

    id: str = ""
    integration: str = ""
    unique_id: str = ""
    name: str = ""
    area: str = ""
    floor: str = ""
    device: str = ""
    manufacturer: str = ""
    model: str = ""
    labels: tuple[str, ...] = ()
    category: str = ""


UNREGISTERED = Registered()


class Registry:
    """The entities by id. `of` gives the same object until what it says changes, so that identity may key a cache."""

    def __init__(self) -> None:
        self._entities: dict[str, Registered] = {}
        self._unique: dict[tuple[str, str], str] = {}

    def of(self, entity_id: str) -> Registered:
        return self._entities.get(entity_id, UNREGISTERED)

    def entity_id(self, integration: str, unique_id: str) -> str:
        """The entity id that Home Assistant has given to what an integration knows by this id; "" when none."""
        return self._unique.get((integration, unique_id), "")

    def entity_ids(self) -> Iterable[str]:
        return self._entities.keys()

    def learn(self, entities: Mapping[str, Registered]) -> None:
        """Take this as all there is; entities that are as they were keep their object."""
        known = self._entities
        self._entities = {
            entity_id: known[entity_id] if known.get(entity_id) == entity else entity
            for entity_id, entity in entities.items()
        }
        self._unique = {(each.integration, each.unique_id): entity_id for entity_id, each in entities.items()}
