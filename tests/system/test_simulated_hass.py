"""The simulated Home Assistant beside the real one: the same script of commands, answers of the same structure."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from ha_bridge.demo.simulation import Simulation
from tests.demo.hass_peer import HassPeer
from tests.system.servers import HomeAssistant
from tests.waiting import wait_for

pytestmark = pytest.mark.system

ENTITY = "light.compared"
USER = "0123456789abcdef0123456789abcdef"


class Home(Protocol):
    """A home with a WebSocket, and a hand in it."""

    url: str
    token: str

    def set_state(self, entity_id: str, state: str, attributes: dict[str, Any]) -> object: ...

    def remove(self, entity_id: str) -> object: ...

    def fire(self, event_type: str, data: dict[str, Any]) -> object: ...


class RealHome:
    def __init__(self, server: HomeAssistant) -> None:
        self.url, self.token = server.websocket_url, server.token
        self._rest = server.rest

    def set_state(self, entity_id: str, state: str, attributes: dict[str, Any]) -> None:
        self._rest.set_state(entity_id, state, attributes)

    def remove(self, entity_id: str) -> None:
        self._rest.remove_state(entity_id)

    def fire(self, event_type: str, data: dict[str, Any]) -> None:
        self._rest.fire_event(event_type, data)


class SimulatedHome:
    def __init__(self, simulation: Simulation) -> None:
        self._server = simulation.hass
        self.url, self.token = self._server.websocket_url, self._server.token

    def set_state(self, entity_id: str, state: str, attributes: dict[str, Any]) -> None:
        self._server.set_state(entity_id, state, attributes, USER)

    def remove(self, entity_id: str) -> None:
        self._server.remove(entity_id)

    def fire(self, event_type: str, data: dict[str, Any]) -> None:
        self._server.fire(event_type, data, USER)


@pytest.fixture
def simulated() -> Iterator[SimulatedHome]:
    simulation = Simulation(rate=0, mqtt=False)
    simulation.start()
    yield SimulatedHome(simulation)
    simulation.stop()


def shape(value: Any) -> Any:
    """Replace what differs between two runs, keep the structure: times and ids become the names of their types."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def greeting(home: Home) -> Any:
    peer = HassPeer(home.url, token=None)
    asked = peer.receive()
    peer.send({"type": "auth", "access_token": home.token})
    welcomed = peer.receive()
    peer.close()
    return asked, welcomed


def refusal(home: Home) -> Any:
    peer = HassPeer(home.url, token=None)
    peer.receive()
    peer.send({"type": "auth", "access_token": "wrong"})
    refused = peer.receive()
    with pytest.raises(EOFError):
        peer.receive()
    return refused


def errors(home: Home) -> Any:
    """Do everything wrong that is easy to do wrong."""
    peer = HassPeer(home.url, home.token)
    answers = [
        peer.ask("no_such_command"),
        peer.ask("ping"),
        peer.ask("ping", extra=1),
        peer.ask("subscribe_events", event_type=5),
        peer.ask("supported_features"),
        peer.ask("unsubscribe_events", subscription=77),
        peer.ask("history/history_during_period", start_time="2024-01-01"),
        peer.ask("history/history_during_period", start_time="x", entity_ids=[]),
        peer.ask("history/history_during_period", start_time=_ago(1), end_time="x", entity_ids=[]),
        peer.ask("history/history_during_period", start_time=_ago(1), entity_ids=["no entity"]),
    ]
    for message in ({"id": 1, "type": "ping"}, {"type": "ping"}, {"id": 99}, 5):
        peer.send(message)
        answers.append(peer.receive())
    peer.close()
    return answers


def config(home: Home) -> Any:
    peer = HassPeer(home.url, home.token)
    answer = peer.result("get_config")
    peer.close()
    return {
        key: shape(value) for key, value in answer.items() if key not in ("components", "external_url")
    } | {
        "state": answer["state"],
        "components": shape(answer["components"][:1]),
        "allowlist_external_dirs": shape(answer["allowlist_external_dirs"][:0]),
        "whitelist_external_dirs": shape(answer["whitelist_external_dirs"][:0]),
    }


def act(home: Home) -> None:
    """Let an entity do everything an entity can do."""
    home.set_state(ENTITY, "off", {"friendly_name": "é", "brightness": 10, "effect": "rainbow"})
    home.set_state(ENTITY, "on", {"friendly_name": "é", "brightness": 20, "effect": "rainbow"})
    home.set_state(ENTITY, "on", {"friendly_name": "é", "brightness": 20, "effect": "rainbow"})
    home.set_state(ENTITY, "on", {"friendly_name": "é", "brightness": 30, "colors": [1, None]})
    home.remove(ENTITY)
    home.set_state(ENTITY, "off", {})


