"""Discovery messages as zigbee2mqtt, Tasmota, ESPHome and others send them, and what their devices publish then."""

import json
from typing import Any

Json = dict[str, Any]

PREFIX = "homeassistant"
ENTITIES = {
    "zigbee2mqtt": 12,
    "zigbee2mqtt-asked": 12,
    "tasmota": 4,
    "esphome": 7,
    "nameless": 6,
    "bundle": 2,
}
"""How many entities Home Assistant makes of each."""


def zigbee2mqtt(device: str, ieee: str, names: str) -> Json:
    """The configurations of a climate sensor and of a plug with a lock for children; topic to payload."""
    about = {
        "identifiers": [f"zigbee2mqtt_{ieee}"],
        "manufacturer": "Aqara",
        "model": "Temperature and humidity sensor (WSDCGQ11LM)",
        "name": device,
        "sw_version": "3000-0001",
        "via_device": "zigbee2mqtt_bridge_0x00124b0018e2",
    }
    common = {
        "availability": [
            {"topic": "dz2m/bridge/state", "value_template": "{{ value_json.state }}"},
            {"topic": f"dz2m/{device}/availability", "value_template": "{{ value_json.state }}"},
        ],
        "availability_mode": "all",
        "device": about,
        "origin": {"name": "Zigbee2MQTT", "sw": "2.6.3", "url": "https://www.zigbee2mqtt.io"},
        "state_topic": f"dz2m/{device}",
    }
    entities: dict[str, Json] = {
        "sensor/temperature": {
            "device_class": "temperature",
            "state_class": "measurement",
            "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature }}",
        },
        "sensor/humidity": {
            "device_class": "humidity",
            "state_class": "measurement",
            "unit_of_measurement": "%",
            "value_template": "{{ value_json.humidity }}",
        },
        "sensor/voltage": {
            "device_class": "voltage",
            "enabled_by_default": False,
            "entity_category": "diagnostic",
            "state_class": "measurement",
            "unit_of_measurement": "mV",
            "value_template": "{{ value_json.voltage }}",
        },
        "sensor/pm25": {
            "device_class": "pm25",
            "state_class": "measurement",
            "unit_of_measurement": "µg/m³",
            "value_template": '{{ value_json["pm25"] }}',
        },
        "sensor/action": {
            "name": "Action",
            "icon": "mdi:gesture-double-tap",
            "value_template": "{{ value_json['action'] }}",
        },
        "binary_sensor/occupancy": {
            "device_class": "occupancy",
            "payload_off": False,
            "payload_on": True,
            "value_template": "{{ value_json.occupancy }}",
        },
        "switch/switch": {
            "command_topic": f"dz2m/{device}/set",
            "name": None,
            "payload_off": "OFF",
            "payload_on": "ON",
            "value_template": "{{ value_json.state }}",
        },
        "lock/child_lock": {
            "command_topic": f"dz2m/{device}/set/child_lock",
            "name": "Child lock",
            "payload_lock": "LOCK",
            "payload_unlock": "UNLOCK",
            "state_locked": "LOCK",
            "state_unlocked": "UNLOCK",
            "value_template": "{{ value_json.child_lock }}",
        },
        "number/calibration": {
            "command_topic": f"dz2m/{device}/set/calibration",
            "entity_category": "config",
            "max": 5,
            "min": -5,
            "name": "Calibration",
            "step": 0.1,
            "unit_of_measurement": "°C",
            "value_template": "{{ value_json.calibration }}",
        },
        "select/power_outage": {
            "command_topic": f"dz2m/{device}/set/power_outage",
            "entity_category": "config",
            "name": "Power outage",
            "options": ["on", "off", "restore"],
            "value_template": "{{ value_json.power_outage }}",
        },
        "cover/cover": {
            "command_topic": f"dz2m/{device}/set",
            "name": "Blind",
            "position_template": "{{ value_json.position }}",
            "position_topic": f"dz2m/{device}",
            "set_position_template": '{ "position": {{ position }} }',
            "set_position_topic": f"dz2m/{device}/set",
            "state_closing": "DOWN",
            "state_opening": "UP",
            "state_stopped": "STOP",
            "tilt_command_topic": f"dz2m/{device}/set/tilt",
            "tilt_status_template": "{{ value_json.tilt }}",
            "tilt_status_topic": f"dz2m/{device}",
            "value_template": '{% if "motor" in value_json and value_json.motor %} {{ value_json.motor }}'
            " {% else %} STOP {% endif %}",
        },
        "light/light": {
            "brightness": True,
            "brightness_scale": 254,
            "color_mode": True,
            "command_topic": f"dz2m/{device}/set",
            "name": "Lamp",
            "schema": "json",
            "state_topic": f"dz2m/{device}/lamp",
            "supported_color_modes": ["brightness"],
        },
        "sensor/broken": {"name": "Broken", "value_template": "{{ value_json.x | multiply(2) }}"},
    }
    configs = {}
    for place, own in entities.items():
        component, object_id = place.split("/")
        asked = {
            "object_id": f"{device}_{object_id}",
            "default_entity_id": f"{component}.{device}_{object_id}",
        }
        ids = {"unique_id": f"{ieee}_{object_id}_zigbee2mqtt"} | (asked if names == "asked" else {})
        configs[f"{PREFIX}/{component}/{ieee}/{object_id}/config"] = {**common, **ids, **own}
    return configs


