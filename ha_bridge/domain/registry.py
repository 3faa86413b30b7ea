"""What Home Assistant's registries say of its entities, as the filter and the layouts ask for it."""

from collections.abc import Collection, Mapping

import msgspec

from ha_bridge.domain.generations import Generations


class Registered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entity with what its device and its area lend it: names as people gave them, "" where there is none.

    `id` is the registry's own, the same through every renaming. `integration` and `unique_id` name the entity within
    Home Assistant. An entity's area is its own, else its device's. One that is `disabled` has no
    state in Home Assistant.
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
    disabled: bool = False


UNREGISTERED = Registered()
SUGGESTED = 20_000  # entities


class _Picture(msgspec.Struct, frozen=True):
    """All there is, as one object: whoever reads in another thread sees the old one or the new one, whole."""

    entities: Mapping[str, Registered] = {}
    ids: Mapping[tuple[str, str, str], str] = {}


class Registry:
    """The entities by id. `of` gives the same object until what it says changes, so that identity may key a cache.

    One thread learns, any thread reads. `suggest` is for another one: what devices say of themselves over MQTT, which
    holds for what Home Assistant has not said anything of.
    """

    def __init__(self) -> None:
        self._picture = _Picture()
        self._suggested: Generations[str, Registered] = Generations(SUGGESTED)

    def of(self, entity_id: str) -> Registered:
        return self._picture.entities.get(entity_id) or self._suggested.get(entity_id) or UNREGISTERED

    def known(self, entity_id: str) -> Registered:
        """What Home Assistant itself has said."""
        return self._picture.entities.get(entity_id, UNREGISTERED)

    def suggest(self, entity_id: str, entity: Registered) -> None:
        if self._suggested.get(entity_id) != entity:
            self._suggested.put(entity_id, entity)

    def entity_id(self, integration: str, unique_id: str, domain: str = "") -> str:
        """The entity id that Home Assistant has given to what an integration knows by this id; "" when none.

        An integration may use an id once in every domain, so that only with the `domain` it names one entity for sure.
        """
        return self._picture.ids.get((domain, integration, unique_id), "")

    def entity_ids(self) -> Collection[str]:
        return self._picture.entities.keys()

    @property
    def entities(self) -> Mapping[str, Registered]:
        """All there is: the same object until any of it changes."""
        return self._picture.entities

    def learn(self, entities: Mapping[str, Registered]) -> None:
        """Take this as all there is; entities that are as they were keep their object."""
        known = self._picture.entities
        kept = {
            entity_id: known[entity_id] if known.get(entity_id) == entity else entity
            for entity_id, entity in entities.items()
        }
        if kept != known:
            self._picture = _Picture(kept, _by_unique_id(kept))

    def rename(self, old: str, new: str) -> None:
        """Know an entity by a second id too; which of them is the right one the next `learn` says."""
        if entity := self._picture.entities.get(old):
            self.learn({**self._picture.entities, new: entity})


def _by_unique_id(entities: Mapping[str, Registered]) -> dict[tuple[str, str, str], str]:
    ids: dict[tuple[str, str, str], str] = {}
    for entity_id, entity in entities.items():
        domain = entity_id.partition(".")[0]
        ids["", entity.integration, entity.unique_id] = entity_id
        ids[domain, entity.integration, entity.unique_id] = entity_id
    return ids
