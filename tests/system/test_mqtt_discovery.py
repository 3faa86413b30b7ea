"""Entities that devices announce are what real Home Assistants make of the same messages: ids, states, attributes."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any

import pytest

from ha_bridge.adapters.mqtt.paho import MqttPaho
from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Names, Route
from tests.system import discovered
from tests.system.discovered_kinds import KINDS, announced
from tests.system.mqtt_clients import SYNC, Ear, Publisher
from tests.system.servers import HomeAssistant, Mosquitto
from tests.system.servers.process import HOST
from tests.system.test_hass_road import road
from tests.system.watching import Watched
from tests.waiting import wait_for

pytestmark = pytest.mark.system

Json = dict[str, Any]
Message = tuple[str, str]
Told = dict[str, list[tuple[str, Json]]]
"""States with their attributes, by entity id."""

NOT_OURS = (
    "is_closed",
    "supported_features",
    "supported_color_modes",
    "color_mode",
    "assumed_state",
    "color_temp",
    "color_temp_kelvin",
    "hs_color",
    "rgb_color",
    "xy_color",
    "min_mireds",
    "max_mireds",
    "min_color_temp_kelvin",
    "max_color_temp_kelvin",
)
"""Attributes that Home Assistant works out of what it can do to an entity, which says nothing of what it measured."""


class Bridge:
    """A bridge's reader at Home Assistant's broker, which knows nothing of Home Assistant."""

    def __init__(self, broker: Mosquitto, names: Names, name: str) -> None:
        routes = [Route("homeassistant/#", "discovery", names=names), Route(SYNC, "value")]
        self.reader = MqttReader(routes)
        self._ear = Ear(MqttPaho(HOST, broker.port, client_id=name), self.reader.subscriptions)
        self._taken = 0
        self.events: list[StateEvent] = []
        self.notes: list[str] = []
        self._synced = 0
        self._asked = 0

    def wait_synced(self) -> None:
        """Until it has read all that the broker has, and what the broker has kept of the topics it asks for then."""
        asked = -1
        while asked != self._asked:
            asked = self._asked
            self._wait_once()

    def close(self) -> None:
        self._ear.client.close()

    def _wait_once(self) -> None:
        goal = self._synced + 1
        self._ear.say(SYNC)
        wait_for(lambda: self._read() >= goal, what="the broker to be read")

    def _read(self) -> int:
        """What has come since; returns how often it has heard itself."""
        now = time.monotonic()
        observed = []
        for message in self._ear.messages[self._taken :]:
            self._taken += 1
            observed += self.reader.read(message, self._taken, now)
            self._ear.acknowledge(message)
        observed += self.reader.due(now)
        self._synced += sum(1 for each in observed if each.event and not isinstance(each.event, StateEvent))
        self.events += [each.event for each in observed if isinstance(each.event, StateEvent)]
        self.notes += self.reader.notes()
        assert not [each.problem for each in observed if each.problem]
        if changes := self.reader.changes():
            self._asked += 1
            self._ear.client.subscribe(changes.wanted, changes.unwanted)
        return self._synced


@pytest.fixture
def publisher(hass_with_mqtt: HomeAssistant) -> Iterator[Publisher]:
    assert hass_with_mqtt.broker is not None
    made = Publisher(hass_with_mqtt.broker.port)
    yield made
    made.close()


@pytest.fixture
def bridge(hass_with_mqtt: HomeAssistant, request: pytest.FixtureRequest) -> Iterator[Bridge]:
    assert hass_with_mqtt.broker is not None
    names: Names = "2024.3" if hass_with_mqtt.version == "2024.3.3" else "2026.11"
    made = Bridge(hass_with_mqtt.broker, names, request.node.name)
    yield made
    made.close()


def wait_heard(hass: HomeAssistant, publisher: Publisher) -> None:
    """Until Home Assistant has heard all that the broker has, the last of which shows as the state of a sensor."""
    text = str(time.monotonic_ns())
    for topic, config in announced("listener", "sensor", "last", {"state_topic": "listener"}).items():
        publisher.publish(topic, json.dumps(config), retain=True)
    publisher.publish("listener", text, retain=True)
    wait_for(lambda: text in [each["state"] for each in hass.rest.states()], 30, "Home Assistant to hear")


def said(state: str, attributes: Json) -> tuple[str, Json]:
    """An event has as its state when it was heard of, of which alone the form can be compared."""
    return (re.sub(r"\d", "#", state) if "event_type" in attributes else state), attributes


def told_by_home_assistant(changes: Sequence[Json], ids: set[str]) -> Told:
    told: Told = defaultdict(list)
    for change in changes:
        if change["entity_id"] in ids and change["new_state"]:
            attributes = {
                name: value
                for name, value in change["new_state"]["attributes"].items()
                if name not in NOT_OURS
            }
            told[change["entity_id"]].append(said(change["new_state"]["state"], attributes))
    return told


def told_by_bridge(events: Sequence[StateEvent]) -> Told:
    told: Told = defaultdict(list)
    for event in events:
        told[event.entity_id].append(said(event.state or "", dict(event.attributes or {})))
    return told


def differing(ours: Told, theirs: Told) -> dict[str, list[Any]]:
    """Each entity's states that are not the same on both sides, with those attributes alone that are not."""
    nothing: tuple[str, Json] = ("", {})
    found: dict[str, list[Any]] = defaultdict(list)
    for entity_id in ours.keys() | theirs.keys():
        for our, their in zip_longest(ours[entity_id], theirs[entity_id], fillvalue=nothing):
            if our != their:
                found[entity_id].append(
                    (our[0], lacking(our[1], their[1]), their[0], lacking(their[1], our[1]))
                )
    return found


