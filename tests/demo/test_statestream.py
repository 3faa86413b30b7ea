"""What the home says over MQTT, compared with what it says itself."""

import json
import re

from ha_bridge.demo.home import Home, changed_only
from ha_bridge.demo.mqtt_packets import Message
from ha_bridge.demo.states import Change, Changed, Context, Fired, State, iso
from ha_bridge.demo.statestream import StateStream
from ha_bridge.demo.zigbee2mqtt import Zigbee2Mqtt

START = 1_800_000_000.25
LIGHT = State("light.hall", "on", {"brightness": 5, "effects": ["é"]}, START, START + 1, Context("C"))


def changed(new: State | None, old: State | None = None) -> Changed:
    return Changed("light.hall", old, new, START + 1, Context("C"))


def test_a_state_is_published_as_mqtt_statestream_does_it() -> None:
    assert StateStream("base").messages([changed(LIGHT)]) == [
        Message("base/light/hall/state", b"on", 1, retain=True),
        Message("base/light/hall/last_updated", b"2027-01-15T08:00:01.250000+00:00", 1, retain=True),
        Message("base/light/hall/last_changed", b"2027-01-15T08:00:00.250000+00:00", 1, retain=True),
        Message("base/light/hall/brightness", b"5", 1, retain=True),
        Message("base/light/hall/effects", b'["\\u00e9"]', 1, retain=True),
    ]


def test_times_and_attributes_may_be_left_out() -> None:
    short = StateStream("base", timestamps=False, attributes=False)
    assert [message.topic for message in short.messages([changed(LIGHT)])] == ["base/light/hall/state"]


def test_a_removed_entity_and_other_events_say_nothing() -> None:
    fired = Fired("call_service", {}, START, Context("C"))
    assert StateStream().messages([changed(None, LIGHT), fired]) == []


def test_a_zigbee_device_says_what_ha_says() -> None:
    home = Home(rate=50)
    zigbee = Zigbee2Mqtt(home.devices)
    names = {device.topic: device for device in home.devices if device.topic}
    for step in range(100):
        for change in changed_only(home.step(START + step)):
            for message in zigbee.messages([change]):
                name = message.topic.removeprefix("zigbee2mqtt/")
                if not name.endswith("/availability"):
                    keys = {entity.entity_id: entity.key for entity in names[name].entities}
                    said = json.loads(message.payload)[keys[change.entity_id]]
                    assert change.new is not None
                    assert _as_ha_says_it(keys[change.entity_id], said) == change.new.state


def test_a_zigbee_device_repeats_all_it_knows_and_says_when() -> None:
    home = Home(rate=0)
    zigbee = Zigbee2Mqtt(home.devices)
    messages = zigbee.messages(home.step(START))
    last = [message for message in messages if message.topic == "zigbee2mqtt/Kitchen/air"][-1]
    said = json.loads(last.payload)
    assert list(said) == ["temperature", "humidity", "pressure", "battery", "linkquality", "last_seen"]
    assert said["last_seen"] == "2027-01-15T08:00:00.250Z"
    assert (last.qos, last.retain) == (0, False)


def test_a_zigbee_device_that_fails_is_offline_until_it_speaks_again() -> None:
    home = Home(rate=0)
    zigbee = Zigbee2Mqtt(home.devices)
    zigbee.messages(home.step(START))

    def set_state(state: str, second: int) -> list[Message]:
        return zigbee.messages(home.set_state("sensor.kitchen_temperature", state, {}, START + second))

    gone = set_state("unavailable", 1)
    assert gone == [Message("zigbee2mqtt/Kitchen/air/availability", b'{"state":"offline"}', 1, retain=True)]
    back = set_state("unknown", 2)
    assert back == [Message("zigbee2mqtt/Kitchen/air/availability", b'{"state":"online"}', 1, retain=True)]
    strange = set_state("warm", 3)
    assert json.loads(strange[0].payload)["temperature"] == "warm"


def test_what_is_no_zigbee_device_says_nothing_there() -> None:
    home = Home(rate=0)
    zigbee = Zigbee2Mqtt(home.devices)
    changes: list[Change] = [changed(LIGHT), Fired("call_service", {}, START, Context("C"))]
    assert zigbee.messages(changes) == []
    assert [message.topic for message in zigbee.hello()] == ["zigbee2mqtt/bridge/state"]


def test_times_without_a_fraction_are_short() -> None:
    assert iso(1_800_000_000) == "2027-01-15T08:00:00+00:00"


def _as_ha_says_it(key: str, said: object) -> str:
    if isinstance(said, bool):
        return "on" if said is not (key == "contact") else "off"
    assert isinstance(said, float)
    return f"{said:.1f}" if key in ("temperature", "humidity", "pressure") else re.sub(r"\.0$", "", str(said))
