"""What updates and events say. That real ones are told like this the system tests show."""

import json
from typing import Any

import pytest

from tests.domain.mqtt.discovery.announcing import Home, told
from tests.domain.mqtt.messages import RECEIVED

UPDATE: Any = {"name": "A", "stat_t": "t", "l_ver_t": "l"}


def states(home: Home, topic: str, *payloads: str) -> list[str | None]:
    return [state for state, _ in told(home, topic, *payloads)]


def test_an_update_is_on_while_there_is_a_newer_version() -> None:
    home = Home()
    home.announce("update/x", UPDATE, title="Board", rel_s="new", rel_u="http://x", entity_picture="http://y")
    assert told(home, "t", "1.0") == [
        (
            "unknown",
            {
                "auto_update": False,
                "display_precision": 0,
                "entity_picture": "http://y",
                "in_progress": False,
                "installed_version": "1.0",
                "latest_version": None,
                "release_summary": "new",
                "release_url": "http://x",
                "skipped_version": None,
                "title": "Board",
                "update_percentage": None,
            },
        )
    ]
    assert states(home, "l", "1.0", "", "v1.0.1", "0.9", "1.10", "other") == ["off", "on", "off", "on", "on"]
    assert states(home, "t", "other", "{}", "") == ["off"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"latest_version": 2}, "on"),
        ({"latest_version": "1"}, "off"),
        ({"latest_version": None}, None),
        ({"latest_version": "2", "colour": "red"}, None),
        ({"latest_version": "2", "release_url": []}, None),
        ({"latest_version": "2", "in_progress": "perhaps"}, None),
        ({"latest_version": "2", "update_percentage": 101}, None),
        ({"latest_version": "2", "update_percentage": "5"}, None),
    ],
)
def test_an_update_in_json_counts_as_a_whole(said: dict[str, Any], state: str | None) -> None:
    home = Home()
    home.announce("update/x", UPDATE)
    assert states(home, "t", json.dumps({"installed_version": "1", **said})) == ([state] if state else [])


def test_an_update_tells_how_far_it_is() -> None:
    home = Home()
    home.announce("update/x", UPDATE)
    payloads = [
        {"installed_version": "1", "latest_version": "2", "release_summary": "x" * 300},
        {"update_percentage": 50},
        {"update_percentage": 60, "in_progress": False},
        {"in_progress": "on"},
        {"update_percentage": None},
    ]
    found = told(home, "t", *map(json.dumps, payloads))
    assert [(each["in_progress"], each["update_percentage"]) for _, each in found] == [
        (False, None),
        (True, 50),
        (False, None),
        (True, None),
        (False, None),
    ]
    assert len(found[0][1]["release_summary"]) == 255


def test_home_assistant_2024_3_knows_no_progress_and_checks_nothing() -> None:
    home = Home(names="2024.3")
    home.announce("update/x", UPDATE)
    payload = {"installed_version": 1, "latest_version": 2, "colour": "red", "in_progress": True}
    ((state, attributes),) = told(home, "t", json.dumps(payload))
    assert (state, attributes["installed_version"], attributes["in_progress"]) == ("on", 1, False)
    assert "display_precision" not in attributes


EVENT: Any = {"name": "A", "stat_t": "t", "evt_typ": ["single", "double"]}
SECOND = 1_000_000


def test_the_state_of_an_event_is_its_time() -> None:
    home = Home()
    home.announce("event/x", EVENT)
    begun = RECEIVED // SECOND * SECOND
    (first,) = home.hear("t", '{"event_type": "single", "side": 2}', received=begun + 1999)
    (second,) = home.hear("t", '{"event_type": "single"}', received=begun + SECOND)
    types = {"event_types": ["single", "double"], "event_type": "single", "friendly_name": "A"}
    assert [first.attributes, second.attributes] == [{**types, "side": 2}, types]
    assert first.state is not None
    assert first.state.endswith(".001+00:00")
    assert second.previous == first.state
    assert (
        home.hear("t", '{"event_type": "triple"}') == home.hear("t", "single") == home.hear("t", "{}") == []
    )


def test_an_event_that_the_broker_had_kept_has_not_happened() -> None:
    home = Home()
    home.announce("event/x", EVENT, retain=False, avty_t="a")
    assert home.hear("t", '{"event_type": "single"}', retain=True) == []
    assert home.states("a", "offline") == [("event.a", "unavailable")]
    assert home.hear("a", "online") == []


def test_an_event_keeps_its_time_while_it_is_away() -> None:
    home = Home()
    home.announce("event/x", EVENT, avty_t="a")
    (event,) = home.hear("t", '{"event_type": "single"}')
    home.hear("a", "offline")
    (again,) = home.hear("a", "online", received=RECEIVED + SECOND)
    assert again.state == event.state
