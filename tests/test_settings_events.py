"""[[home_assistant.events]]: events that are carried by what is in them."""

from pathlib import Path

import pytest

from ha_bridge.domain.hass.event_rules import EventRule
from ha_bridge.settings import rows
from tests.settings_home import Home

RULE = '[[home_assistant.events]]\nevent_type = "call_service"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("written", "include"),
    [
        ('include = {domain = "light"}', {"domain": ("light",)}),
        ('include = {domain = ["light", "sw*"]}', {"domain": ("light", "sw*")}),
        ("include = {press = 5, long = true, x = 1.5}", {"press": ("5",), "long": ("true",), "x": ("1.5",)}),
        ('include = {service_data = {entity_id = "light.a"}}', {"service_data.entity_id": ("light.a",)}),
        ('include.service_data.entity_id = "light.a"', {"service_data.entity_id": ("light.a",)}),
        ('include = {"service_data.entity_id" = "light.a"}', {"service_data.entity_id": ("light.a",)}),
        ("include = {}", {}),
    ],
)
def test_data_may_be_written_as_one_thinks_of_them(
    home: Home, written: str, include: dict[str, tuple[str, ...]]
) -> None:
    home.settings(RULE + written)
    assert home.load().home_assistant.rules() == (EventRule("call_service", include),)


@pytest.mark.parametrize(
    ("written", "key", "words"),
    [
        ('include = "light"', "include", "a table"),
        ("include = {domain = []}", "include", "nothing"),
        ("exclude = {domain = [{a = 1}]}", "exclude", "texts, globs, numbers"),
        ("include = {domain = 2024-01-02}", "include", "texts, globs, numbers"),
        ('included = {domain = "light"}', "included", "no such key"),
    ],
)
def test_what_cannot_be_meant_is_told_with_what_to_write(
    home: Home, written: str, key: str, words: str
) -> None:
    home.settings(RULE + written)
    [(path, problem)] = home.problems().items()
    assert path == f"home_assistant.events[0].{key}"
    assert words in problem.message


def test_a_rule_needs_a_type_of_other_events_than_states(home: Home) -> None:
    home.settings('[[home_assistant.events]]\ninclude = {a = "b"}\n')
    assert list(home.problems()) == ["home_assistant.events[0].event_type"]
    home.settings('[[home_assistant.events]]\nevent_type = "state_changed"\n')
    assert "[filter]" in home.problems()["home_assistant.events[0].event_type"].message


def test_rules_are_shown_key_by_key(home: Home) -> None:
    home.settings(RULE + 'include = {domain = ["light", "switch"]}')
    shown = {row.key: row.value for row in rows(home.load()) if row.key.startswith("home_assistant.events")}
    assert shown == {
        "home_assistant.events[0].event_type": "call_service",
        "home_assistant.events[0].include.domain": '["light", "switch"]',
        "home_assistant.events[0].exclude": "{}",
    }
