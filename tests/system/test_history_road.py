"""Gaps filled from the recorders of real Home Assistants: the same microseconds and attributes as live, nothing twice."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.domain.coverage import NOT_CONNECTED, NOT_RUNNING
from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.records import Gap
from ha_bridge.domain.supervision import ChildState
from ha_bridge.domain.times import micros_of_iso
from tests.memory_journal import MemoryJournal
from tests.roads import Roads
from tests.system.bridge import BridgeProcess, home_assistant, only
from tests.system.servers import HomeAssistant
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Json = dict[str, Any]
Told = tuple[str, int, str | None, Json]
Open = Callable[..., Roads]

LEFT_OUT = "sensor.left_out"
# What the recorder keeps of no entity (ALL_DOMAIN_EXCLUDE_ATTRS), and of no light (_entity_component_unrecorded_attributes):
# the newest Home Assistant leaves out brightness and colour.
UNRECORDED = {"attribution", "supported_features", "restored"}
UNRECORDED_OF_LIGHTS = {
    *("effect_list", "supported_color_modes", "effect", "color_mode", "brightness"),
    *("min_color_temp_kelvin", "max_color_temp_kelvin", "min_mireds", "max_mireds"),
    *("color_temp", "color_temp_kelvin", "hs_color", "rgb_color", "rgbw_color", "rgbww_color", "xy_color"),
}

CHANGES: list[tuple[str, Json]] = [
    ("21.5", {"unit_of_measurement": "°C", "friendly_name": "Küche"}),
    ("21.6", {"unit_of_measurement": "°C", "friendly_name": "Küche"}),
    ("21.6", {"unit_of_measurement": "°C", "nested": {"list": [1, 2.5, None, "x"], "yes": True}}),
    ("unavailable", {}),
    ("21.6", {"big": 2**53, "small": 1e-9, "text": 'quotes " and \\ and \n'}),
]


def by_rest(state: Json) -> Told:
    """Read a state as REST has it, which is as Home Assistant has it."""
    return state["entity_id"], micros_of_iso(state["last_updated"]), state["state"], state["attributes"]


def told(roads: Roads, source: str, entity_id: str) -> list[Told]:
    return [
        (event.entity_id, event.time, event.state, dict(event.attributes or {}))
        for event in list(roads.store.arrived[source])
        if event.entity_id == entity_id
    ]


def change(hass: HomeAssistant, entity_id: str, changes: Sequence[tuple[str, Json]] = CHANGES) -> list[Told]:
    return [by_rest(hass.rest.set_state(entity_id, state, attributes)) for state, attributes in changes]


def values(count: int) -> list[tuple[str, Json]]:
    return [(str(number), {"unit_of_measurement": "W"}) for number in range(count)]


@pytest.fixture
def open_roads(hass: HomeAssistant) -> Iterator[Open]:
    opened: list[Roads] = []

    def roads(record: MemoryJournal | None = None, **options: Any) -> Roads:
        opened.append(Roads(hass.url, hass.token, record, delay=1.5, **options))
        opened[-1].wait_child("home_assistant", ChildState.UP)
        wait_for(lambda: opened[-1].coverage.begun, what="a beginning")
        return opened[-1]

    yield roads
    for each in opened:
        each.close()


def gaps_since(roads: Roads, start: int) -> Sequence[Gap]:
    return [gap for gap in roads.wait_closed() if gap.end > start]


@pytest.mark.parametrize("subscription", ["entities", "events"])
def test_a_gap_is_filled_with_what_live_would_have_told(
    hass: HomeAssistant, open_roads: Open, subscription: str
) -> None:
    entity_id = f"sensor.history_{subscription}"
    roads = open_roads(subscription=subscription)
    before = change(hass, entity_id)
    wait_for(lambda: len(told(roads, "ws", entity_id)) == len(before), 20, "live")
    roads.gate.shut()
    missed = change(hass, entity_id)
    roads.gate.open()
    roads.wait_child("home_assistant", ChildState.UP, restarts=1)
    after = change(hass, entity_id)
    wait_for(lambda: after[-1] in told(roads, "ws", entity_id), 20, "live again")
    (gap,) = roads.wait_closed()
    assert told(roads, "ws", entity_id)[: len(before)] == before
    filled = told(roads, "history", entity_id)
    assert [each for each in filled if each in missed] == missed
    assert {each[1] for each in filled} <= {each[1] for each in [*missed, *after]}
    assert len(filled) == len({each[1] for each in filled})
    events = [each for each in roads.store.arrived["history"] if each.entity_id == entity_id]
    assert [each.previous for each in events[:5]] == ["21.6", *(state for state, _ in CHANGES[:-1])]
    assert events[0].attributes is events[1].attributes
    assert (gap.cause, gap.note, gap.filled) == (NOT_CONNECTED, "", gap.end)
    hass.rest.remove_state(entity_id)


def test_many_changes_come_in_small_pieces_each_once(hass: HomeAssistant, open_roads: Open) -> None:
    roads = open_roads(most=40, window=1, entities=20)
    change(hass, "sensor.history_many", values(1))
    wait_for(lambda: told(roads, "ws", "sensor.history_many"), 20, "live")
    roads.gate.shut()
    missed = change(hass, "sensor.history_many", values(300)[1:])
    roads.gate.open()
    roads.wait_closed()
    assert told(roads, "history", "sensor.history_many") == missed
    assert roads.store.largest["history"] <= 40
    hass.rest.remove_state("sensor.history_many")


def test_an_entity_that_was_removed_meanwhile_is_filled_in_to_its_end(
    hass: HomeAssistant, open_roads: Open
) -> None:
    roads = open_roads()
    change(hass, "sensor.history_gone")
    wait_for(lambda: len(told(roads, "ws", "sensor.history_gone")) == len(CHANGES), 20, "live")
    roads.gate.shut()
    missed = change(hass, "sensor.history_gone", values(3))
    hass.rest.remove_state("sensor.history_gone")
    roads.gate.open()
    roads.wait_child("home_assistant", ChildState.UP, restarts=1)
    change(hass, "sensor.history_next", values(1))
    wait_for(lambda: len(told(roads, "history", "sensor.history_gone")) == 4, 30, "its end")
    *filled, gone = told(roads, "history", "sensor.history_gone")
    assert filled == missed
    assert gone[2] is None
    assert gone[1] > missed[-1][1]
    roads.wait_closed()
    hass.rest.remove_state("sensor.history_next")


@pytest.fixture
def leaving_out(hass: HomeAssistant) -> HomeAssistant:
    """A Home Assistant whose recorder leaves an entity out."""
    if "exclude" not in hass.config["recorder"]:
        hass.config["recorder"]["exclude"] = {"entities": [LEFT_OUT]}
        hass.restart()
    return hass


def test_what_the_recorder_leaves_out_is_noted(leaving_out: HomeAssistant, open_roads: Open) -> None:
    hass = leaving_out
    roads = open_roads()
    change(hass, "sensor.history_kept", values(1))
    wait_for(lambda: told(roads, "ws", "sensor.history_kept"), 20, "live")
    roads.gate.shut()
    change(hass, LEFT_OUT, values(3))
    missed = change(hass, "sensor.history_kept", values(4)[1:])
    roads.gate.open()
    (gap,) = roads.wait_closed()
    assert gap.note == f"the recorder leaves out {LEFT_OUT}"
    assert told(roads, "history", "sensor.history_kept") == missed
    hass.rest.remove_state(LEFT_OUT)
    hass.rest.remove_state("sensor.history_kept")


def test_a_restart_of_home_assistant_within_the_gap_costs_nothing(
    hass: HomeAssistant, open_roads: Open
) -> None:
    roads = open_roads()
    change(hass, "sensor.history_restart", values(1))
    wait_for(lambda: told(roads, "ws", "sensor.history_restart"), 20, "live")
    roads.gate.shut()
    missed = change(hass, "sensor.history_restart", values(20)[1:])
    hass.restart()
    missed += change(hass, "sensor.history_restart", values(30)[20:])
    roads.gate.open()
    gaps = roads.wait_closed()
    assert [gap.note for gap in gaps] == [""] * len(gaps)
    assert [
        each for each in told(roads, "history", "sensor.history_restart") if each[2] is not None
    ] == missed
    hass.rest.remove_state("sensor.history_restart")


def test_history_has_all_that_live_has_but_the_attributes_that_are_never_recorded(
    hass: HomeAssistant, open_roads: Open
) -> None:
    """Two bridges, one that listens and one that was away, and entities of integrations."""
    away, here = open_roads(), open_roads()
    away.gate.shut()
    for _ in range(2):
        hass.rest.call_service("light", "toggle", {"entity_id": "all"})
    change(hass, "sensor.history_end", values(1))
    wait_for(lambda: told(here, "ws", "sensor.history_end"), 20, "live")
    away.gate.open()
    away.wait_closed()
    live, filled = lights(here.store.arrived["ws"], away), lights(away.store.arrived["history"], away)
    assert len(live) > 8
    assert live.keys() == filled.keys()
    for key, (state, attributes) in live.items():
        kept = filled[key][1]
        assert filled[key] == (state, {name: attributes[name] for name in kept})
        assert attributes.keys() - kept.keys() <= UNRECORDED | UNRECORDED_OF_LIGHTS
    hass.rest.remove_state("sensor.history_end")


def lights(events: Sequence[StateEvent], roads: Roads) -> dict[tuple[str, int], tuple[str | None, Json]]:
    """The changes of lights in the gap of these roads."""
    (gap,) = roads.wait_closed()
    return {
        (event.entity_id, event.time): (event.state, dict(event.attributes or {}))
        for event in list(events)
        if event.entity_id.startswith("light.") and gap.start < event.time <= gap.end
    }


def test_a_bridge_that_was_killed_has_everything_after_its_next_start(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """The whole bridge, SIGKILL, and its own store and journal."""
    store = tmp_path / "points.db"
    settings: Json = {
        "sinks": {"local": {"kind": "local", "path": str(store)}},
        "journal": {"path": str(tmp_path / "journal.db")},
        "history": {"delay": "1s"},
    }
    entity_id = "sensor.history_killed"
    bridge = BridgeProcess(tmp_path, settings, home_assistant(hass), only(entity_id))
    with bridge:
        bridge.wait_up()
        expected = change(hass, entity_id, values(10))
        wait_for(lambda: stored(store) == points(expected), 30, "ten points")
        assert bridge.terminate() == 0
        bridge.start()
        bridge.wait_up()
        expected += change(hass, entity_id, values(20))
        bridge.kill()
        expected += change(hass, entity_id, values(200))
        bridge.start()
        expected += change(hass, entity_id, values(5))
        wait_for(lambda: stored(store) == points(expected), 60, f"every change once; {bridge}")
        wait_for(lambda: bridge.metrics().value("gaps_open") == 0, 60, "no gap to be open")
        assert {entry["cause"] for entry in bridge.logged("gap")} == {NOT_RUNNING}
    hass.rest.remove_state(entity_id)


def points(changes: Sequence[Told]) -> list[tuple[int, float]]:
    return [(time, float(state or "nan")) for _, time, state, _ in changes]


def stored(store: Path) -> list[tuple[int, Any]]:
    reader = LocalReader(store)
    return [
        (sample.time, sample.value)
        for series in reader.series()
        for sample in reader.read(series.id, "value")
    ]
