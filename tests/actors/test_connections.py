"""Both connections in a whole bridge, with the simulated Home Assistant and broker as their peers."""

import threading
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from actors import mqtt_connection, source
from actors.hass_connection import HassConnection
from actors.mqtt_connection import MqttConnection
from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.mqtt_broker import MqttBroker
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.ports import MqttMessage
from ha_bridge.domain.supervision import ChildState
from ha_bridge.settings import HistorySettings, LocalSinkSettings
from tests.adapters.mqtt.script import Connection, ScriptedBroker, listen
from tests.running import Run, RunningBridge, home_assistant, mqtt
from tests.waiting import wait_for

VALUE = {"topic": "room/{room}", "format": "value", "measurement": "room"}
STATESTREAM = {"topic": "statestream/#", "format": "statestream"}


def set_values(hass: HassServer, count: int, entity_id: str = "sensor.a") -> None:
    for value in range(count):
        hass.set_state(entity_id, str(value), {"unit_of_measurement": "W"})


def unacknowledged(broker: MqttBroker) -> int:
    return broker.stats["in_flight"]


def wait_for_values(bridge: RunningBridge, count: int, object_id: str = "a") -> None:
    def complete() -> bool:
        return bridge.stored("sensor", "value", entity_id=object_id) == list(range(count))

    wait_for(complete, 20, what=f"{count} values of {object_id}")


@pytest.mark.parametrize("subscription", ["entities", "events"])
def test_what_happens_in_home_assistant_is_stored(hass: HassServer, run: Run, subscription: str) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token, subscription=subscription))
    bridge.wait_for_child("home_assistant", ChildState.UP)
    set_values(hass, 100)
    wait_for_values(bridge, 100)
    wait_for(lambda: bridge.settled("home_assistant", Disposition.WRITTEN) == 100, what="100 written")
    assert bridge.is_balanced("home_assistant")


def test_other_events_are_stored_too(hass: HassServer, run: Run) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token, event_types=("call_service",)))
    bridge.wait_for_child("home_assistant", ChildState.UP)
    hass.fire("call_service", {"domain": "light", "service": "turn_on"})
    hass.fire("other", {})
    wait_for(lambda: bridge.stored("events", "data", service="turn_on"), what="the event")
    assert len(bridge.stored("events", "data")) == 1


def test_a_dropped_connection_comes_back_and_the_snapshot_fills_in_what_was_missed(
    hass: HassServer, run: Run
) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token))
    bridge.wait_for_child("home_assistant", ChildState.UP)
    set_values(hass, 1)
    wait_for_values(bridge, 1)
    hass.drop_clients()
    hass.set_state("sensor.a", "1", {"unit_of_measurement": "W"})
    bridge.wait_for_child("home_assistant", ChildState.UP, restarts=1)
    wait_for_values(bridge, 2)
    wait_for(lambda: bridge.settled("home_assistant", Disposition.WRITTEN) == 2, what="each once")


def test_more_than_can_be_read_loses_the_connection_and_nothing_else(
    hass: HassServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token), history=HistorySettings(delay=0.2))
    bridge.wait_for_child("home_assistant", ChildState.UP)
    set_values(hass, 1)
    wait_for_values(bridge, 1)
    free, take, heard = threading.Event(), HassConnection.take, list[HassConnection]()

    def late(self: HassConnection, raw: Sequence[bytes]) -> None:
        heard.append(self)
        free.wait()
        take(self, raw)

    monkeypatch.setattr(HassConnection, "take", late)
    monkeypatch.setattr(source, "MOST_WAITING", 5_000)
    try:
        hass.set_state("sensor.b", "1", {})
        wait_for(lambda: heard, what="the connection to be stuck")
        set_values(hass, 200)
        wait_for(lambda: heard[0]._overrun, what="more than can be read")
    finally:
        monkeypatch.undo()
        free.set()
    bridge.wait_for_child("home_assistant", ChildState.UP, restarts=1)
    wait_for_values(bridge, 200)


