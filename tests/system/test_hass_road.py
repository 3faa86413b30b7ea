"""The WebSocket road, protocol and socket without actors, against real Home Assistants."""

import queue
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

import msgspec
import pytest

from ha_bridge.adapters.hass.websocket import HassWebSocketOpener
from ha_bridge.domain.events import BusEvent, Event, StateEvent
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.hass.event_rules import EventRule
from ha_bridge.domain.hass.protocol import HassOptions, HassProtocol
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.registry import Registry
from tests.system.servers import HomeAssistant
from tests.system.servers.hass_rest import HassRest
from tests.system.servers.http_call import http_call
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Subscription = Literal["entities", "events"]
SUBSCRIPTIONS: list[Subscription] = ["entities", "events"]
BOTH = pytest.mark.parametrize("subscription", SUBSCRIPTIONS)

Told = tuple[str, int, str | None, dict[str, Any]]


class Road:
    """A protocol on a socket. `events` is all it has told so far; times are real."""

    def __init__(self, url: str, options: HassOptions, states: States | None = None) -> None:
        self.events: list[Event] = []
        self.registry = Registry()
        self.protocol = HassProtocol(options, states or States(), self.registry)
        self.lost: queue.Queue[str] = queue.Queue()
        self.coalesced = 0
        self._frames: deque[bytes] = deque()
        self.socket = HassWebSocketOpener(url)(self._frames.append, self.lost.put)

    def turn(self) -> None:
        """Do what the actor does on a Wake and on a Tick."""
        now = time.monotonic()
        frames = [self._frames.popleft() for _ in range(len(self._frames))]
        self.coalesced += sum(frame.startswith(b"[") for frame in frames)
        self.events += self.protocol.receive(frames, now, time.time_ns() // 1000)
        self.protocol.tick(now)
        for frame in self.protocol.outgoing():
            self.socket.send(frame)

    def until(self, happened: Callable[[], object], what: str) -> None:
        def look() -> object:
            self.turn()
            return happened()

        wait_for(look, 30, what)

    def of(self, entity_id: str) -> list[StateEvent]:
        return [
            event for event in self.events if isinstance(event, StateEvent) and event.entity_id == entity_id
        ]

    def hear(self, entity_id: str, count: int) -> list[StateEvent]:
        """Wait for so many events of the entity."""
        self.until(lambda: len(self.of(entity_id)) >= count, f"{count} events of {entity_id}")
        return self.of(entity_id)


@contextmanager
def road(
    hass: HomeAssistant,
    subscription: Subscription,
    states: States | None = None,
    token: str = "",
    **options: Any,
) -> Iterator[Road]:
    """Yield a road that is live."""
    opened = Road(hass.url, HassOptions(token or hass.token, subscription, **options), states)
    try:
        opened.until(lambda: opened.protocol.live, "the road to be live")
        yield opened
        assert opened.protocol.problems == []
    finally:
        opened.socket.close()


def by_rest(state: dict[str, Any]) -> Told:
    """Read a state as REST has it, which is as HA has it."""
    moment = datetime.fromisoformat(state["last_updated"])
    micros = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    return state["entity_id"], micros, state["state"], state["attributes"]


def told(event: StateEvent) -> Told:
    return event.entity_id, event.time, event.state, dict(event.attributes or {})


def lights(events: list[Event]) -> list[Told]:
    return [
        told(event)
        for event in events
        if isinstance(event, StateEvent) and event.entity_id.startswith("light.")
    ]


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("21.5", {"unit_of_measurement": "°C", "friendly_name": "Küche"}),
    ("21.6", {"unit_of_measurement": "°C", "friendly_name": "Küche"}),
    ("21.6", {"unit_of_measurement": "°C", "nested": {"list": [1, 2.5, None, "x"], "yes": True}}),
    ("unavailable", {}),
    ("21.6", {"big": 2**53, "small": 1e-9, "text": 'quotes " and \\ and \n'}),
]


@BOTH
def test_each_change_has_home_assistants_own_time_and_attributes(
    hass: HomeAssistant, subscription: Subscription
) -> None:
    entity_id = f"sensor.road_{subscription}"
    with road(hass, subscription) as ours:
        theirs = [hass.rest.set_state(entity_id, state, attributes) for state, attributes in CHANGES]
        events = ours.hear(entity_id, len(CHANGES))
        assert [told(event) for event in events] == [by_rest(state) for state in theirs]
        assert [event.previous for event in events] == ["", *(state for state, _ in CHANGES[:-1])]
        assert events[0].attributes is events[1].attributes
        hass.rest.remove_state(entity_id)
        gone = ours.hear(entity_id, len(CHANGES) + 1)[-1]
    assert (gone.state, gone.previous) == (None, CHANGES[-1][0])
    assert abs(gone.time / 1e6 - time.time()) < 30


def test_the_snapshot_is_what_home_assistant_has(hass: HomeAssistant) -> None:
    hass.rest.set_state("sensor.road_snapshot", "1", {"a": 1})
    hass.rest.set_state("sensor.road_snapshot", "1", {"a": 2})  # last_updated is later than last_changed
    with road(hass, "entities") as ours:
        theirs = {state["entity_id"]: by_rest(state) for state in hass.rest.states()}
        snapshot = {event.entity_id: told(event) for event in ours.events if isinstance(event, StateEvent)}
    steady = [entity_id for entity_id, state in theirs.items() if snapshot[entity_id][1] == state[1]]
    assert len(steady) >= 90  # a demo entity may change meanwhile
    assert {entity_id: snapshot[entity_id] for entity_id in steady} == {
        entity_id: theirs[entity_id] for entity_id in steady
    }
    assert "sensor.road_snapshot" in steady
    hass.rest.remove_state("sensor.road_snapshot")


