"""Home Assistant's registries, as real Home Assistants tell of them: known first, kept up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.hass.protocol import HassOptions
from ha_bridge.domain.registry import Registered
from tests.system.bridge import BridgeProcess, home_assistant, influx, only
from tests.system.servers import HomeAssistant, InfluxDB
from tests.system.servers.hass_socket import HassSocket
from tests.system.test_hass_road import BOTH, Road, Subscription, road, users_token
from tests.waiting import wait_for

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


def toggle(hass: HomeAssistant, entity_id: str) -> None:
    hass.rest.call_service("light", "toggle", {"entity_id": entity_id})


def test_area_device_and_integration_are_tags_in_influxdb_and_the_name_is_a_field(
    hass: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    light = "light.ceiling_lights"
    settings = (home_assistant(hass), influx(influxdb, database), only(light))
    with hass.websocket() as socket, BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        toggle(hass, light)
        bridge.wait_metric("points_written_total", 2, sink="influx")
        with area(socket, "Stube") as area_id:
            update_device(socket, light, area_id=area_id)

            def in_area() -> list[dict[str, Any]]:
                toggle(hass, light)
                return influxdb.query("SELECT value FROM light WHERE area = 'Stube'", database)

            wait_for(in_area, 20, "a point with the area")
            registry_id = entry(socket, light)["id"]
            update_device(socket, light, area_id=None)
    [tags] = influxdb.query("SELECT last(value) FROM light WHERE area = 'Stube' GROUP BY *", database)
    assert tags | {"time": 0, "last": 0} == {
        "measurement": "light",
        "area": "Stube",
        "device": "Ceiling Lights",
        "entity_id": "ceiling_lights",
        "integration": "demo",
        "registry_id": registry_id,
        "time": 0,
        "last": 0,
    }
    # From the very first point on the series is the one that it is without the area, and the name is written once.
    series = influxdb.query("SHOW SERIES", database)
    assert len(series) == 2
    names = influxdb.query('SELECT "name", registry_id FROM light WHERE "name" != \'\'', database)
    assert [(row["name"], row["registry_id"]) for row in names] == [("Ceiling Lights", registry_id)]


def test_a_renamed_entitys_history_is_found_under_both_names_by_its_registry_id(
    hass: HomeAssistant, influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    before, after = "light.bed_light", "light.night_light"
    settings = (home_assistant(hass), influx(influxdb, database), only(before, after))
    with hass.websocket() as socket, BridgeProcess(tmp_path, *settings) as bridge:
        bridge.wait_up()
        toggle(hass, before)
        registry_id = entry(socket, before)["id"]
        update(socket, before, new_entity_id=after)
        try:
            wait_for(lambda: after in {each["entity_id"] for each in hass.rest.states()}, 10, "the new name")
            toggle(hass, after)
            wait_for(
                lambda: (
                    len(influxdb.query("SELECT value FROM light WHERE entity_id = 'night_light'", database))
                    > 1
                ),
                10,
                "the state under the new name",
            )
        finally:
            update(socket, after, new_entity_id=before)
    grouped = influxdb.query("SELECT value FROM light GROUP BY registry_id, entity_id", database)
    history = [row for row in grouped if row["registry_id"] == registry_id]
    found = {
        name: [row for row in history if row["entity_id"] == name] for name in ("bed_light", "night_light")
    }
    assert all(len(rows) >= 2 for rows in found.values()), found
    everything = influxdb.query("SELECT value FROM light", database)
    assert len(history) == len(everything)  # no point without the id, the first under the new name included
    assert len(influxdb.query("SHOW SERIES", database)) == 2
