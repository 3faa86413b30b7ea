"""Home Assistant's registries, as real Home Assistants tell of them: known first, kept up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.hass.protocol import HassOptions
from ha_bridge.domain.registry import Registered
from tests.system.servers import HomeAssistant
from tests.system.servers.hass_socket import HassSocket
from tests.system.test_hass_road import BOTH, Road, Subscription, road, users_token

pytestmark = pytest.mark.system

NAMED: dict[str, str] = {"2024.3.3": "light.bed_light", "newest": "event.push_button_press"}
"""An entity that may have an area of its own: newer HA asks for a name of its own for that."""


def entry(socket: HassSocket, entity_id: str) -> dict[str, Any]:
    found = socket.command("config/entity_registry/get", entity_id=entity_id)
    assert isinstance(found, dict)
    return found


@contextmanager
def area(socket: HassSocket, name: str) -> Iterator[str]:
    """Yield the id of an area of that name."""
    area_id = str(socket.command("config/area_registry/create", name=name)["area_id"])
    try:
        yield area_id
    finally:
        socket.command("config/area_registry/delete", area_id=area_id)


def update(socket: HassSocket, entity_id: str, **fields: Any) -> None:
    socket.command("config/entity_registry/update", entity_id=entity_id, **fields)


def update_device(socket: HassSocket, entity_id: str, **fields: Any) -> None:
    """Change the device that the entity belongs to; newer HA keeps the area of most entities there."""
    device_id = entry(socket, entity_id)["device_id"]
    socket.command("config/device_registry/update", device_id=device_id, **fields)


@BOTH
def test_the_registries_are_known_before_the_first_state(
    hass: HomeAssistant, subscription: Subscription
) -> None:
    first: list[Registered] = []

    class Attentive(Road):
        def turn(self) -> None:
            super().turn()
            if self.events and not first:
                first.append(self.registry.of("light.bed_light"))

    opened = Attentive(hass.url, HassOptions(hass.token, subscription))
    try:
        opened.until(lambda: opened.protocol.live, "the road to be live")
        hass.rest.set_state("sensor.registries_first", "1")
        opened.hear("sensor.registries_first", 1)
    finally:
        opened.socket.close()
        hass.rest.remove_state("sensor.registries_first")
    with hass.websocket() as socket:
        theirs = entry(socket, "light.bed_light")
    assert (first[0].id, first[0].integration) == (theirs["id"], "demo")
    assert opened.registry.entity_id("demo", theirs["unique_id"], "light") == "light.bed_light"
    assert opened.protocol.problems == []
    assert opened.protocol.note == ""


def test_areas_devices_and_names_are_kept_up_to_date(hass: HomeAssistant) -> None:
    light, button = "light.ceiling_lights", NAMED[hass.version]
    with road(hass, "entities") as ours, hass.websocket() as socket, area(socket, "Stube") as area_id:
        registry = ours.registry
        update_device(socket, light, area_id=area_id, name_by_user="Lampe")
        ours.until(lambda: registry.of(light).area == "Stube", "the area of the device")
        assert registry.of(light).device == "Lampe"
        update(socket, light, name="Nachtlicht")
        ours.until(lambda: registry.of(light).name == "Nachtlicht", "the name of the light")
        with area(socket, "Flur") as another:
            update_device(socket, button, area_id=another)
            ours.until(lambda: registry.of(button).area == "Flur", "the area of the other device")
            update(socket, button, area_id=area_id)
            ours.until(lambda: registry.of(button).area == "Stube", "the area of the entity itself")
            socket.command("config/area_registry/update", area_id=area_id, name="Diele")
            ours.until(lambda: registry.of(light).area == "Diele", "the name of the area")
            update(socket, button, area_id=None)
            ours.until(lambda: registry.of(button).area == "Flur", "the area of the other device again")
        update(socket, light, name=None)
        update_device(socket, light, area_id=None, name_by_user=None)
        ours.until(lambda: registry.of(light).area == "", "the device without area")
    assert all(isinstance(event, StateEvent) for event in ours.events)


def test_labels_are_kept_up_to_date_and_a_floor_is_lent_by_the_area(hass_newest: HomeAssistant) -> None:
    with road(hass_newest, "entities") as ours, hass_newest.websocket() as socket:
        with area(socket, "Dachstube") as area_id:
            floor_id = socket.command("config/floor_registry/create", name="Oben")["floor_id"]
            socket.command("config/area_registry/update", area_id=area_id, floor_id=floor_id)
            update_device(socket, "light.bed_light", area_id=area_id)
            ours.until(lambda: ours.registry.of("light.bed_light").floor == "Oben", "the floor")
            label_id = socket.command("config/label_registry/create", name="Wichtig")["label_id"]
            update(socket, "light.bed_light", labels=[label_id])
            ours.until(lambda: ours.registry.of("light.bed_light").labels == ("Wichtig",), "the label")
            update(socket, "light.bed_light", labels=[])
            socket.command("config/label_registry/delete", label_id=label_id)
            socket.command("config/floor_registry/delete", floor_id=floor_id)
        ours.until(lambda: ours.registry.of("light.bed_light").floor == "", "no floor")


def test_a_renamed_entity_is_known_before_its_first_state(hass: HomeAssistant) -> None:
    with road(hass, "entities") as ours, hass.websocket() as socket:
        known = ours.registry.of("light.bed_light")
        update(socket, "light.bed_light", new_entity_id="light.renamed_light")
        try:
            ours.hear("light.renamed_light", 1)
            assert ours.registry.of("light.renamed_light") is known
            ours.until(lambda: not ours.registry.of("light.bed_light").id, "the old id to be forgotten")
            assert ours.registry.of("light.renamed_light") is known
        finally:
            update(socket, "light.renamed_light", new_entity_id="light.bed_light")
        ours.until(lambda: ours.registry.of("light.bed_light") is known, "the name as it was")


def test_who_is_no_administrator_knows_the_registries_too(hass: HomeAssistant) -> None:
    with road(hass, "entities", token=users_token(hass)) as ours, hass.websocket() as socket:
        assert ours.registry.of("light.bed_light").integration == "demo"
        assert ours.protocol.note == ""
        with area(socket, "Gaststube") as area_id:
            update_device(socket, "light.bed_light", area_id=area_id)
            ours.until(lambda: ours.registry.of("light.bed_light").area == "Gaststube", "the area")