def zigbee2mqtt_publishes(device: str) -> list[tuple[str, str]]:
    topic = f"dz2m/{device}"
    first = {
        "temperature": 21.5,
        "humidity": 50,
        "voltage": 3005,
        "pm25": 7,
        "action": "single",
        "occupancy": True,
        "state": "ON",
        "child_lock": "LOCK",
        "calibration": 0.5,
        "power_outage": "restore",
        "position": 40,
        "motor": "UP",
        "tilt": 30,
    }
    second = first | {
        "temperature": "21.70",
        "occupancy": False,
        "state": "OFF",
        "motor": "STOP",
        "calibration": 1,
    }
    # At position 0 a stopped blind is open or closed, as Home Assistant happens to serve state and position of one message.
    third = second | {
        "humidity": None,
        "child_lock": "UNLOCK",
        "position": 25,
        "tilt": 46,
        "power_outage": "nonsense",
    }
    return [
        (topic, json.dumps(first)),
        (f"{topic}/lamp", '{"state": "ON", "brightness": 127, "color_mode": "brightness"}'),
        (topic, json.dumps(second)),
        (topic, json.dumps(second)),
        (topic, json.dumps(third)),
        (f"{topic}/lamp", '{"state": "OFF", "brightness": 127}'),
        (topic, '{"temperature": 19, "action": "hold"}'),
        (f"{topic}/availability", '{"state":"offline"}'),
        (topic, '{"temperature": 18}'),
        (f"{topic}/availability", '{"state":"online"}'),
    ]


