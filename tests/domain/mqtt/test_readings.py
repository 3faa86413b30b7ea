import pytest

from ha_bridge.domain.events import Event, Reading, StateEvent
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.domain.mqtt.messages import RECEIVED, STAMP, STAMP_MICROS, message

VALUE = Route("v/{device}/{rest#}", "value")
ENTITY = Route("e/{device}", "value", entity="sensor.{device}")
JSON = Route("j/{device}", "json", measurement="zigbee", time="at")
JSON_ENTITY = Route("k/{device}", "json", entity="sensor.{device}", value="a.b", time="at")


def read(topic: str, payload: str | bytes, *, retain: bool = False) -> Observed:
    reader = MqttReader([VALUE, ENTITY, JSON, JSON_ENTITY])
    (observed,) = reader.read(message(topic, payload, retain=retain), 7, 0.0)
    assert observed.tokens == (7,)
    return observed


def event_of(topic: str, payload: str | bytes, *, retain: bool = False) -> Event | None:
    observed = read(topic, payload, retain=retain)
    assert observed.problem == observed.left_out == ""
    return observed.event


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ("21.5", {"value": 21.5}),
        (" 7\n", {"value": 7.0}),
        ("ON", {"value_str": "ON", "value": 1.0}),
        ("offline", {"value_str": "offline", "value": 0.0}),
        ("heating", {"value_str": "heating"}),
        ("1_000", {"value_str": "1_000"}),
        ("nan", {"value_str": "nan"}),
        ('{"a": 1}', {"value_str": '{"a": 1}'}),
    ],
)
def test_a_bare_value_is_a_reading_tagged_by_its_topic(payload: str, fields: dict[str, float | str]) -> None:
    assert event_of("v/lamp/x/y", payload) == Reading(
        RECEIVED, "mqtt", {"device": "lamp", "rest": "x/y"}, fields
    )


def test_a_capture_of_nothing_is_no_tag() -> None:
    assert event_of("v/lamp", "1") == Reading(RECEIVED, "mqtt", {"device": "lamp"}, {"value": 1.0})


def test_a_bare_value_is_the_state_of_an_entity() -> None:
    event = StateEvent(RECEIVED, "sensor.living_room", "21.5", timed=False)
    assert event_of("e/Living Room", "21.5") == event


def test_what_the_broker_had_kept_is_marked() -> None:
    assert event_of("e/x", "1", retain=True) == StateEvent(
        RECEIVED, "sensor.x", "1", timed=False, retained=True
    )
    assert event_of("v/x", "1", retain=True) == Reading(
        RECEIVED, "mqtt", {"device": "x"}, {"value": 1.0}, retained=True
    )


@pytest.mark.parametrize("topic", ["v/x", "e/x", "j/x", "k/x"])
def test_an_empty_payload_is_nothing(topic: str) -> None:
    assert event_of(topic, "") is None


def test_json_is_a_reading_of_its_fields() -> None:
    event = event_of("j/lamp", '{"t": 21, "on": true, "color": {"x": 0.5}, "mode": "auto"}')
    fields: dict[str, float | str | bool] = {"t": 21.0, "on": 1.0, "color_x": 0.5, "mode_str": "auto"}
    assert event == Reading(RECEIVED, "zigbee", {"device": "lamp"}, fields)


def test_json_may_have_its_own_time() -> None:
    event = event_of("j/lamp", f'{{"t": 21, "at": "{STAMP}"}}')
    assert event == Reading(STAMP_MICROS, "zigbee", {"device": "lamp"}, {"t": 21.0})


def test_json_with_an_unreadable_time_has_that_of_receipt_and_keeps_the_text() -> None:
    event = event_of("j/lamp", '{"t": 21, "at": "noon"}')
    assert event == Reading(RECEIVED, "zigbee", {"device": "lamp"}, {"t": 21.0, "at_str": "noon"})


@pytest.mark.parametrize("payload", ["{}", "null", '{"a": null}'])
def test_json_without_a_scalar_is_nothing(payload: str) -> None:
    assert event_of("j/lamp", payload) is None


def test_json_that_is_too_much_is_told_beside_what_was_kept() -> None:
    observed = read("j/lamp", str(list(range(150))))
    assert isinstance(observed.event, Reading)
    assert len(observed.event.fields) == 100
    assert observed.left_out == "'j/lamp': 50 values, too many or too deep"


@pytest.mark.parametrize(
    ("json", "state"),
    [
        ("21.5", "21.5"),
        ("21", "21"),
        ("true", "on"),
        ("false", "off"),
        ('"idle"', "idle"),
        ('"21.50"', "21.50"),
    ],
)
def test_a_json_value_is_the_state_of_an_entity(json: str, state: str) -> None:
    assert event_of("k/x", f'{{"a": {{"b": {json}}}}}') == StateEvent(
        RECEIVED, "sensor.x", state, timed=False
    )


def test_the_state_of_an_entity_may_have_a_time_which_is_not_that_of_home_assistant() -> None:
    event = StateEvent(STAMP_MICROS, "sensor.x", "1", timed=False)
    assert event_of("k/x", f'{{"a": {{"b": 1}}, "at": "{STAMP}"}}') == event


@pytest.mark.parametrize("payload", ["{}", '{"a": {"b": null}}', '{"a": {"b": ""}}', '{"a": 5}', "5"])
def test_a_document_without_the_value_says_nothing_of_the_entity(payload: str) -> None:
    assert event_of("k/x", payload) is None


@pytest.mark.parametrize(
    ("topic", "payload", "why"),
    [
        ("v/x", b"\xff\xd8", "not UTF-8"),
        ("e/x", b"\xff\xd8", "not UTF-8"),
        ("j/x", b"{", "no JSON"),
        ("k/x", b"{", "no JSON"),
        ("k/x", b'{"a": {"b": []}}', "the state is no text"),
    ],
)
def test_what_cannot_be_read_is_a_problem(topic: str, payload: bytes, why: str) -> None:
    observed = read(topic, payload)
    assert observed.event is None
    assert observed.problem.startswith(f"{topic!r}: ")
    assert why in observed.problem


def test_a_route_picks_and_drops_parts_of_its_documents() -> None:
    document = '{"energy": {"power": 5, "total": 7}, "battery": 80, "list": [1, 2]}'
    reader = MqttReader([Route("j", "json", pick=("energy.*", "list[1]"), drop=("energy.total",))])
    (observed,) = reader.read(message("j", document), 1, 0.0)
    assert isinstance(observed.event, Reading)
    assert observed.event.fields == {"energy_power": 5.0, "list_1": 2.0}
