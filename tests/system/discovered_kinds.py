"""Discovery messages of thermostats, vacuums, updates and others, as those who make them send them, and what they publish."""

import json
from typing import Any

from tests.system.discovered import PREFIX

Json = dict[str, Any]
Messages = list[tuple[str, str]]


def announced(node: str, component: str, name: str, config: Json) -> Json:
    device = {"ids": [node], "name": node}
    ids = {"name": name, "unique_id": f"{node}_{component}_{name}", "device": device}
    return {f"{PREFIX}/{component}/{node}/{name}/config": {**ids, **config}}


def thermostats(node: str) -> tuple[Json, Messages]:
    """A radiator valve and an air conditioner as zigbee2mqtt announces them, one with short keys as ESPHome does."""
    valve, cooler, bare, heater = f"{node}/trv", f"{node}/ac", f"{node}/bare", f"{node}/heater"
    configs = {
        **announced(
            node,
            "climate",
            "trv",
            {
                "action_topic": valve,
                "action_template": "{{ value_json.running_state }}",
                "current_temperature_topic": valve,
                "current_temperature_template": "{{ value_json.local_temperature }}",
                "max_temp": "30",
                "min_temp": "5",
                "mode_command_topic": f"{valve}/set/system_mode",
                "mode_state_template": "{{ value_json.system_mode }}",
                "mode_state_topic": valve,
                "modes": ["off", "auto", "heat"],
                "preset_mode_command_topic": f"{valve}/set/preset",
                "preset_mode_state_topic": valve,
                "preset_mode_value_template": "{{ value_json.preset }}",
                "preset_modes": ["eco", "comfort"],
                "temp_step": 0.5,
                "temperature_command_topic": f"{valve}/set/occupied_heating_setpoint",
                "temperature_state_template": "{{ value_json.occupied_heating_setpoint }}",
                "temperature_state_topic": valve,
                "temperature_unit": "C",
            },
        ),
        **announced(
            node,
            "climate",
            "ac",
            {
                "current_temperature_topic": cooler,
                "current_temperature_template": "{{ value_json.local_temperature }}",
                "fan_mode_command_topic": f"{cooler}/set/fan_mode",
                "fan_mode_state_template": "{{ value_json.fan_mode }}",
                "fan_mode_state_topic": cooler,
                "fan_modes": ["off", "low", "auto"],
                "mode_command_topic": f"{cooler}/set/system_mode",
                "mode_state_template": "{{ value_json.system_mode }}",
                "mode_state_topic": cooler,
                "modes": ["off", "heat", "cool", "heat_cool"],
                "precision": 0.5,
                "swing_mode_command_topic": f"{cooler}/set/swing_mode",
                "swing_mode_state_template": "{{ value_json.swing_mode }}",
                "swing_mode_state_topic": cooler,
                "temperature_command_topic": f"{cooler}/set/setpoint",
                "temperature_state_template": "{{ value_json.setpoint }}",
                "temperature_state_topic": cooler,
                "temperature_high_command_topic": f"{cooler}/set/cool",
                "temperature_high_state_topic": f"{cooler}/cool",
                "temperature_low_command_topic": f"{cooler}/set/heat",
                "temperature_low_state_topic": f"{cooler}/heat",
            },
        ),
        **announced(
            node,
            "climate",
            "bare",
            {
                "act_t": f"{bare}/action",
                "curr_temp_t": f"{bare}/current",
                "curr_hum_t": f"{bare}/humidity",
                "hum_cmd_t": f"{bare}/set/humidity",
                "hum_stat_t": f"{bare}/target",
                "mode_cmd_t": f"{bare}/set/mode",
                "mode_stat_t": f"{bare}/mode",
                "precision": 1.0,
            },
        ),
        **announced(
            node,
            "water_heater",
            "heater",
            {
                "current_temperature_topic": heater,
                "current_temperature_template": "{{ value_json.is }}",
                "mode_command_topic": f"{heater}/set/mode",
                "mode_state_template": "{{ value_json.mode }}",
                "mode_state_topic": heater,
                "temperature_command_topic": f"{heater}/set",
                "temperature_state_template": "{{ value_json.to }}",
                "temperature_state_topic": heater,
            },
        ),
    }
    warm = {"local_temperature": 20.55, "occupied_heating_setpoint": 21, "running_state": "idle"}
    ac = {"local_temperature": 22.24, "fan_mode": "low", "swing_mode": "on", "setpoint": 24.3}
    messages = [
        (valve, json.dumps({**warm, "system_mode": "auto", "preset": "eco"})),
        (valve, json.dumps(warm | {"local_temperature": 19.96})),
        (valve, json.dumps({**warm, "system_mode": "heat", "running_state": "heating", "preset": "x"})),
        (valve, json.dumps({**warm, "system_mode": "nonsense", "local_temperature": "rubbish"})),
        (valve, json.dumps({"running_state": None, "local_temperature": None, "preset": None})),
        (valve, json.dumps({"system_mode": None, "running_state": "boiling"})),
        # Whether it aims at one temperature or a range must not hang on the order of what the broker has kept.
        (cooler, '{"system_mode": "heat"}'),
        (cooler, json.dumps({**ac, "system_mode": "cool"})),
        (cooler, json.dumps({**ac, "system_mode": "cool", "fan_mode": "storm", "setpoint": 24.9})),
        (f"{cooler}/heat", "18"),
        (f"{cooler}/cool", "25.6"),
        (cooler, json.dumps({"system_mode": "off", "fan_mode": None, "setpoint": None})),
        (cooler, json.dumps({"setpoint": 22})),
        (f"{bare}/humidity", "48.25"),
        (f"{bare}/current", "20.5"),
        (f"{bare}/mode", "dry"),
        (f"{bare}/target", "55"),
        (f"{bare}/action", "drying"),
        (f"{bare}/action", "None"),
        (f"{bare}/humidity", "None"),
        (f"{bare}/mode", "heat_cool"),
        (f"{bare}/current", "-0.4"),
        (heater, '{"is": 48.26, "to": 60, "mode": "eco"}'),
        (heater, '{"is": 48.25}'),
        (heater, '{"is": 48.2, "to": 60, "mode": "nonsense"}'),
        (heater, '{"is": null, "to": null, "mode": null}'),
        (heater, '{"mode": "off"}'),
    ]
    return configs, messages