def tasmota(topic: str, mac: str) -> Json:
    """A socket with a meter, as Tasmota before its own protocol said it: short keys, the device in full only once."""
    root = f"{PREFIX}/"
    tele, short = f"dtele/{topic}/", {"dev": {"ids": [mac]}}
    common = {"~": tele, "avty_t": "~LWT", "pl_avail": "Online", "pl_not_avail": "Offline"}
    return {
        f"{root}switch/{mac}_RL_1/config": {
            "name": topic,
            "stat_t": f"dtele/{topic}/STATE",
            "avty_t": f"dtele/{topic}/LWT",
            "pl_avail": "Online",
            "pl_not_avail": "Offline",
            "cmd_t": f"cmnd/{topic}/POWER",
            "pl_off": "OFF",
            "pl_on": "ON",
            "val_tpl": "{{value_json.POWER}}",
            "uniq_id": f"{mac}_RL_1",
            "dev": {
                "ids": [mac],
                "name": topic,
                "mdl": "Sonoff S31",
                "sw": "9.5.0(tasmota)",
                "mf": "Tasmota",
            },
        },
        f"{root}sensor/{mac}_ENERGY_Power/config": {
            **common,
            **short,
            "name": "ENERGY Power",
            "stat_t": "~SENSOR",
            "uniq_id": f"{mac}_ENERGY_Power",
            "unit_of_meas": "W",
            "dev_cla": "power",
            "val_tpl": "{{value_json['ENERGY']['Power']}}",
        },
        f"{root}sensor/{mac}_ENERGY_Total/config": {
            **common,
            **short,
            "name": "ENERGY Total",
            "stat_t": "~SENSOR",
            "uniq_id": f"{mac}_ENERGY_Total",
            "unit_of_meas": "kWh",
            "dev_cla": "energy",
            "stat_cla": "total_increasing",
            "val_tpl": "{{value_json.ENERGY.Total | round(1)}}",
        },
        f"{root}sensor/{mac}_status/config": {
            **common,
            **short,
            "name": "status",
            "stat_t": "~HASS_STATE",
            "json_attr_t": "~HASS_STATE",
            "unit_of_meas": "%",
            "uniq_id": f"{mac}_status",
            "val_tpl": "{{value_json['RSSI']}}",
        },
    }


def tasmota_publishes(topic: str) -> list[tuple[str, str]]:
    tele = f"dtele/{topic}/"
    return [
        (
            f"{tele}STATE",
            '{"Time":"2021-01-01T00:00:00","Uptime":"0T00:05:10","POWER":"ON","Wifi":{"RSSI":66}}',
        ),
        (f"{tele}SENSOR", '{"Time":"2021-01-01T00:00:00","ENERGY":{"Total":1.234,"Power":60}}'),
        (
            f"{tele}HASS_STATE",
            '{"Version":"9.5.0(tasmota)","Module":"Sonoff S31","RSSI":"66","unit_of_measurement":"x"}',
        ),
        (f"{tele}SENSOR", '{"Time":"2021-01-01T00:05:00","ENERGY":{"Total":1.26,"Power":60}}'),
        (f"{tele}HASS_STATE", '{"Version":"9.5.1(tasmota)","Module":"Sonoff S31","RSSI":"66"}'),
        (f"{tele}STATE", '{"POWER":"OFF"}'),
        (f"{tele}LWT", "Offline"),
        (f"{tele}LWT", "Online"),
    ]


def esphome(node: str, mac: str) -> Json:
    """A weather station: bare values, short keys, a node id in the topic, an area for the device."""
    device = {
        "ids": mac,
        "name": f"{node} Station",
        "sw": "esphome v2025.7.0 Jul 20 2025",
        "mdl": "esp32dev",
        "mf": "Espressif",
        "sa": "Gärten",
    }
    common = {"avty_t": f"{node}/status", "pl_avail": "online", "pl_not_avail": "offline", "dev": device}
    below = f"{PREFIX}/sensor/{node}"
    return {
        f"{below}/outside/config": {
            **common,
            "dev_cla": "temperature",
            "unit_of_meas": "°C",
            "stat_cla": "measurement",
            "name": "Außen Temperatur",
            "stat_t": f"{node}/sensor/outside/state",
            "uniq_id": f"ESPsensor{node}outside",
        },
        f"{below}/wind/config": {
            **common,
            "unit_of_meas": "km/h",
            "name": "Wind, 1,000 m",
            "exp_aft": 3600,
            "stat_t": f"{node}/sensor/wind/state",
            "uniq_id": f"ESPsensor{node}wind",
        },
        f"{below}/boot/config": {
            **common,
            "dev_cla": "timestamp",
            "name": "Boot",
            "stat_t": f"{node}/sensor/boot/state",
            "uniq_id": f"ESPsensor{node}boot",
        },
        f"{below}/text/config": {
            **common,
            "name": "Text",
            "frc_upd": True,
            "stat_t": f"{node}/sensor/text/state",
            "uniq_id": f"ESPsensor{node}text",
        },
        f"{PREFIX}/binary_sensor/{node}/door/config": {
            **common,
            "dev_cla": "door",
            "stat_t": f"{node}/binary_sensor/door/state",
            "uniq_id": f"ESPbinary_sensor{node}door",
        },
        f"{PREFIX}/fan/{node}/fan/config": {
            **common,
            "name": "Fan",
            "cmd_t": f"{node}/fan/command",
            "stat_t": f"{node}/fan/state",
            "uniq_id": f"ESPfan{node}fan",
        },
        f"{PREFIX}/light/{node}/lamp/config": {
            **common,
            "name": "Status LED",
            "cmd_t": f"{node}/light/command",
            "stat_t": f"{node}/light/state",
            "uniq_id": f"ESPlight{node}lamp",
        },
    }