def lacking(one: Json, other: Json) -> Json:
    return {name: value for name, value in one.items() if name not in other or other[name] != value}


def online(messages: Sequence[Message]) -> list[Message]:
    """What the devices have published before: that they are there."""
    topics = {topic for topic, _ in messages}
    found = [(topic, '{"state":"online"}') for topic in topics if topic.endswith("/availability")]
    found += [(topic, "Online") for topic in topics if topic.endswith("/LWT")]
    found += [(topic, "online") for topic in topics if topic.endswith(("/status", "/available"))]
    return [*found, ("dz2m/bridge/state", '{"state":"online"}')]


Devices = tuple[Callable[[str], Json], Callable[[str], list[Message]]]
HOMES: dict[str, Devices] = {
    "zigbee2mqtt": (
        lambda name: discovered.zigbee2mqtt(f"{name} Küche 1", "0x00158d0001dc7a4b" + name, "derived"),
        lambda name: discovered.zigbee2mqtt_publishes(f"{name} Küche 1"),
    ),
    "zigbee2mqtt-asked": (
        lambda name: discovered.zigbee2mqtt(f"{name}_asked", "0x00158d0001dc7b4b" + name, "asked"),
        lambda name: discovered.zigbee2mqtt_publishes(f"{name}_asked"),
    ),
    "tasmota": (
        lambda name: discovered.tasmota(f"{name}_Plug", f"A1B2C3{name}"),
        lambda name: discovered.tasmota_publishes(f"{name}_Plug"),
    ),
    "esphome": (
        lambda name: discovered.esphome(f"{name}-garden", f"c3d4e5{name}"),
        lambda name: discovered.esphome_publishes(f"{name}-garden"),
    ),
    "nameless": (
        lambda name: discovered.nameless(f"{name}less"),
        lambda name: discovered.nameless_publishes(f"{name}less"),
    ),
    "bundle": (
        lambda name: discovered.bundle(f"{name}hub"),
        lambda name: discovered.bundle_publishes(f"{name}hub"),
    ),
}


STATELESS = ("_broken", "_button")
"""How the ids of entities end that have no state when they are discovered."""

NOTES = {"zigbee2mqtt": 1, "zigbee2mqtt-asked": 1}
"""How much of each is not carried."""


def kind(made: Callable[[str], tuple[Json, list[Message]]]) -> Devices:
    return lambda name: made(f"{name}home")[0], lambda name: made(f"{name}home")[1]


HOMES |= {name: kind(made) for name, made in KINDS.items()}


@pytest.mark.parametrize("devices", HOMES)
def test_discovered_entities_are_named_and_told_as_home_assistant_does(
    hass_with_mqtt: HomeAssistant, publisher: Publisher, bridge: Bridge, devices: str
) -> None:
    if devices == "bundle" and hass_with_mqtt.version == "2024.3.3":
        pytest.skip("this Home Assistant knows no bundles")
    announces, publishing = HOMES[devices]
    configs, publishes = announces(devices[-4:]), publishing(devices[-4:])
    wait_heard(hass_with_mqtt, publisher)
    with Watched(hass_with_mqtt) as watched:
        # The broker has kept what each topic said first, so that it shows when Home Assistant listens.
        for topic, text in [*dict(reversed(publishes)).items(), *online(publishes)]:
            publisher.publish(topic, text, retain=True)
        for topic, config in configs.items():
            publisher.publish(topic, json.dumps(config), retain=True)
        ids = watched.wait_states(discovered.ENTITIES.get(devices) or len(configs), *STATELESS)
        ids = {each for each in ids if not each.endswith("_broken")}
        wait_heard(hass_with_mqtt, publisher)
        watched.since_last()
        bridge.wait_synced()
        bridge.events.clear()
        changes: list[Json] = []
        for topic, text in publishes:
            publisher.publish(topic, text)
        bridge.wait_synced()
        ours = told_by_bridge(bridge.events)
        wait_heard(hass_with_mqtt, publisher)

        def agree() -> bool:
            changes.extend(watched.since_last())
            return told_by_home_assistant(changes, ids) == ours

        with suppress(AssertionError):
            wait_for(agree, 5)
        for topic in configs:
            publisher.publish(topic, "", retain=True)
    assert len(bridge.notes) == NOTES.get(devices, 0), bridge.notes
    assert differing(ours, told_by_home_assistant(changes, ids)) == {}


def test_of_an_entity_that_is_disabled_by_default_home_assistant_says_so(
    hass_with_mqtt: HomeAssistant, publisher: Publisher
) -> None:
    (topic, config), *_ = announced("hidden", "sensor", "x", {"state_topic": "hidden"}).items()
    publisher.publish(topic, json.dumps({**config, "enabled_by_default": False}), retain=True)
    with road(hass_with_mqtt, "entities") as ours:

        def known() -> str:
            return ours.registry.entity_id("mqtt", config["unique_id"], "sensor")

        ours.until(lambda: bool(known()), "the entity to be registered")
        assert ours.registry.known(known()).disabled
    publisher.publish(topic, "", retain=True)
