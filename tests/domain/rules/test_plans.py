"""Which rules concern what, in which order, and how often that is asked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent, Unreadable
from ha_bridge.domain.registry import Registered
from tests.domain.rules.making import apply, registry, rule, rules, state

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp()


def scaled(match: dict[str, Any], *events: Event) -> list[int]:
    """Give the places of the events that a rule with this match is about."""
    told = apply(rules(rule(match, set_tags={"x": "y"}), known=registry(sensor__a="Kitchen")), *events)
    return [seq for seq, shaped in zip(told.seqs, told.shaped, strict=True) if shaped and shaped.recipe.rules]


EVENTS: list[Event] = [
    state("1", NOON, "sensor.a", unit_of_measurement="W", battery=5),
    state("2", NOON, "sensor.b"),
    state("on", NOON, "light.a"),
    BusEvent(round(NOON * 1e6), "call_service", {}),
    Reading(round(NOON * 1e6), "mqtt", {}, {"v": 1}),
    Unreadable(1, "x", b"", "y"),
]


@pytest.mark.parametrize(
    ("match", "about"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"domains": ("sensor",)}, [0, 1]),
        ({"domains": ("sensor", "light")}, [0, 1, 2]),
        ({"entities": ("*.a",)}, [0, 2]),
        ({"entities": ("*.a",), "domains": ("light",)}, [2]),
        ({"areas": ("kitchen",)}, [0]),
        ({"units": ("W",)}, [0]),
        ({"attributes": ("battery < 20",), "domains": ("sensor",)}, [0]),
        ({"state": ("> 1",)}, [1]),
        ({"state": ("on",), "times": ("12:00-12:01",)}, [2]),
        ({"state": ("on",), "times": ("12:01-12:02",)}, []),
        ({"times": ("11:00-13:00",), "weekdays": ("mon",)}, [0, 1, 2, 3, 4]),
        ({"times": ("13:00-11:00",)}, []),
        ({"event_types": ("call_*",)}, [3]),
        ({"measurements": ("mqtt",)}, [4]),
        ({"measurements": ("mqtt",), "event_types": ("*",)}, []),
        ({"domains": ("sensor",), "event_types": ("*",)}, []),
    ],
)
def test_every_key_of_a_match_has_to_fit(match: dict[str, Any], about: list[int]) -> None:
    assert scaled(match, *EVENTS) == about


def test_rules_are_applied_in_order_and_keep_ends_them() -> None:
    ordered = rules(
        rule(scale=2),
        rule({"entities": ("sensor.kept",)}, keep=True, offset=1),
        rule(scale=10),
        rule({"entities": ("sensor.dropped",)}, drop=True),
        rule({"entities": ("sensor.dropped",)}, scale=7),
    )
    names = ("sensor.kept", "sensor.dropped", "sensor.other")
    assert apply(ordered, *(state("1", 1, name) for name in names)).states == ["3", "20"]


def test_a_condition_is_asked_for_each_event_and_ends_the_rules_only_where_it_holds() -> None:
    high = rules(
        rule({"state": ("> 10",)}, scale=2, keep=True),
        rule({"state": ("< 0",)}, drop=True),
        rule(offset=1),
    )
    said = ("11", "1", "-1", "12", "2")
    assert apply(high, *(state(value, second) for second, value in enumerate(said))).states == [
        "22",
        "2",
        "24",
        "3",
    ]


def test_a_match_sees_the_event_as_it_came() -> None:
    chain = rules(
        rule({"units": ("kW",)}, map={"1": 2}, convert="W", rename="sensor.b"),
        rule({"entities": ("sensor.a",), "units": ("kW",), "state": ("== 1",)}, offset=1),
        rule({"entities": ("sensor.b",)}, drop=True),
    )
    [event] = apply(chain, state("1", unit_of_measurement="kW")).events
    assert isinstance(event, StateEvent)
    assert (event.entity_id, event.state) == ("sensor.b", "2001")


def test_a_name_may_be_made_of_the_groups_of_a_regex() -> None:
    esp = rules(
        rule({"entities": ("sensor.x", "/^sensor\\.esp_(?P<name>.*)_v(\\d)$/")}, rename=r"sensor.\g<name>")
    )
    told = apply(esp, state("1", 1, "sensor.esp_pump_v2"), state("1", 1, "sensor.esp_pump"))
    assert [event.entity_id for event in told.events if isinstance(event, StateEvent)] == [
        "sensor.pump",
        "sensor.esp_pump",
    ]


def test_a_known_entity_is_asked_about_no_rule_again() -> None:
    many = rules(*(rule({"entities": (f"sensor.{number}_*",)}, scale=2) for number in range(100)))
    attributes = {"a": 1}
    events = [StateEvent(time, f"sensor.{time % 10}_x", "1", attributes) for time in range(1000)]
    apply(many, *events)
    assert many.plans.asked == 10 * (100 + 1)  # all rules by name, then the one that is left by attributes
    apply(many, *events)
    apply(
        many, *(BusEvent(1, "x", {}) for _ in range(50)), *(Reading(1, "x", {}, {"a": 1}) for _ in range(50))
    )
    assert many.plans.asked == 10 * (100 + 1) + 100 + 100


def test_other_attributes_are_asked_about_those_rules_alone_that_look_at_them() -> None:
    many = rules(*(rule({"entities": (f"sensor.{number}",)}, scale=2) for number in range(100)))
    apply(many, *(state("1", 1, "sensor.5", a=number) for number in range(20)))
    assert many.plans.asked == 100 + 1
    sized = rules(*(rule({"attributes": (f"size > {number}",)}, scale=2) for number in range(10)))
    apply(sized, *(state("1", 1, "sensor.5", size=5, other=str(number)) for number in range(20)))
    assert sized.plans.asked == 10 + 10
    assert apply(sized, state("1", 1, "sensor.5", size=1)).states == ["2"]
    assert sized.plans.asked == 10 + 10 + 10


def test_attributes_that_come_as_other_objects_or_again_ask_about_no_rule_again() -> None:
    many = rules(
        *(rule({"device_classes": (f"class {number}",)}, scale=2) for number in range(100)),
        rule({"attributes": ("level > 5",)}, scale=2),
    )
    said = [
        state("1", 1, level=number % 10, other=number, device_class=f"class {number % 1 + 5}")
        for number in range(200)
    ]
    assert apply(many, *said).states == [("4" if number % 10 > 5 else "2") for number in range(200)]
    assert (
        many.plans.asked == 101 + (1 + 10) * 101
    )  # by name, for the first attributes, and once for each level


def test_an_attribute_that_is_a_list_is_known_again_too() -> None:
    listed = rules(rule({"attributes": ("colours ~ *red*",)}, scale=2))
    said = [state("1", 1, colours=["red"] * (number % 2)) for number in range(40)]
    assert apply(listed, *said).states == ["1", "2"] * 20
    assert listed.plans.asked == 1 + 1 + 2  # by name, for the first attributes, and once for each list


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        ("x == true", (True, 1, 1.0, True)),
        ("x ~ /^1$/", (1, 1.0, True, 1)),
        ("x ~ *rue*", ([True], [1], [True])),
    ],
)
def test_attributes_that_python_takes_for_equal_are_not_the_same(
    wanted: str, values: Sequence[object]
) -> None:
    """As a fresh entity with that attribute would be judged."""
    changing = rules(rule({"attributes": (wanted,)}, scale=2))
    told = apply(changing, *(state("1", 1, x=value) for value in values)).states
    assert told == [
        apply(rules(rule({"attributes": (wanted,)}, scale=2)), state("1", 1, x=value)).states[0]
        for value in values
    ]
    assert set(told) == {"1", "2"}


def test_a_condition_holds_at_its_own_minute_and_in_its_own_state_however_often_it_was_asked() -> None:
    noon = rules(
        rule({"times": ("00:01-00:02",), "state": ("> 5",)}, scale=10), rule({"weekdays": ("thu",)}, offset=1)
    )
    said = [state(value, minute * 60) for _ in range(3) for minute in (0, 1, 2) for value in ("4", "6")]
    assert apply(noon, *said).states == ["5", "7", "5", "61", "5", "7"] * 3


def test_another_entry_in_the_registry_is_seen() -> None:
    known = registry(sensor__a="Kitchen")
    kitchen = rules(rule({"areas": ("Kitchen",)}, scale=2), known=known)
    event = StateEvent(1, "sensor.a", "1", {})
    assert apply(kitchen, event).states == ["2"]
    known.learn({"sensor.a": Registered(area="Hall")})
    assert apply(kitchen, event).states == ["1"]


def test_the_attributes_of_history_do_not_displace_those_of_today() -> None:
    old, new = {"unit_of_measurement": "kW"}, {"unit_of_measurement": "W"}
    kilo = rules(rule({"units": ("kW",)}, convert="W"))
    for _ in range(5):
        assert apply(kilo, StateEvent(9, "sensor.a", "1", new)).states == ["1"]
        assert apply(kilo, StateEvent(1, "sensor.a", "1", old), source="history").states == ["1000"]
    assert kilo.plans.asked == 2 * (1 + 1)


def test_an_entity_under_another_name_is_still_what_the_registries_say() -> None:
    known = registry(sensor__a="Kitchen", sensor__c="Hall")
    renaming = rules(rule({"entities": ("sensor.a",)}, rename="sensor.b"), rule(scale=2), known=known)
    assert renaming.aliases
    apply(renaming, state("1", 1, "sensor.a"), state("1", 1, "sensor.c"))
    assert [renaming.aliases.of(name).area for name in ("sensor.b", "sensor.c", "sensor.d")] == [
        "Kitchen",
        "Hall",
        "",
    ]
    assert rules(rule(scale=2)).aliases is None
