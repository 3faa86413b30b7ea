"""What an entity is, between globs and domains; times as a condition of their side."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ha_bridge.domain.events import BusEvent, Reading, StateEvent
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.selection import Patterns, Selection

DAY = round(datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp() * 1_000_000)
NIGHT = round(datetime(2024, 1, 1, 23, tzinfo=UTC).timestamp() * 1_000_000)
NIGHTLY = ("22:00-06:00",)
NOTHING = Patterns()

HOME = {
    "light.kitchen": ({}, Registered(area="Kitchen")),
    "sensor.kitchen_power": ({"device_class": "power"}, Registered(area="Kitchen", labels=("keep",))),
    "sensor.kitchen_battery": ({"device_class": "battery"}, Registered(area="Kitchen")),
    "sensor.garage_power": ({"device_class": "power"}, Registered(area="Garage")),
}


def select(include: Patterns, exclude: Patterns) -> Selection:
    registry = Registry()
    registry.learn({entity_id: registered for entity_id, (_, registered) in HOME.items()})
    return Selection(include, exclude, registry, UTC)


def taken(include: Patterns, exclude: Patterns = NOTHING, time: int = DAY) -> list[str]:
    """Give the entities that are wanted, without their domains."""
    selection = select(include, exclude)
    events = [StateEvent(time, entity_id, "1", attributes) for entity_id, (attributes, _) in HOME.items()]
    first = [event.entity_id for event in events if selection.wants(event)]
    assert [event.entity_id for event in events if selection.wants(event)] == first
    return [entity_id.partition(".")[2] for entity_id in first]


ALL = ["kitchen", "kitchen_power", "kitchen_battery", "garage_power"]


@pytest.mark.parametrize(
    ("include", "exclude", "wanted"),
    [
        pytest.param(Patterns(areas=("Kitchen",)), NOTHING, ALL[:3], id="an included area is all there is"),
        pytest.param(NOTHING, Patterns(areas=("Kitchen",)), ALL[3:], id="all but an area"),
        pytest.param(
            Patterns(areas=("Kitchen",)),
            Patterns(device_classes=("battery",)),
            ALL[:2],
            id="an area without a device class",
        ),
        pytest.param(
            Patterns(domains=("sensor",)),
            Patterns(areas=("Garage",)),
            ALL[1:3],
            id="a domain without an area",
        ),
        pytest.param(
            Patterns(labels=("keep",)),
            Patterns(domains=("sensor",)),
            ALL[1:2],
            id="a label is more exact than a domain",
        ),
        pytest.param(
            Patterns(entities=("sensor.garage_power",)),
            Patterns(device_classes=("power",)),
            ["kitchen", "kitchen_battery", "garage_power"],
            id="an id is the exception of what is excluded",
        ),
        pytest.param(
            Patterns(areas=("Kitchen",)),
            Patterns(entities=("light.*",)),
            ALL[1:3],
            id="a glob is more exact than an area",
        ),
        pytest.param(Patterns(entities=("/_power$/",)), NOTHING, [ALL[1], ALL[3]], id="a regex is a glob"),
        pytest.param(
            Patterns(areas=("Garage",), device_classes=("battery",)),
            NOTHING,
            ALL[2:],
            id="selectors of a side add up",
        ),
    ],
)
def test_what_an_entity_is_stands_between_globs_and_domains(
    include: Patterns, exclude: Patterns, wanted: list[str]
) -> None:
    assert taken(include, exclude) == wanted


@pytest.mark.parametrize(
    ("include", "exclude", "by_day", "by_night"),
    [
        pytest.param(NOTHING, Patterns(times=NIGHTLY), ALL, [], id="nothing at night"),
        pytest.param(Patterns(times=NIGHTLY), NOTHING, [], ALL, id="only at night"),
        pytest.param(
            NOTHING, Patterns(times=NIGHTLY, areas=("Kitchen",)), ALL, ALL[3:], id="no kitchen at night"
        ),
        pytest.param(
            Patterns(times=NIGHTLY, areas=("Kitchen",)), NOTHING, [], ALL[:3], id="the kitchen, only at night"
        ),
        pytest.param(
            Patterns(domains=("light",)), Patterns(weekdays=("mon",)), [], [], id="never on Mondays"
        ),
    ],
)
def test_times_say_when_their_side_holds(
    include: Patterns, exclude: Patterns, by_day: list[str], by_night: list[str]
) -> None:
    assert taken(include, exclude, DAY) == by_day
    assert taken(include, exclude, NIGHT) == by_night


def test_events_and_readings_are_matters_of_their_own_also_at_night() -> None:
    by_name = select(
        Patterns(event_types=("call_*",), measurements=("mqtt",)),
        Patterns(event_types=("call_me",), measurements=("mq*",), times=NIGHTLY),
    )
    assert by_name.wants(BusEvent(DAY, "call_service", {}))
    assert by_name.wants(BusEvent(DAY, "call_me", {}))
    assert not by_name.wants(BusEvent(NIGHT, "call_me", {}))
    assert not by_name.wants(BusEvent(NIGHT, "other", {}))
    assert by_name.wants(Reading(DAY, "mqtt", {}, {}))
    assert not by_name.wants(Reading(DAY, "other", {}, {}))
    assert not by_name.wants(Reading(NIGHT, "mqtt", {}, {}))
    never_at_night = select(NOTHING, Patterns(times=NIGHTLY))
    assert not never_at_night.wants(BusEvent(NIGHT, "call_me", {}))
    assert select(Patterns(areas=("Kitchen",)), NOTHING).wants(BusEvent(DAY, "call_me", {}))


def test_a_change_of_attributes_or_of_the_registry_is_seen() -> None:
    registry = Registry()
    selection = Selection(Patterns(labels=("x",), attributes=("a > 1",)), NOTHING, registry)

    def wanted(attributes: dict[str, Any] | None) -> bool:
        return selection.wants(StateEvent(1, "light.a", "on", attributes))

    assert not wanted(None)
    assert wanted({"a": 2})
    assert not wanted({"a": 1})
    registry.learn({"light.a": Registered(labels=("x",))})
    assert wanted({"a": 1})


def test_it_says_why() -> None:
    selection = select(
        Patterns(areas=("Kitchen",), event_types=("x",)),
        Patterns(device_classes=("battery",), entities=("light.*",)),
    )
    reasons = {
        entity_id: selection.verdict(StateEvent(DAY, entity_id, "1", attributes)).reason
        for entity_id, (attributes, _) in HOME.items()
    }
    assert list(reasons.values()) == [
        "excluded by entities",
        "included by areas",
        "excluded by device_classes",
        "nothing includes it",
    ]
    assert selection.verdict(BusEvent(DAY, "x", {})).reason == "included by event_types"
    assert (
        select(NOTHING, Patterns(times=NIGHTLY)).verdict(BusEvent(NIGHT, "x", {})).reason
        == "at a time that is excluded"
    )
    assert select(Patterns(times=NIGHTLY), NOTHING).verdict(BusEvent(DAY, "x", {})).reason == (
        "not at the times that are included"
    )


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ha_bridge.domain.selection.REMEMBERED", 2)
    selection = select(NOTHING, Patterns(areas=("Kitchen",)))
    for _ in range(2):
        assert [selection.wants(StateEvent(1, entity_id, "1")) for entity_id in HOME] == [
            False,
            False,
            False,
            True,
        ]
    assert len(selection._known) <= 2