def entities(home: Home) -> Any:
    home.set_state(ENTITY, "unknown", {})
    peer = HassPeer(home.url, home.token)
    features = peer.ask("supported_features", features={"coalesce_messages": 1})
    subscribed = peer.ask("subscribe_entities", entity_ids=[ENTITY])
    snapshot = peer.event()
    act(home)
    told = [peer.event() for _ in range(5)]
    home.set_state(ENTITY, "off", {"brightness": 5})
    peer.ask("unsubscribe_events", subscription=subscribed["id"])
    again = HassPeer(home.url, home.token)
    again.ask("subscribe_entities", entity_ids=[ENTITY])
    later = again.event()
    peer.close()
    again.close()
    return features, subscribed, [shape(event) for event in (snapshot, *told, later)]


def events(home: Home) -> Any:
    home.set_state(ENTITY, "unknown", {})
    peer = HassPeer(home.url, home.token)
    subscribed = peer.ask("subscribe_events", event_type="state_changed")
    told: list[Any] = []
    act(home)
    while len(told) < 5:
        event = peer.event()
        if event["data"]["entity_id"] == ENTITY:
            told.append(event)
    peer.ask("unsubscribe_events", subscription=subscribed["id"])
    peer.ask("subscribe_events", event_type="compared")
    home.fire("compared", {"a": [1, "x"]})
    told.append(peer.event())
    peer.close()
    return subscribed, shape(told)


def states(home: Home) -> Any:
    home.set_state(ENTITY, "on", {"a": 1})
    peer = HassPeer(home.url, home.token)
    answer = peer.result("get_states")
    peer.close()
    return shape(next(state for state in answer if state["entity_id"] == ENTITY))


def registries(home: Home) -> Any:
    peer = HassPeer(home.url, home.token)
    kinds = ("entity", "device")
    answers = {kind: peer.result(f"config/{kind}_registry/list")[0] for kind in kinds}
    answers["areas"] = peer.result("config/area_registry/list")[:1]
    peer.close()
    return {kind: sorted(entry) for kind, entry in answers.items() if isinstance(entry, dict)}


def history(home: Home) -> Any:
    """Ask for all an entity of its own has been, as the bridge does it."""
    entity = "sensor.remembered"
    start = datetime.now(UTC)
    for state, attributes in (("1", {"a": 1}), ("2", {"a": 1}), ("2", {"a": 2})):
        home.set_state(entity, state, attributes)
    home.remove(entity)
    home.set_state(entity, "end", {})
    peer = HassPeer(home.url, home.token)

    def rows(**fields: bool) -> list[dict[str, Any]]:
        answer = peer.result(
            "history/history_during_period", start_time=start.isoformat(), entity_ids=[entity, "sensor.never"],
            **fields,
        )  # fmt: skip
        found: list[dict[str, Any]] = answer.get(entity, [])
        return found

    plain = {"include_start_time_state": False, "significant_changes_only": False}
    wait_for(lambda: any(row["s"] == "end" for row in rows(**plain)), 30, "the rows to be committed")
    answers = [rows(**plain), rows(**plain, no_attributes=True)]
    peer.close()
    return [[(row["s"], shape(row)) for row in answer] for answer in answers]


@pytest.mark.parametrize(
    "script", [greeting, refusal, errors, config, entities, events, states, registries, history]
)
def test_the_simulation_answers_as_home_assistant_does(
    hass_2024: HomeAssistant, simulated: SimulatedHome, script: Callable[[Home], Any]
) -> None:
    assert script(simulated) == script(RealHome(hass_2024))


@pytest.mark.parametrize("script", [refusal, entities, events, states, history])
def test_the_newest_home_assistant_says_all_of_it_and_more(
    hass_newest: HomeAssistant, simulated: SimulatedHome, script: Callable[[Home], Any]
) -> None:
    real = script(RealHome(hass_newest))
    assert shared(real, script(simulated)) == script(simulated)


def shared(real: Any, simulated: Any) -> Any:
    """Leave out of what the real one says the keys that the simulated one does not know."""
    if isinstance(real, dict) and isinstance(simulated, dict):
        return {key: shared(item, simulated[key]) for key, item in real.items() if key in simulated}
    if isinstance(real, list | tuple) and isinstance(simulated, list | tuple) and len(real) == len(simulated):
        return type(real)(shared(one, other) for one, other in zip(real, simulated, strict=True))
    return real


def _ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()