def test_a_half_open_connection_is_noticed_and_replaced(hass: HassServer, run: Run) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token))
    bridge.wait_for_child("home_assistant", ChildState.UP)
    hass.half_open()
    child = bridge.wait_for_child("home_assistant", ChildState.DOWN)
    assert "no pong" in child.reason
    hass.answer_again()
    bridge.wait_for_child("home_assistant", ChildState.UP, restarts=1)


def test_a_home_that_is_still_starting_is_served_and_shown_as_such(hass: HassServer, run: Run) -> None:
    hass.starting()
    bridge = run(home_assistant=home_assistant(hass.url, hass.token))
    child = bridge.wait_for_child("home_assistant", ChildState.DEGRADED)
    assert "starting" in child.reason
    set_values(hass, 3)
    wait_for_values(bridge, 3)
    hass.started()
    bridge.wait_for_child("home_assistant", ChildState.UP)


def test_a_wrong_token_is_said_and_not_hammered(hass: HassServer, broker: MqttBroker, run: Run) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, "wrong"), mqtt=mqtt(broker.port, VALUE))
    child = bridge.wait_for_child("home_assistant", ChildState.DOWN)
    assert "home_assistant.token" in child.reason
    broker.publish("room/hall", "21.5", qos=1)
    wait_for(lambda: bridge.stored("room", "value", room="hall") == [21.5], what="the other road")
    again = bridge.child("home_assistant")
    assert again is not None
    assert again.restarts == 0


def test_a_frame_that_cannot_be_read_is_a_dead_letter(hass: HassServer, broker: MqttBroker, run: Run) -> None:
    route = {"topic": "json/{device}", "format": "json"}
    bridge = run(mqtt=mqtt(broker.port, route))
    bridge.wait_for_child("mqtt", ChildState.UP)
    broker.publish("json/a", '{"broken', qos=1)
    broker.publish("json/a", '{"t": 1}', qos=1)
    wait_for(lambda: bridge.settled("mqtt", Disposition.WRITTEN) == 1, what="the good one")
    assert bridge.settled("mqtt", Disposition.DEAD_LETTERED) == 1
    wait_for(lambda: bridge.is_balanced("mqtt"), what="the ledger")
    wait_for(lambda: unacknowledged(broker) == 0, what="both acknowledged")


@pytest.mark.parametrize("qos", [0, 1])
def test_what_is_published_is_stored(broker: MqttBroker, run: Run, qos: int) -> None:
    bridge = run(mqtt=mqtt(broker.port, VALUE))
    bridge.wait_for_child("mqtt", ChildState.UP)
    for value in range(100):
        broker.publish("room/hall", str(value), qos=qos)
    wait_for(lambda: bridge.settled("mqtt", Disposition.WRITTEN) == 100, what="100 written")
    assert bridge.is_balanced("mqtt")


def test_nothing_is_acknowledged_before_it_is_stored(broker: MqttBroker, run: Run, tmp_path: Path) -> None:
    blocker = tmp_path / "blocker"
    blocker.write_text("a file where the folder of the store should be")
    sinks = {"local": LocalSinkSettings(kind="local", path=str(blocker / "points.db"))}
    bridge = run(mqtt=mqtt(broker.port, VALUE), sinks=sinks)
    bridge.wait_for_child("mqtt", ChildState.UP)
    broker.publish("room/hall", "1", qos=1)
    child = bridge.wait_for_child("writer.local", ChildState.DEGRADED)
    assert "sinks.local.path" in child.reason or str(blocker) in child.reason
    assert bridge.settled("mqtt", Disposition.WRITTEN) == 0
    assert unacknowledged(broker) == 1
    blocker.unlink()
    bridge.wait_for_child("writer.local", ChildState.UP)
    wait_for(lambda: unacknowledged(broker) == 0, what="the acknowledgement")


