"""A month in a larger home: six simulated ones under one roof, what happens in them, and their registries."""

from collections.abc import Iterator, Mapping
from typing import Any

from ha_bridge.demo.catalogue import Device
from ha_bridge.demo.home import Home
from ha_bridge.demo.registries import identifier
from ha_bridge.demo.states import Changed
from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.times import micros_of_float

STOREYS = ("cellar", "ground", "first", "second", "attic", "annex")
RATE = 0.15
"""Changes a second on each storey."""
STEP = 20.0
END = 1_790_000_000.0
"""Unix seconds."""
END_NANOSECONDS = int(END) * 10**9

DAY = 86_400.0


class Household:
    """The same for the same number of days."""

    def __init__(self, days: float) -> None:
        self._days = days
        self._homes = {storey: Home(number, RATE) for number, storey in enumerate(STOREYS, 1)}
        self._attributes: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        self.registry = Registry()
        self.registry.learn(dict(self._registered()))

    def events(self) -> Iterator[StateEvent]:
        """All changes of states, in order but for what happens within a step."""
        now = END - self._days * DAY
        while now < END:
            for storey, home in self._homes.items():
                for change in home.step(now):
                    if isinstance(change, Changed):
                        yield self._event(storey, change)
            now += STEP

    def _event(self, storey: str, change: Changed) -> StateEvent:
        entity_id = _on(storey, change.entity_id)
        previous = change.old.state if change.old else ""
        time = micros_of_float(change.time)
        if change.new is None:
            return StateEvent(time, entity_id, None, None, previous)
        return StateEvent(
            time, entity_id, change.new.state, self._named(storey, entity_id, change.new.attributes), previous
        )

    def _named(self, storey: str, entity_id: str, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put the storey into the friendly name; the same object for the same attributes, as on the roads."""
        before = self._attributes.get(entity_id)
        if before is None or before[0] is not attributes:
            name = f"{storey.title()} {attributes['friendly_name']}"
            before = self._attributes[entity_id] = (attributes, {**attributes, "friendly_name": name})
        return before[1]

    def _registered(self) -> Iterator[tuple[str, Registered]]:
        for storey, home in self._homes.items():
            for device in home.devices:
                for entity in device.entities:
                    yield _on(storey, entity.entity_id), _registered(storey, device, entity.entity_id)


def _on(storey: str, entity_id: str) -> str:
    domain, _, name = entity_id.partition(".")
    return f"{domain}.{storey}_{name}"


def _registered(storey: str, device: Device, entity_id: str) -> Registered:
    return Registered(
        id=identifier(storey, entity_id),
        integration=device.platform,
        device=f"{storey.title()} {device.name}" if device.maker else "",
        area=f"{storey.title()} {device.area}" if device.area else "",
        floor=storey,
        manufacturer=device.maker,
        model=device.model,
    )
