"""What the entries of Home Assistant's registries say of an entity together."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.hass.registry_entries import (
    READERS,
    AreaEntry,
    DeviceEntry,
    EntityEntry,
    Entries,
    FloorEntry,
    LabelEntry,
    merged,
)
from ha_bridge.domain.registry import Registered

names = st.none() | st.just("") | st.sampled_from("abc")
ids = st.none() | st.sampled_from("123")
label_ids = st.lists(st.sampled_from("xyz"))
devices = st.lists(
    st.builds(
        DeviceEntry,
        st.sampled_from("123"),
        area_id=ids,
        name=names,
        name_by_user=names,
        manufacturer=names,
        model=names,
        labels=label_ids,
        parent_device_id=ids,
    ),
    unique_by=lambda device: device.id,
)
areas = st.lists(
    st.builds(AreaEntry, st.sampled_from("123"), st.sampled_from(("Hall", "Loft")), ids, label_ids),
    unique_by=lambda area: area.area_id,
)
floors = st.lists(
    st.builds(FloorEntry, st.sampled_from("123"), st.sampled_from(("Up", "Down"))),
    unique_by=lambda floor: floor.floor_id,
)
labels = st.lists(
    st.builds(LabelEntry, st.sampled_from("xyz"), st.sampled_from(("Heavy", "Light"))),
    unique_by=lambda label: label.label_id,
)
entities = st.builds(
    EntityEntry,
    st.just("sensor.a"),
    device_id=ids,
    area_id=ids,
    labels=label_ids,
    entity_category=st.none() | st.just("diagnostic"),
    name=names,
    original_name=names,
)


@given(entities, devices, areas, floors, labels)
def test_an_entity_has_its_own_before_its_devices_and_a_users_name_before_any_other(
    entity: EntityEntry,
    all_devices: list[DeviceEntry],
    all_areas: list[AreaEntry],
    all_floors: list[FloorEntry],
    all_labels: list[LabelEntry],
) -> None:
    entries = Entries((entity,), all_devices, all_areas, all_floors, all_labels)
    registered = merged(entries)["sensor.a"]

    device = next((each for each in all_devices if each.id == entity.device_id), None)
    parent = next((each for each in all_devices if device and each.id == device.parent_device_id), None)
    ids_of_areas = [entity.area_id, *(each.area_id for each in (device, parent) if each)]
    area_id = next(filter(None, ids_of_areas), None)
    area = next((each for each in all_areas if each.area_id == area_id), None)
    floor = next((each for each in all_floors if area and each.floor_id == area.floor_id), None)
    assert registered.area == (area.name if area else "")
    assert registered.floor == (floor.name if floor else "")
    assert registered.device == ((device.name_by_user or device.name or "") if device else "")
    makers = [each.manufacturer for each in (device, parent) if each]
    assert registered.manufacturer == next(filter(None, makers), "")
    assert registered.name == (entity.name or entity.original_name or registered.device)
    lent = {*entity.labels, *(device.labels if device else ()), *(area.labels if area else ())}
    called = {each.label_id: each.name for each in all_labels}
    assert set(registered.labels) == {called.get(each, each) for each in lent}
    assert list(registered.labels) == sorted(set(registered.labels))


def test_everything_there_is_to_know_of_an_entity() -> None:
    entries = Entries(
        [EntityEntry("sensor.a", "e1", 17, "mqtt", "d1", None, ["l1"], "diagnostic", None, "Temperature")],
        [DeviceEntry("d1", "a1", "0x1", "Oven", "Acme", "X1")],
        [AreaEntry("a1", "Kitchen", "f1")],
        [FloorEntry("f1", "Ground floor")],
        [LabelEntry("l1", "Heat")],
    )
    assert merged(entries) == {
        "sensor.a": Registered(
            id="e1",
            integration="mqtt",
            unique_id="17",
            name="Temperature",
            area="Kitchen",
            floor="Ground floor",
            device="Oven",
            manufacturer="Acme",
            model="X1",
            labels=("Heat",),
            category="diagnostic",
        )
    }


def read(kind: str, entries: object) -> tuple[list[Any], list[bytes]]:
    bad: list[bytes] = []
    return READERS[kind](json.dumps(entries).encode(), lambda _, raw: bad.append(raw)), bad


def test_one_bad_entry_costs_only_itself() -> None:
    good = {"entity_id": "sensor.a", "unknown": {"deep": []}}
    found, bad = read("entities", [good, {"entity_id": 7}, "text", good])
    assert found == [EntityEntry("sensor.a")] * 2
    assert bad == [b'{"entity_id": 7}', b'"text"']


@pytest.mark.parametrize("kind", READERS)
def test_what_is_no_list_is_an_error(kind: str) -> None:
    with pytest.raises(ValueError, match="array"):
        read(kind, {})


def test_thousands_of_entities_are_read_in_no_time() -> None:
    """A million bytes and more in a tenth of the second in which a heartbeat is due, on a slow machine too."""
    more = {"options": {"conversation": {"should_expose": False}}, "icon": None, "translation_key": "x" * 40}
    entity = {"id": "0" * 32, "unique_id": "u" * 40, "platform": "mqtt", "labels": [], "original_name": "N"}
    entries = [
        {**entity, **more, "entity_id": f"sensor.{number}", "device_id": str(number // 10)}
        for number in range(5000)
    ]
    text = json.dumps(entries).encode()
    found_devices = [DeviceEntry(str(number), "a") for number in range(500)]
    begun = time.thread_time()
    found = READERS["entities"](text, lambda *_: None)
    known = merged(Entries(found, found_devices, [AreaEntry("a", "Hall")]))
    taken = time.thread_time() - begun
    assert len(text) > 1_000_000
    assert known["sensor.4999"].area == "Hall"
    assert taken < 0.5, f"{taken:.3f} s"
