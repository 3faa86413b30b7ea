"""Differences add up: who applies them to the snapshot knows every state, as HA's frontend does."""

import json
from typing import Any

from ha_bridge.demo import wire
from ha_bridge.demo.home import Home, changed_only
from ha_bridge.demo.states import Changed, Context, State

START = 1_800_000_000.0

Compressed = dict[str, dict[str, Any]]


def test_a_follower_of_the_differences_knows_every_state() -> None:
    home = Home(seed=5, rate=100)
    known: Compressed = {}
    for step in range(300):
        for change in changed_only(home.step(START + step)):
            message = wire.addressed(wire.event_message(wire.entity_dict(change)), 1)
            apply(known, json.loads(message)["event"])
    expected = {state.entity_id: wire.compressed(state) for state in home.states}
    assert {entity: comparable(state) for entity, state in known.items()} == {
        entity: comparable(json.loads(wire.encode(state))) for entity, state in expected.items()
    }


def test_a_context_differs_by_as_much_as_it_must() -> None:
    plain, other = Context("A"), Context("B")
    asked, caused = Context("A", user_id="U"), Context("B", parent_id="P")
    assert difference(plain, plain) is None
    assert difference(plain, other) == "B"
    assert difference(plain, asked) == {"user_id": "U"}
    assert difference(plain, caused) == {"parent_id": "P", "id": "B"}


def test_an_attribute_that_appears_as_null_is_not_told() -> None:
    one = State("light.hall", "on", {}, START, START, Context("A"))
    two = State("light.hall", "on", {"effect": None}, START, START + 1, Context("A"))
    told = wire.entity_dict(Changed("light.hall", one, two, START + 1, two.context))
    assert told == {"c": {"light.hall": {"+": {"lu": START + 1}}}}


def difference(old: Context, new: Context) -> Any:
    one = State("light.hall", "on", {}, START, START, old)
    two = State("light.hall", "off", {}, START, START, new)
    told = wire.entity_dict(Changed("light.hall", one, two, START, new))
    return json.loads(wire.encode(told))["c"]["light.hall"]["+"].get("c")


def apply(known: Compressed, event: Any) -> None:
    """Do what a client does with an event of `subscribe_entities`."""
    known.update(event.get("a", {}))
    for entity_id in event.get("r", ()):
        del known[entity_id]
    for entity_id, change in event.get("c", {}).items():
        merge(known[entity_id], change.get("+", {}))
        for key in change.get("-", {}).get("a", ()):
            del known[entity_id]["a"][key]


def merge(state: dict[str, Any], added: dict[str, Any]) -> None:
    if "lc" in added:
        state.pop("lu", None)
    context = added.get("c")
    if isinstance(context, dict):
        old = state["c"] if isinstance(state["c"], dict) else {"id": state["c"]}
        added = {**added, "c": {**old, **context}}
    elif context is not None and isinstance(state["c"], dict):
        added = {**added, "c": {**state["c"], "id": context}}
    state.update({key: value for key, value in added.items() if key != "a"})
    state["a"] = {**state["a"], **added.get("a", {})}


def comparable(state: dict[str, Any]) -> dict[str, Any]:
    """Leave out nulls, which a difference does not tell from nothing, and spell contexts in one way."""
    context = state["c"] if isinstance(state["c"], dict) else {"id": state["c"]}
    return {
        **state,
        "a": {key: value for key, value in state["a"].items() if value is not None},
        "c": {key: value for key, value in context.items() if value is not None},
    }
