"""What becomes of snapshots, diffs and removals, and of diffs that have no base."""

from typing import Any

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.hass.states import States
from tests.domain.hass.conversation import RECEIVED, Conversation
from tests.domain.hass.home import iso

LAMP = {"s": "on", "a": {"brightness": 5, "friendly_name": "Lamp"}, "c": "x", "lc": 100.0, "lu": 100.25}


def changed(entity_id: str = "light.lamp", *, minus: list[str] | None = None, **plus: Any) -> dict[str, Any]:
    return {"c": {entity_id: {"+": plus} | ({"-": {"a": minus}} if minus else {})}}


def one(events: list[Event]) -> StateEvent:
    (event,) = events
    assert isinstance(event, StateEvent)
    return event


def test_a_snapshot_tells_every_entity_with_its_own_time_and_no_previous_state() -> None:
    other = {"s": "21.5", "a": {}, "c": "x", "lc": 7.0}
    events = Conversation().open({"light.lamp": LAMP, "sensor.a": other})
    assert events == [
        StateEvent(100_250_000, "light.lamp", "on", {"brightness": 5, "friendly_name": "Lamp"}, None),
        StateEvent(7_000_000, "sensor.a", "21.5", {}, None),
    ]


def test_times_round_as_home_assistants_datetimes_do() -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    seconds = 1_710_000_000.123456
    assert one(talk.tell(changed(s="off", lc=seconds))).time == 1_710_000_000_123_456
    assert one(talk.tell(changed(lu=1_710_000_001.9999999))).time == 1_710_000_002_000_000


def test_a_change_of_state_keeps_the_attributes_object() -> None:
    talk = Conversation()
    first = one(talk.open({"light.lamp": LAMP}))
    event = one(talk.tell(changed(s="off", lc=101.0)))
    assert event == StateEvent(101_000_000, "light.lamp", "off", first.attributes, "on")
    assert event.attributes is first.attributes


def test_a_change_of_attributes_keeps_the_state() -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    event = one(talk.tell(changed(a={"brightness": 9}, lu=102.0)))
    assert event == StateEvent(
        102_000_000, "light.lamp", "on", {"brightness": 9, "friendly_name": "Lamp"}, "on"
    )


def test_removed_attributes_go_and_earlier_events_keep_theirs() -> None:
    talk = Conversation()
    first = one(talk.open({"light.lamp": LAMP}))
    event = one(talk.tell(changed(lu=102.0, minus=["brightness", "never_seen"])))
    assert event.attributes == {"friendly_name": "Lamp"}
    assert first.attributes == LAMP["a"]


def test_an_entity_that_appears_had_no_state_before() -> None:
    talk = Conversation()
    talk.open()
    assert one(talk.tell({"a": {"light.lamp": LAMP}})).previous == ""


def test_a_removal_has_no_state_and_the_time_of_receipt() -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    assert one(talk.tell({"r": ["light.lamp"]})) == StateEvent(
        RECEIVED, "light.lamp", None, None, "on", timed=False
    )
    assert one(talk.tell({"r": ["light.lamp"]})).previous is None


def test_a_removal_on_the_events_road_has_home_assistants_time() -> None:
    talk = Conversation("events")
    talk.open()
    data = {"entity_id": "light.lamp", "old_state": None, "new_state": None}
    event = {"event_type": "state_changed", "data": data, "time_fired": iso(9.5)}
    assert one(talk.tell(event)) == StateEvent(9_500_000, "light.lamp", None)


def test_an_entity_that_comes_back_after_its_removal_is_new() -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    talk.tell({"r": ["light.lamp"]})
    assert one(talk.tell({"a": {"light.lamp": LAMP}})).previous == ""


def test_after_a_reconnect_previous_is_the_last_state_known() -> None:
    states = States()
    first = one(Conversation(states=states).open({"light.lamp": LAMP}))
    event = one(Conversation(states=states).open({"light.lamp": LAMP | {"s": "off", "lc": 200.0}}))
    assert (event.state, event.previous) == ("off", "on")
    assert event.attributes is first.attributes


def test_an_entity_that_a_starting_home_assistant_does_not_have_yet_is_gone_and_not_forgotten() -> None:
    states = States()
    Conversation(states=states).open({"light.lamp": LAMP})
    talk = Conversation(states=states)
    gone = one(talk.open({}))
    assert isinstance(gone, StateEvent)
    assert (gone.entity_id, gone.state, gone.previous, gone.timed) == ("light.lamp", None, "on", False)
    assert Conversation(states=states).open({}) == []
    assert one(talk.tell({"a": {"light.lamp": LAMP | {"s": "off"}}})).previous == "on"


def test_a_change_of_an_unknown_entity_is_told_and_a_snapshot_asked_for() -> None:
    talk = Conversation()
    talk.open()
    assert one(talk.tell(changed(s="off", lu=101.0))) == StateEvent(101_000_000, "light.lamp", "off")
    (problem,) = talk.problems
    assert "light.lamp" in problem
    assert len(talk.requests("subscribe_entities")) == 2


def test_a_change_of_an_unknown_entity_without_a_state_or_time_tells_nothing() -> None:
    talk = Conversation()
    talk.open()
    assert talk.tell(changed(lu=101.0), changed(s="on")) == []
    assert len(talk.problems) == 1


