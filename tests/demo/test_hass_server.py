"""The simulated HA, spoken to by websocket-client."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from websocket import WebSocketBadStatusException, WebSocketException, WebSocketTimeoutException

from ha_bridge.demo.hass import Hass
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.history import History
from tests.demo.hass_peer import HassPeer
from tests.waiting import wait_for

Connect = Callable[[], HassPeer]


def test_the_server_asks_who_is_there_and_welcomes_the_right_token(hass: HassServer) -> None:
    peer = HassPeer(hass.websocket_url, token=None)
    assert peer.receive() == {"type": "auth_required", "ha_version": "2024.3.3"}
    peer.send({"type": "auth", "access_token": hass.token})
    assert peer.receive() == {"type": "auth_ok", "ha_version": "2024.3.3"}
    assert hass.connections == 1
    peer.close()
    wait_for(lambda: hass.connections == 0, what="the client to be forgotten")
    assert hass.accepted == 1


@pytest.mark.parametrize("message", [{"type": "auth", "access_token": "wrong"}, {"type": "ping"}, [], 5])
def test_a_client_that_does_not_know_the_token_is_told_so_and_sent_away(
    hass: HassServer, message: Any
) -> None:
    peer = HassPeer(hass.websocket_url, token=None)
    peer.receive()
    peer.send(message)
    assert peer.receive()["type"] == "auth_invalid"
    with pytest.raises(EOFError):
        peer.receive()
    assert hass.connections == 0


def test_a_client_that_says_nothing_is_sent_away(hass: HassServer) -> None:
    impatient = HassServer(auth_timeout=0.05)
    impatient.start()
    peer = HassPeer(impatient.websocket_url, token=None)
    peer.receive()
    with pytest.raises(EOFError):
        peer.receive()
    impatient.stop()


def test_what_is_not_json_ends_the_connection(peer: HassPeer) -> None:
    peer.send("{nonsense")
    with pytest.raises(EOFError):
        peer.receive()


def test_a_binary_frame_instead_of_a_token_ends_the_connection(hass: HassServer) -> None:
    peer = HassPeer(hass.websocket_url, token=None)
    peer.receive()
    peer.socket.send_binary(b"\x01")
    with pytest.raises(EOFError):
        peer.receive()


def test_a_binary_frame_later_is_ignored(peer: HassPeer) -> None:
    peer.socket.send_binary(b"\x01")
    assert peer.ask("ping") == {"id": 1, "type": "pong"}


def test_there_is_nothing_but_the_api(hass: HassServer) -> None:
    with pytest.raises(WebSocketBadStatusException, match="404"):
        HassPeer(f"ws://127.0.0.1:{hass.port}/", token=None)


def test_ids_have_to_increase(peer: HassPeer) -> None:
    assert peer.ask("ping") == {"id": 1, "type": "pong"}
    peer.last_id = 0
    assert peer.ask("ping") == {
        "id": 1,
        "type": "result",
        "success": False,
        "error": {"code": "id_reuse", "message": "Identifier values have to increase."},
    }


def test_an_unknown_command_is_an_error_and_its_id_may_be_used_again(peer: HassPeer) -> None:
    assert peer.error("make_coffee") == "unknown_command"
    peer.last_id = 0
    assert peer.ask("ping") == {"id": 1, "type": "pong"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ping", {"extra": 1}),
        ("subscribe_events", {"event_type": 5}),
        ("supported_features", {}),
        ("unsubscribe_events", {}),
        ("history/history_during_period", {"start_time": "2024-01-01T00:00:00+00:00"}),
    ],
)
def test_fields_that_ha_does_not_take_are_an_error(peer: HassPeer, kind: str, fields: dict[str, Any]) -> None:
    assert peer.error(kind, **fields) == "invalid_format"


@pytest.mark.parametrize("message", [{"id": 1}, {"type": "ping"}, {"id": True, "type": "ping"}, 7])
def test_a_message_without_id_or_type_is_an_error(peer: HassPeer, message: Any) -> None:
    peer.send(message)
    assert peer.receive()["error"]["code"] == "invalid_format"


def test_several_commands_may_come_in_one_frame(peer: HassPeer) -> None:
    peer.send([{"id": 1, "type": "ping"}, {"id": 2, "type": "ping"}])
    assert [peer.receive()["id"], peer.receive()["id"]] == [1, 2]


def test_the_config_says_whether_ha_is_ready(hass: HassServer, peer: HassPeer) -> None:
    hass.starting()
    assert peer.result("get_config")["state"] == "NOT_RUNNING"
    peer.result("subscribe_events", event_type="homeassistant_started")
    hass.started()
    assert peer.event()["event_type"] == "homeassistant_started"
    config = peer.result("get_config")
    assert (config["state"], config["version"], config["time_zone"]) == ("RUNNING", "2024.3.3", "UTC")


def test_states_are_shown_as_ha_shows_them(hass: HassServer, peer: HassPeer) -> None:
    hass.set_state("sensor.hall", "21.5", {"unit_of_measurement": "°C"})
    (state,) = peer.result("get_states")
    assert list(state) == ["entity_id", "state", "attributes", "last_changed", "last_updated", "context"]
    assert state["attributes"] == {"unit_of_measurement": "°C"}
    assert datetime.fromisoformat(state["last_changed"]).tzinfo == UTC
    assert list(state["context"]) == ["id", "parent_id", "user_id"]


def test_a_subscription_to_events_gets_the_change_of_a_state(hass: HassServer, peer: HassPeer) -> None:
    assert peer.result("subscribe_events", event_type="state_changed") is None
    hass.set_state("sensor.hall", "21.5")
    hass.fire("call_service", {"domain": "light"})
    hass.set_state("sensor.hall", "22")
    hass.remove("sensor.hall")
    appeared, changed, removed = peer.event(), peer.event(), peer.event()
    assert list(appeared) == ["event_type", "data", "origin", "time_fired", "context"]
    assert appeared["data"]["old_state"] is None
    assert changed["data"]["old_state"] == appeared["data"]["new_state"]
    assert changed["data"]["new_state"]["state"] == "22"
    assert changed["time_fired"] == changed["data"]["new_state"]["last_updated"]
    assert changed["context"] == changed["data"]["new_state"]["context"]
    assert removed["data"]["new_state"] is None
    assert removed["data"]["entity_id"] == "sensor.hall"


def test_a_subscription_without_a_type_gets_every_event(hass: HassServer, peer: HassPeer) -> None:
    peer.result("subscribe_events")
    hass.set_state("sensor.hall", "21.5")
    hass.fire("call_service", {"domain": "light", "service": "turn_on"})
    assert peer.event()["event_type"] == "state_changed"
    assert peer.event()["data"] == {"domain": "light", "service": "turn_on"}


def test_a_subscription_ends_when_it_is_cancelled(hass: HassServer, peer: HassPeer) -> None:
    peer.result("subscribe_events", event_type="state_changed")
    peer.result("unsubscribe_events", subscription=1)
    hass.set_state("sensor.hall", "21.5")
    assert peer.error("unsubscribe_events", subscription=1) == "not_found"
    assert [json.loads(frame).get("type") for frame in peer.frames].count("event") == 0


def test_a_subscription_to_entities_begins_with_a_snapshot(hass: HassServer, peer: HassPeer) -> None:
    hass.set_state("sensor.hall", "21.5", {"unit_of_measurement": "°C"})
    hass.set_state("light.hall", "on", {"brightness": 10})
    hass.set_state("light.hall", "on", {"brightness": 20})
    peer.result("subscribe_entities")
    snapshot = peer.event()
    assert list(snapshot) == ["a"]
    hall, light = snapshot["a"]["sensor.hall"], snapshot["a"]["light.hall"]
    assert list(hall) == ["s", "a", "c", "lc"]
    assert isinstance(hall["c"], str)
    assert light["lu"] > light["lc"]
    assert light["a"] == {"brightness": 20}


def test_a_subscription_to_entities_goes_on_with_differences(hass: HassServer, peer: HassPeer) -> None:
    hass.set_state("light.hall", "on", {"brightness": 10, "effect": "rainbow"})
    peer.result("subscribe_entities")
    peer.event()
    hass.set_state("light.hall", "off", {"brightness": 10, "effect": "rainbow"})
    hass.set_state("light.hall", "off", {"brightness": 20})
    hass.set_state("sensor.hall", "21.5")
    hass.remove("light.hall")
    switched, dimmed, appeared, removed = (peer.event() for _ in range(4))
    assert list(switched) == ["c"]
    difference = switched["c"]["light.hall"]
    assert list(difference) == ["+"]
    assert sorted(difference["+"]) == ["c", "lc", "s"]
    difference = dimmed["c"]["light.hall"]
    assert sorted(difference["+"]) == ["a", "c", "lu"]
    assert difference["+"]["a"] == {"brightness": 20}
    assert difference["-"] == {"a": ["effect"]}
    assert list(appeared["a"]) == ["sensor.hall"]
    assert removed == {"r": ["light.hall"]}


def test_a_subscription_may_name_its_entities(hass: HassServer, peer: HassPeer) -> None:
    hass.set_state("sensor.hall", "1")
    hass.set_state("sensor.attic", "1")
    peer.result("subscribe_entities", entity_ids=["sensor.attic"])
    assert list(peer.event()["a"]) == ["sensor.attic"]
    hass.set_state("sensor.hall", "2")
    hass.set_state("sensor.attic", "2")
    assert list(peer.event()["c"]) == ["sensor.attic"]


def test_the_same_state_again_is_no_news(hass: HassServer, peer: HassPeer) -> None:
    hass.set_state("sensor.hall", "1", {"a": 1})
    peer.result("subscribe_events")
    hass.set_state("sensor.hall", "1", {"a": 1})
    hass.remove("sensor.cellar")
    hass.fire("end")
    assert peer.event()["event_type"] == "end"


def test_queued_messages_come_as_an_array_once_the_client_can_take_it(
    hass: HassServer, peer: HassPeer
) -> None:
    peer.coalesce()
    peer.result("subscribe_events")
    hass.half_open()
    for number in range(50):
        hass.fire("tick", {"number": number})
    before = len(peer.frames)
    hass.answer_again()
    assert [peer.event()["data"]["number"] for _ in range(50)] == list(range(50))
    assert len(peer.frames) - before <= 2


def test_without_coalescing_every_message_is_a_frame(hass: HassServer, peer: HassPeer) -> None:
    peer.result("subscribe_events")
    before = len(peer.frames)
    for number in range(50):
        hass.fire("tick", {"number": number})
    assert [peer.event()["data"]["number"] for _ in range(50)] == list(range(50))
    assert len(peer.frames) - before == 50


def test_clients_do_not_disturb_one_another(hass: HassServer, connect: Connect) -> None:
    one, two = connect(), connect()
    one.result("subscribe_events", event_type="tick")
    two.ask("ping")
    two.result("subscribe_events")
    hass.fire("tock")
    hass.fire("tick")
    assert one.event()["event_type"] == "tick"
    assert [two.event()["event_type"] for _ in range(2)] == ["tock", "tick"]


def test_a_client_that_does_not_keep_up_is_cut_off(hass: HassServer, connect: Connect) -> None:
    slow, quick = connect(), connect()
    slow.result("subscribe_events")
    quick.ask("ping")
    hass.half_open()
    for _ in range(4200):
        hass.fire("tick")
    hass.answer_again()
    wait_for(lambda: hass.connections == 1, what="the slow client to be dropped")
    assert quick.ask("ping")["type"] == "pong"
    with pytest.raises((OSError, EOFError, WebSocketException)):
        _read_to_the_end(slow)


def test_a_half_open_server_says_nothing_at_all_and_then_goes_on(hass: HassServer, peer: HassPeer) -> None:
    hass.half_open()
    peer.command("ping")
    peer.socket.ping("alive?")
    peer.socket.settimeout(0.2)
    with pytest.raises(WebSocketTimeoutException):
        peer.receive()
    assert hass.connections == 1
    hass.answer_again()
    peer.socket.settimeout(10)
    assert peer.receive() == {"id": 1, "type": "pong"}


def test_a_half_open_server_can_be_stopped(hass: HassServer, peer: HassPeer) -> None:
    hass.half_open()
    peer.command("ping")
    hass.stop()
    assert hass.connections == 0


def test_dropped_clients_may_come_back(hass: HassServer, connect: Connect) -> None:
    peer = connect()
    hass.half_open()
    hass.drop_clients()
    with pytest.raises((OSError, EOFError, WebSocketException)):
        peer.receive()
    hass.answer_again()
    assert connect().ask("ping")["type"] == "pong"
    assert hass.accepted == 2


def test_a_stopped_server_starts_again_on_the_same_port_with_the_same_states(
    hass: HassServer, connect: Connect
) -> None:
    hass.set_state("sensor.hall", "1")
    port = hass.port
    connect()
    hass.stop()
    hass.start()
    assert hass.port == port
    assert [state["entity_id"] for state in connect().result("get_states")] == ["sensor.hall"]


@pytest.fixture
def slow_clock() -> Iterator[HassServer]:
    """Serve with a clock that shows 1000 s and goes on by a second at every look."""
    times = count(1000)
    server = HassServer(clock=lambda: float(next(times)))
    server.start()
    yield server
    server.stop()


def test_history_gives_what_lies_between_two_times_and_neither_of_them(slow_clock: HassServer) -> None:
    for state in "abcd":
        slow_clock.set_state("sensor.hall", state, {"unit": "m"})
    slow_clock.set_state("sensor.hall", "d", {"unit": "km"})
    peer = HassPeer(slow_clock.websocket_url, slow_clock.token)
    rows = peer.result(
        "history/history_during_period",
        start_time=_iso(1000),
        end_time=_iso(1003),
        entity_ids=["sensor.hall", "sensor.none"],
        include_start_time_state=False,
        significant_changes_only=False,
    )
    assert rows == {
        "sensor.hall": [
            {"s": "b", "a": {"unit": "m"}, "lu": 1001.0},
            {"s": "c", "a": {"unit": "m"}, "lu": 1002.0},
        ]
    }
    rest = peer.result(
        "history/history_during_period",
        start_time=_iso(1002.5),
        entity_ids=["sensor.hall"],
        include_start_time_state=False,
        significant_changes_only=False,
        no_attributes=True,
    )
    assert rest == {
        "sensor.hall": [{"s": "d", "a": {}, "lu": 1003.0}, {"s": "d", "a": {}, "lu": 1004.0, "lc": 1003.0}]
    }
    peer.close()


def test_history_has_a_row_without_a_state_where_an_entity_was_removed(slow_clock: HassServer) -> None:
    slow_clock.set_state("sensor.hall", "a", {"unit": "m"})
    slow_clock.remove("sensor.hall")
    peer = HassPeer(slow_clock.websocket_url, slow_clock.token)
    rows = peer.result(
        "history/history_during_period",
        start_time=_iso(1000.5),
        entity_ids=["sensor.hall"],
        include_start_time_state=False,
        significant_changes_only=False,
    )
    assert rows == {"sensor.hall": [{"s": None, "a": {}, "lu": 1001.0}]}
    peer.close()


def test_history_makes_up_and_leaves_out_rows_unless_told_not_to(slow_clock: HassServer) -> None:
    slow_clock.set_state("sensor.hall", "a")
    slow_clock.set_state("sensor.hall", "b")
    slow_clock.set_state("sensor.hall", "b", {"attribute": 1})
    peer = HassPeer(slow_clock.websocket_url, slow_clock.token)
    rows = peer.result(
        "history/history_during_period",
        start_time=_iso(1000.5),
        entity_ids=["sensor.hall", "sensor.none"],
    )["sensor.hall"]
    assert [(row["s"], row["lu"]) for row in rows] == [("a", 1000.5), ("b", 1001.0)]
    peer.close()


def test_what_is_not_committed_yet_is_not_in_history() -> None:
    server = HassServer(Hass(history=History(commit_interval=1000)))
    server.start()
    server.set_state("sensor.hall", "a")
    peer = HassPeer(server.websocket_url, server.token)
    asked = {"start_time": "2020-01-01T00:00:00", "entity_ids": ["sensor.hall"]}
    assert peer.result("history/history_during_period", **asked) == {}
    peer.close()
    server.stop()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_time": "yesterday", "entity_ids": []}, "invalid_start_time"),
        ({"start_time": "2024-01-01", "end_time": "x", "entity_ids": []}, "invalid_end_time"),
        ({"start_time": "2024-01-01", "entity_ids": ["no entity"]}, "invalid_entity_ids"),
    ],
)
def test_history_is_particular_about_its_fields(peer: HassPeer, fields: dict[str, Any], code: str) -> None:
    assert peer.error("history/history_during_period", **fields) == code


def test_history_of_the_future_is_empty(peer: HassPeer) -> None:
    asked = {"start_time": "2999-01-01T00:00:00+00:00", "entity_ids": ["sensor.hall"]}
    assert peer.result("history/history_during_period", **asked) == {}


def _read_to_the_end(peer: HassPeer) -> None:
    while True:
        peer.receive()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
