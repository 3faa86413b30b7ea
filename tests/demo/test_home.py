"""The simulated home on its own: no threads, no sockets, time as an argument."""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.demo.behaviours import Battery
from ha_bridge.demo.curves import moment, outdoor_temperature, sun_elevation
from ha_bridge.demo.home import Home, changed_only
from ha_bridge.demo.household import AREAS
from ha_bridge.demo.registries import Registries
from ha_bridge.demo.states import Change, Changed, Contexts, Fired, State, StateTable, iso

START = datetime(2026, 6, 21, 11, 0, tzinfo=UTC).timestamp()
MIDNIGHT = START + 12 * 3600
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def live(home: Home, steps: int, pause: float = 1.0, start: float = START) -> list[Change]:
    """Let it live; the first step is left out."""
    home.step(start)
    return [change for step in range(1, steps + 1) for change in home.step(start + step * pause)]


@pytest.fixture(scope="module")
def life() -> list[Changed | Fired]:
    return live(Home(seed=7, rate=50), 600)


def test_a_seed_decides_everything() -> None:
    assert live(Home(seed=3), 100) == live(Home(seed=3), 100)
    assert live(Home(seed=3), 100) != live(Home(seed=4), 100)


def test_at_first_every_entity_appears() -> None:
    changes = changed_only(Home().step(START))
    assert 60 <= len(changes) <= 100
    assert all(change.old is None and change.new is not None for change in changes)
    assert len({change.entity_id for change in changes}) == len(changes)
    assert all(re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", change.entity_id) for change in changes)


def test_every_domain_a_dashboard_shows_is_there() -> None:
    domains = {change.entity_id.partition(".")[0] for change in changed_only(Home().step(START))}
    assert domains >= {
        "sensor", "binary_sensor", "light", "switch", "climate", "person", "device_tracker", "sun", "weather",
        "cover", "lock", "media_player", "zone", "automation",
    }  # fmt: skip


@pytest.mark.parametrize("rate", [0.5, 5, 300])
def test_it_changes_as_often_as_told(rate: float) -> None:
    changes = live(Home(rate=rate), 200)
    assert len(changes) == pytest.approx(200 * rate, rel=0.15)


def test_at_rate_nothing_nothing_changes() -> None:
    assert live(Home(rate=0), 100) == []


def test_a_late_step_makes_no_flood() -> None:
    home = Home(rate=100, most=50)
    home.step(START)
    assert len(home.step(START + 3600)) < 80
    assert len(home.step(START + 3600.1)) < 40


def test_times_lie_between_the_steps_and_never_repeat_for_an_entity() -> None:
    home = Home(rate=500)
    home.step(START)
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for step in range(1, 50):
        for change in changed_only(home.step(START + step)):
            assert START + step - 1 < change.time <= START + step + 1e-4
            seen[change.entity_id].append(change.time)
    for times in seen.values():
        assert all(one < other for one, other in pairwise(times))


def test_every_change_begins_where_the_last_one_ended() -> None:
    home = Home(rate=200)
    known: dict[str, State | None] = {
        change.entity_id: change.new for change in changed_only(home.step(START))
    }
    for step in range(1, 100):
        for change in changed_only(home.step(START + step)):
            assert change.old == known.get(change.entity_id)
            assert change.old != change.new
            known[change.entity_id] = change.new
    assert {state.entity_id: state for state in home.states} == {
        entity_id: state for entity_id, state in known.items() if state is not None
    }


def test_things_fail_and_come_back(life: list[Change]) -> None:
    states = Counter(change.new.state for change in changed_only(life) if change.new is not None)
    assert states["unavailable"] > 10
    assert states["unknown"] > 1
    returns = [
        each for each in changed_only(life) if each.old and each.new and each.old.state == "unavailable"
    ]
    assert returns


def test_an_unavailable_entity_keeps_its_unit_and_loses_what_it_measured(life: list[Change]) -> None:
    failed = [each.new for each in changed_only(life) if each.new and each.new.state == "unavailable"]
    for state in failed:
        assert "friendly_name" in state.attributes
        assert not {"brightness", "current_temperature", "media_title"} & set(state.attributes)


def test_guests_go_and_come_back(life: list[Change]) -> None:
    removed = {change.entity_id for change in changed_only(life) if change.new is None}
    appeared = {change.entity_id for change in changed_only(life) if change.old is None}
    assert removed
    assert appeared <= removed
    assert all("guest" in entity_id for entity_id in removed)


def test_sometimes_only_attributes_change(life: list[Change]) -> None:
    changed = [each for each in changed_only(life) if each.old and each.new]
    same = [each for each in changed if each.old and each.new and each.old.state == each.new.state]
    assert len(same) > len(changed) / 100
    for change in same:
        assert change.old is not None
        assert change.new is not None
        assert change.new.last_changed == change.old.last_changed < change.new.last_updated


def test_what_somebody_does_is_told_before_what_it_brings_about(life: list[Change]) -> None:
    pairs = list(pairwise(life))
    calls = [
        (one, other) for one, other in pairs if isinstance(one, Fired) and one.event_type == "call_service"
    ]
    assert len(calls) > 10
    for call, change in calls:
        assert isinstance(change, Changed)
        assert call.context == change.context
        assert isinstance(call, Fired)
        assert call.data["service_data"]["entity_id"] == [change.entity_id]
    assert any(call.context.user_id for call, _ in calls)


def test_motion_makes_an_automation_run(life: list[Change]) -> None:
    motion = {change.context.id for change in changed_only(life) if change.entity_id.endswith("_motion")}
    runs = [each for each in life if isinstance(each, Fired) and each.event_type == "automation_triggered"]
    assert len(runs) > 3
    assert all(run.context.parent_id in motion for run in runs)
    assert all(run.data["entity_id"].startswith("automation.") for run in runs)


def test_energy_only_grows_and_numbers_are_numbers(life: list[Change]) -> None:
    last: dict[str, float] = {}
    for change in changed_only(life):
        state = change.new
        if state is None or state.state in ("unavailable", "unknown"):
            continue
        if "unit_of_measurement" in state.attributes:
            assert NUMBER.fullmatch(state.state), state
        if state.attributes.get("state_class") == "total_increasing":
            assert float(state.state) > last.get(state.entity_id, 0)
            last[state.entity_id] = float(state.state)
    assert last


def test_batteries_run_down_and_are_replaced() -> None:
    battery, now = Battery(8), moment(START, Random(1))  # noqa: S311 - a simulation
    assert [battery.next(now)[0] for _ in range(5)] == ["7", "6", "5", "100", "99"]


def test_the_sun_rises_and_the_panels_know() -> None:
    day, night = Home(), Home()
    day.step(START)
    night.step(MIDNIGHT)
    assert _state(day, "sun.sun") == "above_horizon"
    assert _state(night, "sun.sun") == "below_horizon"
    assert float(_state(day, "sensor.solar_power")) > 1000
    assert float(_state(night, "sensor.solar_power")) == 0


def test_summer_is_warmer_than_winter_and_noon_brighter_than_evening() -> None:
    winter = START + 182 * 86400
    assert outdoor_temperature(START) > outdoor_temperature(winter) + 10
    assert sun_elevation(START) > sun_elevation(START + 6 * 3600)
    assert sun_elevation(START) == pytest.approx(61, abs=1)
    assert sun_elevation(winter) == pytest.approx(14, abs=1)


def test_the_registries_know_the_entities() -> None:
    home = Home()
    known = {change.entity_id for change in changed_only(home.step(START))}
    registries = Registries(home.devices, AREAS)
    assert {entry["entity_id"] for entry in registries.entities} < known
    devices = {entry["id"] for entry in registries.devices}
    areas = {entry["area_id"] for entry in registries.areas}
    assert {entry["device_id"] for entry in registries.entities} == devices
    assert {entry["area_id"] for entry in registries.devices} - {None} <= areas
    assert len({entry["unique_id"] for entry in registries.entities}) == len(registries.entities)


def test_a_state_may_be_set_from_outside() -> None:
    home = Home(rate=0)
    home.step(START)
    (change,) = changed_only(home.set_state("sensor.test", "5", {"a": 1}, START + 1))
    assert change.old is None
    assert home.set_state("sensor.test", "5", {"a": 1}, START + 2) == []


def test_two_states_at_one_time_get_two_times() -> None:
    table, contexts = StateTable(), Contexts()
    first = table.set("sensor.a", "1", {}, START, contexts.new(START))
    second = table.set("sensor.a", "2", {}, START, contexts.new(START))
    removed = table.remove("sensor.a", START, contexts.new(START))
    assert first is not None
    assert second is not None
    assert removed is not None
    assert first.time < second.time < removed.time
    assert table.remove("sensor.a", START, contexts.new(START)) is None
    assert len(table) == 0


def test_contexts_look_like_those_of_ha_and_never_repeat() -> None:
    contexts = Contexts()
    ids = [contexts.new(START).id for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", iden) for iden in ids)


@given(st.floats(min_value=0, max_value=4e9))
def test_times_are_written_as_python_writes_them(seconds: float) -> None:
    assert iso(seconds) == datetime.fromtimestamp(seconds, UTC).isoformat()


def _state(home: Home, entity_id: str) -> str:
    state = home.states.get(entity_id)
    assert state is not None
    return state.state
