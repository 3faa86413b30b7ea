"""Home Assistant's registries, as a connection learns them and keeps up with them."""

from typing import Any

import pytest

from ha_bridge.domain.events import BusEvent
from tests.domain.hass.conversation import REGISTRIES, Conversation
from tests.domain.hass.test_event_types import fired

ENTITY = {"entity_id": "light.a", "id": "e1", "unique_id": "0x1", "platform": "mqtt", "device_id": "d1"}
DEVICE = {"id": "d1", "area_id": "hall", "name": "Lamp", "name_by_user": None}
AREA = {"area_id": "hall", "name": "Hall"}
LISTS: dict[str, Any] = {"entity": [ENTITY], "device": [DEVICE], "area": [AREA]}


def lists(talk: Conversation) -> list[str]:
    """Which registries were asked for, in order."""
    return [
        request["type"].removeprefix("config/").removesuffix("_registry/list")
        for request in talk.asked
        if request["type"].endswith("_registry/list")
    ]


def asked_last(talk: Conversation, kind: str) -> int:
    return int(talk.requests(f"config/{kind}_registry/list")[-1]["id"])


def updated(talk: Conversation, kind: str, **data: Any) -> list[Any]:
    event_type = f"{kind}_registry_updated"
    return talk.tell(fired(event_type, {"action": "update", **data}), kind=event_type)


def test_the_registries_are_known_before_the_first_state_is_told() -> None:
    talk = Conversation()
    talk.let_in()
    assert sorted(lists(talk)) == sorted(REGISTRIES)
    assert max(asked_last(talk, kind) for kind in REGISTRIES) < talk.number()
    subscribed = [talk.number(f"{kind}_registry_updated") for kind in REGISTRIES]
    assert max(subscribed) < min(asked_last(talk, kind) for kind in REGISTRIES)


def test_what_the_registries_say_is_known_of_an_entity() -> None:
    talk = Conversation()
    talk.open(**LISTS)
    known = talk.registry.of("light.a")
    assert (known.id, known.area, known.device, known.integration) == ("e1", "Hall", "Lamp", "mqtt")
    assert talk.registry.entity_id("mqtt", "0x1") == "light.a"
    assert talk.problems == []


def test_a_burst_of_changes_is_one_question_for_what_changed() -> None:
    talk = Conversation()
    talk.open(**LISTS)
    before = len(lists(talk))
    talk.wait(10)
    for _ in range(50):
        assert updated(talk, "area", area_id="hall") == []
    assert lists(talk)[before:] == []
    talk.wait(0.6)
    assert lists(talk)[before:] == ["area"]
    talk.confirm(asked_last(talk, "area"), [{"area_id": "hall", "name": "Lobby"}])
    assert talk.registry.of("light.a").area == "Lobby"
    talk.wait(100)
    assert lists(talk)[before:] == ["area"]


def test_changes_that_go_on_are_asked_for_now_and_then() -> None:
    talk = Conversation(ping_interval=1000)
    talk.open(**LISTS)
    before = len(lists(talk))
    for _ in range(100):
        updated(talk, "entity", entity_id="light.a", changes={})
        talk.wait(0.2)
        if len(lists(talk)) > before:
            talk.confirm(asked_last(talk, "entity"), [ENTITY])
    assert 3 <= len(lists(talk)) - before <= 5


def test_nothing_is_asked_again_while_an_answer_is_awaited() -> None:
    talk = Conversation(ping_interval=1000)
    talk.open(**LISTS)
    before = len(lists(talk))
    updated(talk, "device")
    talk.wait(10)
    updated(talk, "device")
    talk.wait(10)
    assert lists(talk)[before:] == ["device"]
    talk.confirm(asked_last(talk, "device"), [{**DEVICE, "name_by_user": "Old lamp"}])
    talk.wait(10)
    assert lists(talk)[before:] == ["device", "device"]


def test_a_renamed_entity_is_known_under_its_new_id_at_once() -> None:
    talk = Conversation()
    talk.open(**LISTS)
    known = talk.registry.of("light.a")
    updated(talk, "entity", entity_id="light.b", old_entity_id="light.a", changes={"entity_id": "light.a"})
    assert talk.registry.of("light.b") is known
    talk.wait(10)
    talk.confirm(asked_last(talk, "entity"), [{**ENTITY, "entity_id": "light.b"}])
    assert talk.registry.of("light.b") is known
    assert talk.registry.of("light.a").id == ""


