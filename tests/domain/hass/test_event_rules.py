"""Which events are wanted by what they carry."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import BusEvent
from ha_bridge.domain.hass.event_rules import EventRule, EventRules
from tests.domain.hass.conversation import Conversation
from tests.domain.hass.test_event_types import asked_types, fired

TURN_ON = {"domain": "light", "service": "turn_on", "service_data": {"entity_id": ["light.a", "light.b"]}}


def wants(data: Mapping[str, Any], *rules: EventRule) -> bool:
    return EventRules(rules).wants("call_service", data)


@pytest.mark.parametrize(
    ("texts", "fits"),
    [
        ({}, True),
        ({"domain": ("light",)}, True),
        ({"domain": ("switch", "li*")}, True),
        ({"domain": ("switch",)}, False),
        ({"domain": ("Light",)}, False),
        ({"domain": ("ligh",)}, False),
        ({"domain": ("light",), "service": ("turn_off",)}, False),
        ({"domain": ("light",), "service": ("turn_o?",)}, True),
        ({"service_data.entity_id": ("light.b",)}, True),
        ({"service_data.entity_id": ("light.c",)}, False),
        ({"service_data": ("*",)}, True),
        ({"service_data.brightness": ("*",)}, False),
        ({"domain.deeper": ("*",)}, False),
        ({"missing": ("*",)}, False),
    ],
)
def test_every_path_has_to_fit_and_one_text_of_each(texts: dict[str, tuple[str, ...]], fits: bool) -> None:
    assert wants(TURN_ON, EventRule("call_service", include=texts)) is fits
    assert wants(TURN_ON, EventRule("call_service", exclude=texts)) is not (fits and bool(texts))


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5"), (1.5, "1.5"), (True, "true"), (None, "null"), ("5", "5"), ([[7]], "7")]
)
def test_numbers_and_words_of_json_are_meant_as_json_has_them(value: object, text: str) -> None:
    assert wants({"press": value}, EventRule("call_*", include={"press": (text,)}))
    assert not wants({"press": value}, EventRule("call_*", include={"press": ("x", "True", "6")}))


def test_a_type_without_a_rule_is_wanted_as_it_is() -> None:
    assert EventRules([EventRule("zha_event", include={"device": ("x",)})]).wants("call_service", {})
    assert EventRules().wants("call_service", {})


def test_what_is_excluded_is_never_wanted_whatever_a_rule_says() -> None:
    rules = EventRules([EventRule("call_service")], ["call_*", "zha_event"])
    assert [rules.wants(name, {}) for name in ("call_service", "zha_event", "other")] == [False, False, True]


values = st.sampled_from(["a", "ab", "b", 1])
data = st.dictionaries(st.sampled_from("xyz"), values | st.lists(values, max_size=2))
texts = st.dictionaries(
    st.sampled_from("xyz"), st.lists(st.sampled_from(["a", "a*", "*", "1", "c"]), min_size=1).map(tuple)
)
some_rules = st.lists(
    st.builds(EventRule, st.sampled_from(["call_service", "call_*", "other"]), texts, texts)
)


@given(some_rules, data)
def test_rules_of_a_type_add_up_and_what_one_excludes_stays_out(
    rules: list[EventRule], event: dict[str, Any]
) -> None:
    def fit(wanted: Mapping[str, Any]) -> bool:
        for key, patterns in wanted.items():
            found = event.get(key, [])
            found = found if isinstance(found, list) else [found]
            if not any(fnmatchcase(str(each), pattern) for each in found for pattern in patterns):
                return False
        return True

    of_this = [rule for rule in rules if rule.event_type != "other"]
    included = not of_this or any(fit(rule.include) for rule in of_this)
    excluded = any(rule.exclude and fit(rule.exclude) for rule in of_this)
    assert wants(event, *rules) is (included and not excluded)


def test_a_rule_asks_for_its_type_and_takes_what_fits() -> None:
    rule = EventRule("call_service", include={"domain": ("light",)})
    talk = Conversation(event_types=("automation_triggered",), events=(rule,))
    talk.open()
    assert asked_types(talk) == ["automation_triggered", "call_service"]
    switch = {**TURN_ON, "domain": "switch"}
    told = talk.tell(fired("call_service", TURN_ON), fired("call_service", switch), kind="call_service")
    assert [event.data for event in told if isinstance(event, BusEvent)] == [TURN_ON]


def test_a_rule_for_a_glob_needs_all_types_and_an_excluded_type_stays_out() -> None:
    rule = EventRule("zha_*", include={"device": ("x",)})
    talk = Conversation(events=(rule,), exclude_event_types=("zha_secret",))
    talk.open()
    assert asked_types(talk) == [None]
    number = talk.asked_of_events[-2]["id"]
    events = [fired(kind, {"device": "x"}) for kind in ("zha_event", "zha_secret", "other")]
    told = talk.say([{"id": number, "type": "event", "event": event} for event in events])
    assert [event.event_type for event in told if isinstance(event, BusEvent)] == ["zha_event"]