def test_home_assistant_sheds_what_no_sink_takes_and_says_so(
    hass: HassServer, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocker = tmp_path / "blocker"
    blocker.write_text("")
    sinks = {"local": LocalSinkSettings(kind="local", path=str(blocker / "points.db"))}
    bridge = run(home_assistant=home_assistant(hass.url, hass.token, max_unsettled=10), sinks=sinks)
    bridge.wait_for_child("home_assistant", ChildState.UP)
    set_values(hass, 25)
    wait_for(lambda: bridge.settled("home_assistant", Disposition.SHED) == 15, what="15 shed")
    wait_for(lambda: any(record.msg == "shedding events" for record in caplog.records), what="the warning")


def test_a_lost_broker_is_found_again_and_sends_what_is_owed(broker: MqttBroker, run: Run) -> None:
    bridge = run(mqtt=mqtt(broker.port, VALUE))
    bridge.wait_for_child("mqtt", ChildState.UP)
    broker.drop_clients()
    for value in range(50):
        broker.publish("room/hall", str(value), qos=1)
    bridge.wait_for_child("mqtt", ChildState.UP, restarts=1)
    wait_for(lambda: bridge.settled("mqtt", Disposition.WRITTEN) == 50, 20, what="50 written")


def test_a_client_whose_thread_hangs_is_replaced_and_what_it_had_comes_again(
    broker: MqttBroker, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = run(mqtt=mqtt(broker.port, VALUE))
    bridge.wait_for_child("mqtt", ChildState.UP)
    over, arrived = threading.Event(), MqttConnection.arrived

    def hang(self: MqttConnection, raw: MqttMessage) -> None:
        monkeypatch.setattr(MqttConnection, "arrived", arrived)
        over.wait()
        arrived(self, raw)

    monkeypatch.setattr(mqtt_connection, "STUCK_SECONDS", 1.5)
    monkeypatch.setattr(MqttConnection, "arrived", hang)
    broker.drop_clients()
    bridge.wait_for_child("mqtt", ChildState.UP, restarts=1)
    try:
        broker.publish("room/hall", "1", qos=1)
        child = bridge.wait_for_child("mqtt", ChildState.UP, restarts=2)
        wait_for(lambda: bridge.stored("room", "value") == [1], what="the message")
    finally:
        over.set()
    assert child.restarts == 2


def test_the_same_change_over_both_roads_is_stored_once(
    hass: HassServer, broker: MqttBroker, run: Run
) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token), mqtt=mqtt(broker.port, STATESTREAM))
    bridge.wait_until_ready()
    for value in range(50):
        hass.set_state("sensor.a", str(value), {"unit_of_measurement": "W"})
        broker.publish("statestream/sensor/a/state", str(value), qos=1, retain=True)

    def settled(disposition: Disposition) -> float:
        return sum(bridge.settled(source, disposition) for source in ("home_assistant", "mqtt"))

    wait_for(
        lambda: settled(Disposition.WRITTEN) + settled(Disposition.DUPLICATE) == 100, 20, what="both roads"
    )
    assert settled(Disposition.WRITTEN) == 50


