"""What real Home Assistants publish over MQTT is read as what happened in them."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ha_bridge.adapters.mqtt.paho import MqttPaho
from ha_bridge.domain.events import BusEvent, Event, StateEvent
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.times import micros_of_iso
from tests.system.mqtt_clients import Ear
from tests.system.servers import HomeAssistant
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

CHANGES = 100
QUIET = 5.0
"""Seconds for which a busy machine may keep the broker, or Home Assistant, from going on."""


class Reading:
    """A reader at Home Assistant's broker, and the events it has made of all messages so far."""

    def __init__(self, hass: HomeAssistant, route: Route) -> None:
        assert hass.broker is not None
        self._reader = MqttReader([route], quiet=QUIET)
        self._ear = Ear(MqttPaho(HOST, hass.broker.port, client_id="road"), self._reader.subscriptions)
        self._taken = 0
        self.events: list[Event] = []
        self.problems: list[str] = []

    def wait_for_states(self, entity_id: str, number: int) -> list[StateEvent]:
        return wait_for(lambda: self._states(entity_id, number), 30, f"{number} states of {entity_id}")

    def wait_for_event(self, event_type: str) -> list[BusEvent]:
        return wait_for(lambda: self._fired(event_type), 30, event_type)

    def close(self) -> None:
        self._ear.client.close()
        assert self.problems == []

    def _states(self, entity_id: str, number: int) -> list[StateEvent]:
        self._read()
        states = [
            each for each in self.events if isinstance(each, StateEvent) and each.entity_id == entity_id
        ]
        news = [each for each in states if not each.retained]
        return news if len(news) >= number else []

    def _fired(self, event_type: str) -> list[BusEvent]:
        self._read()
        return [each for each in self.events if isinstance(each, BusEvent) and each.event_type == event_type]

    def _read(self) -> None:
        now = time.monotonic()
        observed = []
        for message in self._ear.messages[self._taken :]:
            self._taken += 1
            observed += self._reader.read(message, self._taken, now)
            self._ear.acknowledge(message)
        observed += self._reader.due(now)
        self.events += [each.event for each in observed if each.event is not None]
        self.problems += [each.problem for each in observed if each.problem]


def changed_at_once(hass: HomeAssistant, entity_id: str) -> list[dict[str, Any]]:
    """Change an entity often, several changes at a time; the states as HA has them, in its order."""

    def change(number: int) -> dict[str, Any]:
        attributes = {"step": number, "name": "täst", "list": [1, {"a": None}]}
        return hass.rest.set_state(entity_id, str(number), attributes)

    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(change, range(CHANGES)))
    return sorted(states, key=lambda state: str(state["last_updated"]))


def test_a_statestream_tells_every_change_with_its_own_time_and_attributes(
    hass_with_mqtt: HomeAssistant,
) -> None:
    reading = Reading(hass_with_mqtt, Route("statestream/#", "statestream"))
    entity_id = "sensor.mqtt_statestream_road"
    states = changed_at_once(hass_with_mqtt, entity_id)
    events = reading.wait_for_states(entity_id, CHANGES)
    assert [(each.time, each.state, each.timed) for each in events] == [
        (micros_of_iso(state["last_updated"]), state["state"], True) for state in states
    ]
    assert [each.attributes for each in events[-1:]] == [state["attributes"] for state in states[-1:]]
    assert [each.previous for each in events[1:]] == [state["state"] for state in states[:-1]]
    reading.close()


def test_an_eventstream_tells_every_change_and_every_other_event(hass_with_mqtt: HomeAssistant) -> None:
    reading = Reading(hass_with_mqtt, Route("eventstream", "eventstream"))
    entity_id = "sensor.mqtt_eventstream_road"
    states = changed_at_once(hass_with_mqtt, entity_id)
    with hass_with_mqtt.websocket() as socket:  # what REST fires counts as remote, and is not published
        socket.command("fire_event", event_type="mqtt_road", event_data={"number": 5})
    events = reading.wait_for_states(entity_id, CHANGES)
    assert [(each.time, each.state, each.attributes) for each in events] == [
        (micros_of_iso(state["last_updated"]), state["state"], state["attributes"]) for state in states
    ]
    (fired,) = reading.wait_for_event("mqtt_road")
    assert (fired.data, fired.timed) == ({"number": 5}, False)
    reading.close()
