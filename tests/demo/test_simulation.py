"""The simulated home at work: both roads, one story."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from ha_bridge.demo.simulation import ROUTES, Simulation
from ha_bridge.domain.mqtt.flaws import flaws
from ha_bridge.domain.mqtt.routes import Route
from tests.demo.hass_peer import HassPeer
from tests.demo.paho_peer import PahoPeer
from tests.waiting import wait_for


@pytest.fixture
def start() -> Iterator[Callable[[Simulation], Simulation]]:
    started: list[Simulation] = []

    def run(simulation: Simulation) -> Simulation:
        started.append(simulation)
        simulation.start()
        return simulation

    yield run
    for simulation in started:
        simulation.stop()


Start = Callable[[Simulation], Simulation]


def test_both_roads_tell_the_same_story(start: Start) -> None:
    simulation = start(Simulation(rate=200))
    assert simulation.broker is not None
    reader = PahoPeer(simulation.broker.port).connect()
    reader.subscribe("statestream/+/+/last_updated", 1)
    peer = HassPeer(simulation.hass.websocket_url, simulation.hass.token)
    peer.result("subscribe_events", event_type="state_changed")
    heard = [peer.event()["data"]["new_state"] for _ in range(100)]
    expected = {(state["entity_id"], state["last_updated"]) for state in heard if state is not None}

    def missing() -> set[tuple[str, str]]:
        return expected - {
            (message.topic.removeprefix("statestream/").removesuffix("/last_updated").replace("/", "."),
             message.payload.decode())
            for message in list(reader.messages)
        }  # fmt: skip

    wait_for(lambda: not missing(), what="MQTT to have told all of it")
    peer.close()
    reader.close()


def test_the_settings_lead_to_the_home(start: Start) -> None:
    simulation = start(Simulation())
    settings = simulation.settings()
    assert settings["home_assistant"]["url"] == f"http://127.0.0.1:{simulation.hass.port}"
    peer = HassPeer(simulation.hass.websocket_url, settings["home_assistant"]["token"])
    assert len(peer.result("get_states")) > 60
    assert len(peer.result("config/entity_registry/list")) > 60
    assert len(peer.result("config/area_registry/list")) == 8
    assert len(peer.result("config/device_registry/list")) > 30
    peer.close()
    reader = PahoPeer(settings["mqtt"]["port"]).connect()
    reader.subscribe("#")
    wait_for(lambda: reader.messages, what="retained states")
    assert reader.messages[0].retain
    reader.close()
    routes = [Route(**{**route, "exclude": tuple(route.get("exclude", ()))}) for route in ROUTES]
    assert flaws(routes) == []


def test_without_mqtt_there_is_no_broker_and_no_setting_for_it(start: Start) -> None:
    simulation = start(Simulation(mqtt=False, rate=50))
    assert list(simulation.settings()) == ["home_assistant"]
    wait_for(lambda: simulation.changes > 20, what="some changes")


def test_history_knows_the_past(start: Start) -> None:
    now = [1_800_000_000.0]
    simulation = start(Simulation(past=600, rate=1, clock=lambda: now[0]))
    peer = HassPeer(simulation.hass.websocket_url, simulation.hass.token)
    states = peer.result("get_states")
    rows = peer.result(
        "history/history_during_period",
        start_time=datetime.fromtimestamp(now[0] - 601, UTC).isoformat(),
        entity_ids=[state["entity_id"] for state in states],
        include_start_time_state=False,
        significant_changes_only=False,
    )
    assert sum(len(each) for each in rows.values()) == pytest.approx(600 + len(states), rel=0.2)
    assert {entity_id: each[-1]["s"] for entity_id, each in rows.items()} == {
        state["entity_id"]: state["state"] for state in states
    }
    peer.close()


def test_a_state_set_by_hand_goes_both_roads(start: Start) -> None:
    simulation = start(Simulation(rate=0))
    assert simulation.broker is not None
    reader = PahoPeer(simulation.broker.port).connect()
    reader.subscribe("statestream/sensor/mine/#")
    peer = HassPeer(simulation.hass.websocket_url, simulation.hass.token)
    peer.result("subscribe_entities", entity_ids=["sensor.mine"])
    peer.event()
    simulation.set_state("sensor.mine", "42", {"unit_of_measurement": "km"})
    assert peer.event()["a"]["sensor.mine"]["s"] == "42"
    assert reader.payloads(4)[0] == "42"
    assert json.loads(reader.payloads(4)[3]) == "km"
    peer.close()
    reader.close()


def test_a_patient_simulation_waits_for_slow_clients(start: Start) -> None:
    simulation = start(Simulation(rate=20_000, mqtt=False, patient=True))
    peer = HassPeer(simulation.hass.websocket_url, simulation.hass.token)
    peer.result("subscribe_entities")
    simulation.hass.half_open()
    wait_for(lambda: simulation.hass.backlog > 1000, what="a backlog")
    before = simulation.changes
    assert simulation.hass.connections == 1
    simulation.hass.answer_again()
    wait_for(lambda: simulation.changes > before + 5000 if peer.event() else False, what="it to go on")
    assert simulation.hass.connections == 1
    peer.close()


def test_it_makes_tens_of_thousands_of_changes_a_second(start: Start) -> None:
    simulation = start(Simulation(rate=20_000, mqtt=False))
    wait_for(lambda: simulation.changes > 20_000, timeout=20, what="twenty thousand changes")


def test_a_stopped_simulation_starts_again_on_its_ports(start: Start) -> None:
    simulation = start(Simulation())
    assert simulation.broker is not None
    ports = simulation.hass.port, simulation.broker.port
    simulation.stop()
    simulation.start()
    assert (simulation.hass.port, simulation.broker.port) == ports
    peer = HassPeer(simulation.hass.websocket_url, simulation.hass.token)
    assert len(peer.result("get_states")) > 60
    peer.close()


def test_a_taken_port_is_an_error_and_leaves_no_server_behind(start: Start) -> None:
    first = start(Simulation())
    assert first.broker is not None
    second = Simulation(mqtt_port=first.broker.port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    with pytest.raises(ConnectionRefusedError):
        HassPeer(second.hass.websocket_url, second.hass.token)