def test_an_awkward_change_is_a_change() -> None:
    talk = Conversation()
    talk.open(**LISTS)
    before = len(lists(talk))
    updated(talk, "entity", entity_id=None, old_entity_id=["light.a"])
    updated(talk, "entity", entity_id="light.x", old_entity_id="light.never_heard_of")
    talk.wait(10)
    assert lists(talk)[before:] == ["entity"]
    assert talk.problems == []


def test_changes_of_the_registries_are_stored_only_where_they_are_asked_for() -> None:
    plain, curious = Conversation(), Conversation(event_types=("entity_registry_updated",))
    for talk in (plain, curious):
        talk.open(**LISTS)
    assert updated(plain, "entity", entity_id="light.a") == []
    (event,) = updated(curious, "entity", entity_id="light.a")
    assert isinstance(event, BusEvent)
    own = curious.requests("subscribe_events")[0]
    assert own["event_type"] == "entity_registry_updated"
    message = fired("entity_registry_updated", {"action": "update", "entity_id": "light.a"})
    assert curious.say({"id": own["id"], "type": "event", "event": message}) == []


def test_a_version_without_floors_and_labels_does_without() -> None:
    talk = Conversation()
    talk.let_in()
    for kind in REGISTRIES:
        if kind in LISTS:
            talk.confirm(asked_last(talk, kind), LISTS[kind])
        else:
            talk.refuse(asked_last(talk, kind), "unknown_command", "Unknown command.")
    assert talk.registry.of("light.a").area == "Hall"
    assert (talk.protocol.note, talk.problems) == ("", [])


def test_what_home_assistant_keeps_from_us_is_said_and_the_rest_is_known() -> None:
    talk = Conversation()
    talk.let_in()
    talk.refuse(asked_last(talk, "device"), "unauthorized", "Unauthorized")
    for kind in ("entity", "area", "floor", "label"):
        talk.confirm(asked_last(talk, kind), [{**ENTITY, "area_id": "hall"}] if kind == "entity" else [])
    assert talk.protocol.note == (
        "Home Assistant does not give us its device registry (Unauthorized (unauthorized))"
    )
    assert talk.registry.of("light.a").integration == "mqtt"


def test_a_registry_that_cannot_be_read_is_a_problem_and_what_was_known_stays() -> None:
    talk = Conversation()
    talk.open(**LISTS)
    updated(talk, "area")
    updated(talk, "device")
    talk.wait(10)
    talk.confirm(asked_last(talk, "area"), {"no": "list"})
    talk.confirm(asked_last(talk, "device"), [{**DEVICE, "name": "Light"}, {"id": None}])
    assert (talk.registry.of("light.a").area, talk.registry.of("light.a").device) == ("Hall", "Light")
    whole, entry = talk.problems
    assert "the area registry" in whole
    assert "an entry of the device registry" in entry


def test_a_home_assistant_that_has_no_registries_yet_is_asked_again_when_it_has_started() -> None:
    talk = Conversation()
    talk.let_in()
    talk.registry.learn({"light.a": talk.registry.of("light.a")})
    for kind in REGISTRIES:
        talk.refuse(asked_last(talk, kind), "unknown_command", "Unknown command.")
    assert list(talk.registry.entity_ids()) == ["light.a"]
    talk.confirm(2, {"state": "STARTING"})
    talk.wait(6)
    talk.confirm(talk.requests("get_config")[-1]["id"], {"state": "RUNNING"})
    talk.confirm(talk.number())
    talk.tell({"a": {}})
    talk.wait(6)
    assert len(lists(talk)) == 2 * len(REGISTRIES)
    for kind in REGISTRIES:
        talk.confirm(asked_last(talk, kind), LISTS.get(kind, []))
    assert talk.registry.of("light.a").area == "Hall"


@pytest.mark.parametrize("kind", REGISTRIES)
def test_where_changes_are_not_told_of_everything_is_asked_for_with_the_next_question(kind: str) -> None:
    talk = Conversation()
    talk.let_in()
    talk.refuse(talk.number(f"{kind}_registry_updated"), "unauthorized", "Unauthorized")
    for each in REGISTRIES:
        talk.confirm(asked_last(talk, each), LISTS.get(each, []))
    before = len(lists(talk))
    updated(talk, "entity" if kind != "entity" else "device")
    talk.wait(10)
    assert kind in lists(talk)[before:]
    assert talk.protocol.note == ""