def test_a_burst_is_coalesced_and_both_subscriptions_tell_the_same(hass: HomeAssistant) -> None:
    with road(hass, "entities") as one, road(hass, "events") as other:
        known = len(one.events)
        for _ in range(10):
            hass.rest.call_service("light", "toggle", {"entity_id": "all"})
        hass.rest.set_state("light.road_end", "off")
        for road_ in (one, other):
            road_.hear("light.road_end", 1)
            assert road_.coalesced
        heard, also_heard = lights(one.events[known:]), lights(other.events)
    assert len(heard) > 50
    assert heard == also_heard
    hass.rest.remove_state("light.road_end")


@BOTH
@pytest.mark.parametrize("event_types", [("road_event", "road_*"), ("road_event", "road_other")])
def test_other_events_come_with_their_data_and_states_come_once(
    hass: HomeAssistant, subscription: Subscription, event_types: tuple[str, ...]
) -> None:
    data = {"entity_id": ["light.a"], "new_state": 7, "text": "ü"}
    with road(hass, subscription, event_types=event_types) as ours:
        hass.rest.fire_event("road_event", data)
        hass.rest.fire_event("unwanted", data)
        hass.rest.fire_event("road_other")
        hass.rest.set_state("sensor.road_once", "1")
        ours.hear("sensor.road_once", 1)
        hass.rest.remove_state("sensor.road_once")
        ours.until(lambda: ours.of("sensor.road_once")[-1].state is None, "the removal")
    others = [event for event in ours.events if isinstance(event, BusEvent)]
    assert [(event.event_type, event.data) for event in others] == [("road_event", data), ("road_other", {})]
    assert all(event.context and abs(event.time / 1e6 - time.time()) < 30 for event in others)
    assert len(ours.of("sensor.road_once")) == 2


def test_a_wrong_token_is_refused(hass: HomeAssistant) -> None:
    with pytest.raises(Refused, match=r"Long-lived access tokens"), road(hass, "entities", token="wrong"):
        pass


def log_in(hass: HomeAssistant, username: str) -> str:
    """Return an access token of the user, whose password is `secret`."""
    rest, client = HassRest(hass.url), f"{hass.url}/"
    start = {"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client}
    flow = rest.call("POST", "/auth/login_flow", start)["flow_id"]
    answers = {"client_id": client, "username": username, "password": "secret"}
    code = rest.call("POST", f"/auth/login_flow/{flow}", answers)["result"]
    form = urllib.parse.urlencode({"grant_type": "authorization_code", "code": code, "client_id": client})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http_call("POST", f"{hass.url}/auth/token", form.encode(), headers)
    return str(msgspec.json.decode(answer)["access_token"])


def users_token(hass: HomeAssistant) -> str:
    """Return a token of a user who is no administrator."""
    with hass.websocket() as socket:
        users = socket.command("config/auth/list")
        if not any(user["name"] == "Guest" for user in users):
            guest = socket.command("config/auth/create", name="Guest", group_ids=["system-users"])["user"][
                "id"
            ]
            account = {"user_id": guest, "username": "guest", "password": "secret"}
            socket.command("config/auth_provider/homeassistant/create", **account)
    return log_in(hass, "guest")


def test_who_is_no_administrator_hears_states_and_is_told_why_no_more(hass: HomeAssistant) -> None:
    token = users_token(hass)
    for subscription in SUBSCRIPTIONS:
        with road(hass, subscription, token=token, event_types=("entity_registry_updated",)) as ours:
            hass.rest.set_state("sensor.road_guest", subscription)
            ours.hear("sensor.road_guest", 1)
    wanted: list[dict[str, Any]] = [
        {"event_types": ("call_service",)},
        {"event_types": ("mobile_app_*",)},
        {"events": (EventRule("mobile_app_*", include={"action": ("open",)}),)},
    ]
    for events in wanted:
        with (
            pytest.raises(Refused, match="administrator"),
            road(hass, "events", token=token, **events),
        ):
            pass
    hass.rest.remove_state("sensor.road_guest")


def test_a_restart_is_noticed_and_previous_reaches_over_it(hass: HomeAssistant) -> None:
    states = States()
    with road(hass, "entities", states) as before:
        hass.rest.set_state("light.bed_light", "before the restart")
        before.hear("light.bed_light", 2)
        hass.stop()
        assert "Home Assistant" in before.lost.get(timeout=10)
        with pytest.raises(Lost, match="nobody listens"), road(hass, "entities", states):
            pass
    hass.start()
    with road(hass, "entities", states) as after:
        event = after.hear("light.bed_light", 1)[0]
        assert event.previous == "before the restart"
        assert event.state != "before the restart"
        assert after.protocol.note == ""
        assert after.protocol.ha_version == hass.rest.call("GET", "/api/config")["version"]


def test_a_home_assistant_that_hangs_is_lost(hass: HomeAssistant) -> None:
    with road(hass, "entities", ping_interval=0.2, ping_timeout=1) as ours:
        hass.pause()
        try:
            with pytest.raises(Lost, match="no pong within 1 s"):
                ours.until(lambda: False, "a loss")
        finally:
            hass.resume()