def test_the_new_subscription_takes_over_with_its_snapshot_and_nothing_comes_twice() -> None:
    talk = Conversation()
    talk.open({"sensor.a": LAMP})
    old = talk.number()
    talk.tell(changed(s="off", lc=101.0))
    new = talk.number()
    talk.confirm(new)
    between = one(talk.say({"id": old, "type": "event", "event": changed("sensor.a", s="between", lc=102.0)}))
    assert between.state == "between"
    snapshot = {"a": {"light.lamp": LAMP, "sensor.a": LAMP}}
    assert len(talk.tell(snapshot)) == 2
    (goodbye,) = talk.requests("unsubscribe_events")
    assert goodbye["subscription"] == old
    talk.confirm(goodbye["id"])
    late = {"c": changed("light.lamp", s="late", lc=103.0)["c"], "a": {"light.b": LAMP}, "r": ["sensor.a"]}
    assert talk.say({"id": old, "type": "event", "event": late}) == []
    assert one(talk.tell(changed(s="late", lc=103.0))).previous == "on"
    assert talk.protocol.live


def test_an_entity_that_no_snapshot_has_is_asked_for_once() -> None:
    talk = Conversation(ping_interval=10_000)
    talk.open()
    talk.tell(changed(s="off", lc=101.0))
    talk.tell({"a": {}})
    talk.wait(1000)
    assert one(talk.tell(changed(s="on", lc=102.0))).state == "on"
    talk.wait(1000)
    assert len(talk.requests("subscribe_entities")) == 2


def test_snapshots_are_asked_for_at_most_once_a_minute() -> None:
    talk = Conversation(ping_interval=10_000)
    talk.open()
    talk.tell(changed("light.a", s="off", lc=101.0))
    talk.tell(changed("light.b", s="off", lc=101.0))
    assert len(talk.requests("subscribe_entities")) == 2
    talk.tell({"a": {}})
    talk.tell(changed("light.c", s="off", lc=101.0))
    talk.wait(59)
    assert len(talk.requests("subscribe_entities")) == 2
    talk.wait(1)
    assert len(talk.requests("subscribe_entities")) == 3


def test_an_event_that_home_assistant_cannot_put_into_json_is_a_problem_and_mended() -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    assert talk.refuse(talk.number(), "unknown_error", "Invalid JSON in response") == []
    (problem,) = talk.problems
    assert "Invalid JSON in response" in problem
    assert len(talk.requests("subscribe_entities")) == 2


def test_one_bad_entity_does_not_spoil_a_snapshot() -> None:
    talk = Conversation()
    events = talk.open({"light.bad": {"s": None, "a": {}, "lc": 1.0}, "light.lamp": LAMP})
    assert [event.entity_id for event in events if isinstance(event, StateEvent)] == ["light.lamp"]
    assert talk.protocol.live
    (problem,) = talk.problems
    assert "light.bad" in problem


def test_a_diff_that_cannot_be_read_leaves_no_base_for_the_next() -> None:
    talk = Conversation()
    talk.open({"light.lamp": LAMP})
    old = talk.number()
    assert talk.tell(changed(s=7, lc=101.0)) == []
    next_change = {"id": old, "type": "event", "event": changed(s="off", lc=102.0)}
    assert one(talk.say(next_change)) == StateEvent(102_000_000, "light.lamp", "off")
    event = one(talk.tell({"a": {"light.lamp": LAMP}}))
    assert event.previous == "on"


def test_the_events_road_asks_for_no_snapshots() -> None:
    talk = Conversation("events")
    talk.open()
    talk.raw(b"nonsense")
    talk.wait(1)
    assert not talk.requests("subscribe_entities")


def test_a_snapshot_without_an_entity_known_before_says_that_one_has_vanished() -> None:
    states, both = States(), {"a.a": LAMP, "b.b": LAMP}
    assert not Conversation(states=states).protocol.vanished
    for snapshot, vanished in ((both, True), (both, False), ({"a.a": LAMP}, True)):
        talk = Conversation(states=states)
        talk.open(snapshot)
        assert talk.protocol.vanished is vanished
    assert states.entity_ids() == ["a.a", "b.b"]
    states.gone("b.b", 1, timed=False)
    assert states.entity_ids() == ["a.a"]


def test_what_was_last_told_of_every_entity_that_is_there_is_known() -> None:
    states = States()
    talk = Conversation(states=states)
    talk.open({"light.lamp": LAMP, "light.hall": LAMP})
    event = one(talk.tell(changed(s="off", lc=101.0)))
    talk.tell({"r": ["light.hall"]})
    assert states.latest() == [event]


def test_the_unit_in_which_an_entity_was_last_shown_is_known() -> None:
    states = States()
    talk = Conversation(states=states)
    power = {"s": "5", "a": {"unit_of_measurement": "W"}, "c": "x", "lc": 7.0}
    talk.open(
        {"light.lamp": LAMP, "sensor.power": power, "sensor.bare": {"s": "5", "a": {}, "c": "x", "lc": 7.0}}
    )
    units = [
        states.unit_of(entity_id) for entity_id in ("sensor.power", "light.lamp", "sensor.bare", "sensor.x")
    ]
    assert units == ["W", "", "", ""]
    talk.tell(changed("sensor.power", a={"unit_of_measurement": "kW"}, lu=8.0))
    assert states.unit_of("sensor.power") == "kW"


def test_it_is_known_in_which_unit_home_assistant_shows_an_entity() -> None:
    states = States()
    talk = Conversation(states=states)
    talk.open({"sensor.a": {**LAMP, "a": {"unit_of_measurement": "°F"}}, "light.lamp": LAMP})
    units = [states.unit_of(each) for each in ("sensor.a", "light.lamp", "sensor.b", "climate.c")]
    assert units == ["°F", "", "", ""]
    other = Conversation(states=states)
    other.let_in()
    other.confirm(2, {"state": "RUNNING", "unit_system": {"temperature": "°F"}})
    assert [states.unit_of(each) for each in ("climate.c", "water_heater.d")] == ["°F", "°F"]
