import pytest

from ha_bridge.domain.events import BusEvent, Event, Reading, StateEvent, Unreadable, from_json, to_json


@pytest.mark.parametrize(
    "event",
    [
        StateEvent(1, "sensor.a", "1", {"unit": "W"}, "", timed=False),
        BusEvent(1, "call_service", {"domain": "light"}, "context"),
        Reading(1, "mqtt", {"room": "hall"}, {"value": 1.0, "text": "a", "on": True}),
        Unreadable(1, "a/topic", b"\xff{", "no JSON"),
    ],
)
def test_a_dead_letter_holds_an_event_whole(event: Event) -> None:
    assert from_json(to_json(event)) == event


def test_what_json_cannot_hold_is_kept_as_text_that_is_no_event() -> None:
    text = to_json(StateEvent(1, "sensor.a", "1", {"x": object()}))
    assert b"sensor.a" in text
    with pytest.raises(ValueError, match="JSON"):
        from_json(text)
