"""What is wrong with a rule is told before it runs."""

from typing import Any

import pytest

from ha_bridge.domain.rules.flaws import flaws
from ha_bridge.domain.rules.rule import label
from ha_bridge.unit_conversion import conversion, is_unit
from tests.domain.rules.making import rule


def wrong(match: dict[str, Any] | None = None, **actions: Any) -> dict[str, str]:
    found = flaws(rule(match, **actions), ["main", "other"], is_unit, conversion)
    return {flaw.key: flaw.why for flaw in found}


@pytest.mark.parametrize(
    "actions",
    [
        {"drop": True},
        {"keep": True},
        {"round": 0},
        {"fields": ("a",), "deadband": 2},
        {"type": "number", "default": 1.5},
        {"type": "boolean", "default": False},
        {"convert": "°C", "convert_from": "°F", "fields": ("a",)},
        {"rename": "sensor.x"},
        {"sinks": ("main",)},
        {"set_tags": {"a": ""}},
    ],
)
def test_what_makes_sense_is_right(actions: dict[str, Any]) -> None:
    assert wrong(**actions) == {}


def test_comparisons_that_may_all_hold_are_right() -> None:
    states = ("1", "== 1.0", "> 0", "!= 5", "~ 1*")
    assert wrong({"state": states, "attributes": ("a", "a == 1", "b == true", "c == null")}, drop=True) == {}


def test_a_conversion_between_units_of_a_kind_is_right() -> None:
    assert wrong({"units": ("Wh", "kWh")}, convert="kWh") == {}


def test_a_name_of_the_groups_that_there_are_is_right() -> None:
    assert wrong({"entities": ("/a(.)/", "sensor.x")}, rename=r"sensor.\1") == {}


@pytest.mark.parametrize(
    ("match", "actions", "key", "words"),
    [
        ({}, {}, "", "it does nothing"),
        ({}, {"drop": True, "round": 1, "keep": True}, "drop", "round, keep"),
        ({}, {"fields": ("a",), "measurement": "x"}, "fields", "map, type"),
        ({}, {"default": 1, "round": 1}, "default", "type ="),
        ({}, {"default": "1", "type": "number"}, "default", "not str"),
        ({}, {"convert": "wat"}, "convert", "no such unit"),
        ({}, {"convert": "W", "convert_from": "wat"}, "convert_from", "no such unit"),
        ({}, {"convert_from": "W", "round": 1}, "convert_from", "convert ="),
        ({}, {"convert": "W", "fields": ("a",)}, "convert", "convert_from"),
        ({"measurements": ("m",)}, {"convert": "W"}, "convert", "convert_from"),
        ({}, {"rename": "kitchen"}, "rename", "sensor.kitchen_power"),
        ({}, {"rename": r"sensor.\1"}, "rename", "regex"),
        ({"entities": ("/a(.)/",)}, {"rename": r"sensor.\2"}, "rename", "/a(.)/"),
        ({}, {"set_tags": {"time": "x"}}, "set_tags.time", "another name"),
        ({}, {"sinks": ("main", "mian")}, "sinks", "main, other"),
        ({"entities": ("/(/",)}, {"drop": True}, "match.entities", "no regular expression"),
        ({"times": ("noon",)}, {"drop": True}, "match.times", "22:00-06:00"),
        ({"state": ("a > 5",)}, {"drop": True}, "match.state", "> 20"),
        ({"domains": ("a",), "event_types": ("b",)}, {"drop": True}, "match.event_types", "two rules"),
        ({"attributes": ("icon ~ /(/",)}, {"drop": True}, "match.attributes", "no regular expression"),
        ({"state": ("~ /(/",)}, {"drop": True}, "match.state", "no regular expression"),
        ({"state": ("on", "open")}, {"drop": True}, "match.state", "~ /^(on|open)$/"),
        ({"state": ("== 1", "!= 2", "== 2")}, {"drop": True}, "match.state", "nothing is two things"),
        ({"attributes": ("a == true", "a == false")}, {"drop": True}, "match.attributes", "two things"),
        ({"attributes": ("a == 1", "a == x")}, {"drop": True}, "match.attributes", "nothing is two things"),
        ({}, {"drop_attributes": ("icon", "/(/")}, "drop_attributes", "no regular expression"),
        ({}, {"default": True, "type": "number"}, "default", "not bool"),
        ({}, {"convert_from": "kWh", "convert": "°C"}, "convert", "kWh cannot be converted"),
        ({"units": ("Wh", "°C")}, {"convert": "kWh"}, "convert", "°C cannot be converted"),
        ({"event_types": ("a",)}, {"heartbeat": 5}, "heartbeat", "match.event_types"),
        ({"measurements": ("a",)}, {"rename": "sensor.x"}, "rename", "match.measurements"),
        ({"event_types": ("a",), "measurements": ("b",)}, {"drop": True}, "match.measurements", "two rules"),
    ],
)
def test_what_does_not_is_told_with_its_key_and_its_mend(
    match: dict[str, Any], actions: dict[str, Any], key: str, words: str
) -> None:
    found = wrong(match, **actions)
    assert words in found[key]
    assert set(found) == {key}


def test_a_rule_is_called_by_its_number_and_its_name() -> None:
    assert label(2, "watts") == 'rule 2 "watts"'
    assert label(2, "") == "rule 2"
