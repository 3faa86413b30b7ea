"""Format `statestream`: entities told in pieces, one message for each.

HA's `components/mqtt_statestream` publishes `<base>/<domain>/<object_id>/<key>`, retained, QoS 1: first `state` as it
is, then, where switched on, `last_updated` and `last_changed` (ISO 8601) and every attribute as JSON. Each piece waits
for the broker, so those of two quick changes of one entity arrive interleaved, each kind in the order of the changes.

An attribute called like one of the three is a piece of its own. It is told from a time by not being one, and from the
state by the quotes that JSON gives a text; one called `state` that is no text is taken for the state.
"""

from collections.abc import Sequence
from functools import partial

from ha_bridge.domain.generations import Generations
from ha_bridge.domain.mqtt.assembly import Entity
from ha_bridge.domain.mqtt.observed import Lane, Observed, nothing
from ha_bridge.domain.mqtt.payloads import iso_time_of, text_of
from ha_bridge.domain.ports import MqttMessage

PATIENCE = 20  # times `quiet`: no change waits longer, however much is going on
MEMORY = 20_000  # entities
NAMESAKES = {key: f'"{key}"' for key in ("state", "last_updated", "last_changed")}
"""As which pieces the attributes of these names count."""


class Statestream:
    """All entities of the statestreams. `quiet`: seconds of silence after which nothing more is expected of any.

    The silence of one entity says nothing while others are being told of: when a hundred change at once, HA publishes
    a hundred states before the second piece of the first. When the broker waits for acknowledgements, all is silent.
    """

    def __init__(self, quiet: float, memory: int = MEMORY) -> None:
        self._quiet = quiet
        self._patience = PATIENCE * quiet
        self._heard = 0.0
        self._entities: Generations[str, Entity] = Generations(memory)
        self._telling: dict[str, Entity] = {}

    def lane(self, topic: str, base: Sequence[str]) -> Lane:
        """The lane of a topic below the base, given as its levels; that of nothing where it is no statestream's.

        HA's discovery shares the base by default and ends its topics with `config`.
        """
        levels = topic.split("/")[len(base) :]
        domain, object_id, key = (*levels[:2], "/".join(levels[2:])) if len(levels) > 2 else ("", "", "")
        if not (domain and object_id and key) or levels[-1] == "config":
            return nothing
        name = topic[: -len(key)]
        entity_id = f"{domain}.{object_id}"
        if key == "state":
            return partial(self._state, name, entity_id)
        told = self._moment if key in ("last_updated", "last_changed") else self._attribute
        return partial(told, name, entity_id, key)

    def due(self, now: float) -> list[Observed]:
        """What is told as far as it will be."""
        opened_before = now - self._patience if now < self._heard + self._quiet else float("inf")
        observed: list[Observed] = []
        for name, entity in list(self._telling.items()):
            observed += entity.take_whole(opened_before)
            if not entity.changes:
                del self._telling[name]
        return observed

    def resume(self, now: float) -> None:
        """Nobody could say anything before this moment: patience begins anew."""
        self._heard = now
        for entity in self._telling.values():
            for change in entity.changes:
                change.opened = now

    def tokens(self) -> set[int]:
        """Those of the changes that are being told."""
        return {
            token for entity in self._telling.values() for change in entity.changes for token in change.tokens
        }

    def next_due(self) -> float | None:
        """When `due` will have something if nothing is heard until then; None when it will not."""
        return self._heard + self._quiet if self._telling else None

    def _state(
        self, name: str, entity_id: str, message: MqttMessage, token: int, now: float
    ) -> list[Observed]:
        if _is_json_text(message.payload):
            return self._attribute(name, entity_id, "state", message, token, now)
        self._heard = now
        state = text_of(message.payload)
        if not state:  # the topic was cleared: the entity is gone
            self._entities.put(name, Entity(entity_id))
            return [Observed((token,), None)]
        entity = self._entity(name, entity_id)
        if message.retain:
            return [entity.replayed_state(state, message.received, token)]
        self._entities.put(name, entity)
        entity.begin(state, message.received, token, now)
        return self._whole(name, entity, now)

    def _moment(
        self, name: str, entity_id: str, key: str, message: MqttMessage, token: int, now: float
    ) -> list[Observed]:
        if not _is_time(message.payload):
            return self._attribute(name, entity_id, key, message, token, now)
        time = iso_time_of(message.payload) if key == "last_updated" else None
        return self._given(name, entity_id, key, message, token, now, time)

    def _attribute(
        self, name: str, entity_id: str, key: str, message: MqttMessage, token: int, now: float
    ) -> list[Observed]:
        self._entity(name, entity_id).attribute(key, message.payload)
        if not message.payload:
            return [Observed((token,), None)]
        return self._given(name, entity_id, NAMESAKES.get(key, key), message, token, now)

    def _given(
        self,
        name: str,
        entity_id: str,
        key: str,
        message: MqttMessage,
        token: int,
        now: float,
        time: int | None = None,
    ) -> list[Observed]:
        self._heard = now
        entity = self._entity(name, entity_id)
        if message.retain:
            entity.replayed_piece(key)
            return [Observed((token,), None)]
        if not entity.piece(key, token, time):
            return [Observed((token,), None)]
        return self._whole(name, entity, now)

    def _whole(self, name: str, entity: Entity, now: float) -> list[Observed]:
        observed = entity.take_whole(now - self._patience)
        if entity.changes:
            self._telling[name] = entity
        else:
            self._telling.pop(name, None)
        return observed

    def _entity(self, name: str, entity_id: str) -> Entity:
        entity = self._telling.get(name) or self._entities.get(name)
        if entity is None:
            entity = Entity(entity_id)
            self._entities.put(name, entity)
        return entity


def _is_json_text(payload: bytes) -> bool:
    return payload[:1] == b'"' and payload[-1:] == b'"' and len(payload) > 1


def _is_time(payload: bytes) -> bool:
    """Tell an ISO 8601 time, as it is, from JSON."""
    return payload[:1].isdigit() and payload[4:5] == b"-"