def lights(node: str) -> tuple[Json, Messages]:
    """Lights of each schema, with one mode of colour and with several."""
    base, dim, tint = f"{node}/basic", f"{node}/dim", f"{node}/tint"
    bulb, strip = f"{node}/bulb", f"{node}/strip"
    configs = {
        **announced(
            node,
            "light",
            "basic",
            {
                "brightness_command_topic": f"{base}/dim/set",
                "brightness_scale": 100,
                "brightness_state_topic": f"{base}/dim",
                "command_topic": f"{base}/set",
                "state_topic": f"{base}/state",
            },
        ),
        **announced(
            node,
            "light",
            "tint",
            {
                "brightness_command_topic": f"{tint}/set",
                "brightness_state_topic": tint,
                "brightness_value_template": "{{ value_json.a.b }}",
                "color_temp_command_topic": f"{tint}/ct",
                "command_topic": f"{tint}/set",
                "state_topic": tint,
                "state_value_template": "{{ value_json.state }}",
            },
        ),
        **announced(
            node,
            "light",
            "dim",
            {
                "brightness_template": "{{ value_json.d }}",
                "command_off_template": "off",
                "command_on_template": "on",
                "command_topic": f"{dim}/set",
                "schema": "template",
                "state_template": "{{ value_json.s }}",
                "state_topic": dim,
            },
        ),
        **announced(
            node,
            "light",
            "bulb",
            {
                "brightness": True,
                "brightness_scale": 254,
                "color_mode": True,
                "command_topic": f"{bulb}/set",
                "effect": True,
                "effect_list": ["blink", "breathe"],
                "schema": "json",
                "state_topic": bulb,
                "supported_color_modes": ["brightness"],
            },
        ),
        **announced(
            node,
            "light",
            "strip",
            {
                "brightness": True,
                "color_mode": True,
                "command_topic": f"{strip}/set",
                "schema": "json",
                "state_topic": strip,
                "supported_color_modes": ["xy", "color_temp"],
            },
        ),
    }
    warm = {"color_mode": "color_temp", "color_temp": 370}
    messages = [
        (f"{base}/dim", "50"),
        (f"{base}/state", "ON"),
        (f"{base}/dim", "0"),
        (f"{base}/dim", "33.3"),
        (f"{base}/dim", ""),
        (f"{base}/state", "OFF"),
        (f"{base}/dim", "200"),
        (f"{base}/state", "ON"),
        (f"{base}/state", "None"),
        (tint, '{"state": "ON", "a": {"b": 17}}'),
        (tint, '{"state": "OFF"}'),
        (tint, '{"state": "ON", "a": {}}'),
        (dim, '{"s": "on", "d": 17}'),
        (dim, '{"s": "on", "d": 0}'),
        (dim, '{"s": "on", "d": 17.5}'),
        (dim, '{"s": "off", "d": 200}'),
        (dim, '{"s": "x", "d": 100}'),
        (dim, '{"s": "on"}'),
        (bulb, '{"state": "ON"}'),
        (bulb, '{"state": "ON", "brightness": 200}'),
        (bulb, '{"state": "ON", "effect": "blink"}'),
        (bulb, '{"state": "OFF", "effect": "breathe"}'),
        (bulb, '{"brightness": 3}'),
        (bulb, '{"state": "ON", "brightness": 0}'),
        (strip, '{"state": "ON", "brightness": 20}'),
        (strip, json.dumps({"state": "ON", **warm})),
        (strip, json.dumps({"state": "ON", "brightness": 100, **warm})),
        (strip, '{"state": null}'),
    ]
    return configs, messages


KINDS = {"thermostats": thermostats, "lights": lights}