def esphome_publishes(node: str) -> list[tuple[str, str]]:
    return [
        (f"{node}/sensor/outside/state", "12.50"),
        (f"{node}/sensor/outside/state", "nan"),
        (f"{node}/sensor/outside/state", "rubbish"),
        (f"{node}/sensor/outside/state", "13"),
        (f"{node}/sensor/wind/state", "3"),
        (f"{node}/sensor/boot/state", "2025-07-20T10:00:00+02:00"),
        (f"{node}/sensor/text/state", "a"),
        (f"{node}/sensor/text/state", "a"),
        (f"{node}/binary_sensor/door/state", "ON"),
        (f"{node}/fan/state", "ON"),
        (f"{node}/light/state", "OFF"),
        (f"{node}/binary_sensor/door/state", "OFF"),
        (f"{node}/status", "offline"),
        (f"{node}/status", "online"),
    ]


def nameless(node: str) -> Json:
    """Entities without a device, without a unique id, or with names that others have."""
    below = f"{PREFIX}/sensor/{node}"
    device = {"ids": [node], "name": f"{node} Twin"}
    return {
        f"{below}/a/config": {"name": f"{node} plain", "stat_t": f"{node}/a", "en": False},
        f"{below}/b/config": {"stat_t": f"{node}/b", "uniq_id": f"{node}_b", "dev_cla": "battery"},
        f"{below}/c/config": {"name": "Same", "stat_t": f"{node}/c", "uniq_id": f"{node}_c", "dev": device},
        f"{below}/d/config": {"name": "Same", "stat_t": f"{node}/d", "uniq_id": f"{node}_d", "dev": device},
        f"{below}/e/config": {"name": None, "stat_t": f"{node}/e", "uniq_id": f"{node}_e", "dev": device},
        f"{below}/f/config": {"stat_t": f"{node}/f", "uniq_id": f"{node}_f", "dev": device},
    }


def nameless_publishes(node: str) -> list[tuple[str, str]]:
    return [(f"{node}/{each}", str(number)) for number, each in enumerate("abcdef")]


def bundle(node: str) -> Json:
    """A whole device in one message, which Home Assistant knows since 2024.12, with a device below it."""
    return {
        f"{PREFIX}/device/{node}/config": {
            "dev": {"ids": [node], "name": f"{node} Hub", "mf": "Bla electronics", "sa": "Cellar"},
            "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
            "cmps": {
                "id1": {
                    "p": "sensor",
                    "device_class": "temperature",
                    "unit_of_measurement": "°C",
                    "value_template": "{{ value_json.temperature }}",
                    "unique_id": f"{node}_t",
                },
                "id2": {
                    "p": "sensor",
                    "name": "Own",
                    "~": f"{node}/own",
                    "stat_t": "~/state",
                    "unique_id": f"{node}_o",
                },
                "trigger": {
                    "p": "device_automation",
                    "automation_type": "trigger",
                    "type": "x",
                    "subtype": "y",
                    "topic": "x",
                },
            },
            "stat_t": f"{node}/state",
            "avty_t": f"{node}/available",
            "qos": 1,
        }
    }


def bundle_publishes(node: str) -> list[tuple[str, str]]:
    return [
        (f"{node}/state", '{"temperature": 4.50}'),
        (f"{node}/own/state", "x"),
        (f"{node}/available", "offline"),
    ]