def test_what_devices_announce_is_stored_as_their_entities_and_what_is_left_out_is_said(
    broker: MqttBroker, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    config = '{"name": "Lamp", "stat_t": "lamp/state", "avty_t": "lamp/there", "uniq_id": "%s", "dev": {"ids": "l", "name": "L", "sa": "Hall"}}'
    broker.publish("homeassistant/switch/lamp/config", config % "1", qos=1, retain=True)
    broker.publish("homeassistant/binary_sensor/lamp/config", config % "2", qos=1, retain=True)
    broker.publish("homeassistant/climate/lamp/config", config % "3", qos=1, retain=True)
    bridge = run(mqtt=mqtt(broker.port, {"topic": "homeassistant/#", "format": "discovery"}))
    reason = "1 discovered entities are left out, see the log"
    wait_for(lambda: bridge.wait_for_child("mqtt", ChildState.UP).reason == reason, 20, reason)
    states = ["ON", "ON", "OFF", "ON"]
    wait_for(lambda: broker.stats["subscriptions"] >= 4, what="the entities' topics to be subscribed to")
    for state in states:
        broker.publish("lamp/state", state, qos=1)
    wait_for(
        lambda: bridge.stored("switch", "value", entity_id="hall_l_lamp") == [1.0, 0.0, 1.0], 20, "the states"
    )
    assert bridge.stored("binary_sensor", "value", area="Hall", device="L", integration="mqtt") == [
        1.0,
        0.0,
        1.0,
    ]
    wait_for(lambda: unacknowledged(broker) == 0, what="the acknowledgements")
    said = [record.__dict__["what"] for record in caplog.records if record.getMessage() == "left out"]
    assert said == ["climate 'lamp' is left out: it has no mode_state_topic"]


def test_what_the_broker_refuses_is_said_and_asked_for_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_connection, "ASK_AGAIN", 1.0)

    def script(connection: Connection, second: int) -> None:
        connection.welcome()
        connection.grant(0, second)
        listen(connection)

    routes = [{"topic": topic, "format": "value", "qos": 0} for topic in ("a", "b")]
    with ScriptedBroker(partial(script, second=0x87), partial(script, second=0)) as server:
        bridge = run(mqtt=mqtt(server.port, *routes))
        reason = (
            "refuses to subscribe 'b' (Not authorized): allow this user to read it, or change mqtt.routes"
        )
        assert reason in bridge.wait_for_child("mqtt", ChildState.DEGRADED).reason
        wait_for(lambda: bridge.wait_for_child("mqtt", ChildState.UP).restarts == 1, 20, "another connection")
        bridge.close()


def test_a_retained_replay_is_no_news(broker: MqttBroker, run: Run) -> None:
    broker.publish("room/hall", "1", qos=1, retain=True)
    bridge = run(mqtt=mqtt(broker.port, VALUE))
    wait_for(lambda: bridge.settled("mqtt", Disposition.DUPLICATE) == 1, what="the replay")
    broker.publish("room/hall", "2", qos=1, retain=True)
    wait_for(lambda: bridge.stored("room", "value") == [2], what="the news")


def test_a_change_that_is_half_told_at_the_end_is_told_whole_by_the_next_bridge(
    broker: MqttBroker, run: Run, tmp_path: Path
) -> None:
    def tell(key: str, text: str) -> None:
        broker.publish(f"statestream/sensor/a/{key}", text, qos=1)

    first = run(mqtt=mqtt(broker.port, STATESTREAM))
    first.wait_for_child("mqtt", ChildState.UP)
    for minute in (1, 2):
        tell("state", str(minute))
        tell("last_updated", f"2026-01-01T00:0{minute}:00+00:00")
    wait_for(lambda: first.stored("sensor", "value") == [1, 2], what="two whole changes")
    tell("state", "3")
    first.close()
    tell("last_updated", "2026-01-01T00:03:00+00:00")
    second = run(mqtt=mqtt(broker.port, STATESTREAM))
    try:
        wait_for(lambda: second.stored("sensor", "value") == [1, 2, 3], what="the third")
    finally:
        second.close()
    [series] = LocalReader(second.store).series()
    times = [sample.time for sample in LocalReader(second.store).read(series.id, "value")]
    assert [later - earlier for earlier, later in pairwise(times)] == [60_000_000, 60_000_000]


def test_a_bridge_stops_with_everything_stored(hass: HassServer, broker: MqttBroker, run: Run) -> None:
    bridge = run(home_assistant=home_assistant(hass.url, hass.token), mqtt=mqtt(broker.port, VALUE))
    bridge.wait_until_ready()
    set_values(hass, 200)
    wait_for(lambda: bridge.received("home_assistant") >= 200, what="200 received")
    assert bridge.close() == 0
    assert bridge.stored("sensor", "value") == list(range(200))
