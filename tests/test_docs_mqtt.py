"""Every configuration that docs/mqtt.md shows is right, and does what it says."""

from pathlib import Path

import pytest

from ha_bridge.domain.events import Reading, StateEvent
from ha_bridge.domain.mqtt.reader import MqttReader
from tests.documented import toml_blocks
from tests.domain.mqtt.messages import message
from tests.settings_home import Home

EXAMPLES = toml_blocks("mqtt.md")

SAID = [
    ("meters/7/a/b", "5", "meters meter=7 rest=a/b value=5.0"),
    ("meters/test/a", "5", ""),
    ("plant/a/machine8/x", "5", "mqtt what=a/machine8/x value=5.0"),
    ("plant/a/machine7/x", '{"rpm": 5}', "machine7 line=a rpm=5.0"),
    ("farm/3/moisture", "40", "moisture field=3 value=40.0"),
    ("wall/hall/temperature", "21", "sensor.hall_temperature 21"),
    (
        "shellies/a/status",
        '{"unixtime": 1700000000, "energy": {"power": 5, "debug": 1}, "phases": [{"voltage": 230, "x": 1}], "rssi": -5}',
        "shelly device=a energy_power=5.0 phases_0_voltage=230.0",
    ),
    ("sensors/a", '{"readings": {"temperature": 21.5}}', "sensor.a_temperature 21.5"),
    ("homeassistant/light/hall/state", "on", "light.hall on"),
    ("home/events", '{"event_type": "x", "event_data": {}}', "BusEvent"),
    ("zigbee2mqtt/plug", '{"power": 5}', "sensor.plug_power 5"),
    ("zigbee2mqtt/garage/plug", '{"power": 5}', ""),
]
CONFIG = """{"name": "Power", "uniq_id": "%s", "stat_t": "zigbee2mqtt/%s", "val_tpl": "{{ value_json.power }}",
    "dev": {"ids": ["%s"], "name": "Plug"}}"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def told(event: object) -> str:
    if isinstance(event, Reading):
        words = [f"{key}={value}" for each in (event.tags, event.fields) for key, value in each.items()]
        return " ".join([event.measurement, *words])
    return f"{event.entity_id} {event.state}" if isinstance(event, StateEvent) else type(event).__name__


def read(example: str, home: Home) -> list[tuple[str, str, str]]:
    """Which of what is said the example's routes carry, and as what."""
    home.settings(example)
    reader = MqttReader([route.route() for route in home.load().mqtt.routes])
    for name in ("plug", "garage/plug"):
        device = name.replace("/", "_")
        reader.read(
            message(f"homeassistant/sensor/{device}/config", CONFIG % (name, name, name), retain=True), 1, 0.0
        )
    reader.due(1000.0)
    carried = []
    for topic, payload, _ in SAID:
        observed = reader.read(message(topic, payload), 1, 1000.0) + reader.due(2000.0)
        assert not [each.problem for each in observed if each.problem]
        events = [told(each.event) for each in observed if each.event]
        carried += [(topic, payload, event) for event in events]
    return carried


def test_what_is_said_is_carried_as_the_page_says(home: Home) -> None:
    carried = [each for example in EXAMPLES for each in read(example, home)]
    assert carried == [each for each in SAID if each[2]]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_carries_something(home: Home, example: str) -> None:
    assert read(example, home)
