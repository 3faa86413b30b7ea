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
                "action_template": "{% set values = {None:None,'idle':'idle','heat':'heating','cool':'cooling',"
                "'fan_only':'fan'} %}{{ values[value_json.running_state] }}",
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
        (valve, json.dumps({**warm, "system_mode": "heat", "running_state": "heat", "preset": "x"})),
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


def machines(node: str) -> tuple[Json, Messages]:
    """Fans, a humidifier, a vacuum as Valetudo announces it, a mower, a siren and valves."""
    breeze, mist, robot = f"{node}/fan", f"{node}/mist", f"{node}/robot"
    mower, horn, tap, pipe = f"{node}/mower", f"{node}/siren", f"{node}/tap", f"{node}/pipe"
    configs = {
        **announced(
            node,
            "fan",
            "breeze",
            {
                "command_topic": f"{breeze}/set",
                "direction_command_topic": f"{breeze}/direction/set",
                "direction_state_topic": f"{breeze}/direction",
                "oscillation_command_topic": f"{breeze}/swing/set",
                "oscillation_state_topic": f"{breeze}/swing",
                "percentage_command_topic": f"{breeze}/speed/set",
                "percentage_state_topic": f"{breeze}/speed",
                "percentage_value_template": "{{ {'0':0, '2':2, '7':7}[value] | default('None') }}",
                "preset_mode_command_topic": f"{breeze}/preset/set",
                "preset_mode_state_topic": f"{breeze}/preset",
                "preset_modes": ["auto", "smart"],
                "speed_range_max": 3,
                "state_topic": breeze,
            },
        ),
        **announced(
            node,
            "humidifier",
            "mist",
            {
                "action_topic": f"{mist}/action",
                "command_topic": f"{mist}/set",
                "current_humidity_topic": f"{mist}/current",
                "max_humidity": 80,
                "min_humidity": 30,
                "mode_command_topic": f"{mist}/mode/set",
                "mode_state_topic": f"{mist}/mode",
                "modes": ["eco", "sleep"],
                "state_topic": mist,
                "target_humidity_command_topic": f"{mist}/target/set",
                "target_humidity_state_topic": f"{mist}/target",
            },
        ),
        **announced(
            node,
            "vacuum",
            "robot",
            {
                "command_topic": f"{robot}/set",
                "fan_speed_list": ["low", "high"],
                "schema": "state",
                "set_fan_speed_topic": f"{robot}/speed",
                "state_topic": robot,
                "supported_features": ["start", "stop", "return_home", "fan_speed"],
            },
        ),
        **announced(
            node,
            "lawn_mower",
            "mower",
            {
                "activity_state_topic": mower,
                "activity_value_template": "{{ value_json.activity }}",
                "dock_command_topic": f"{mower}/dock",
            },
        ),
        **announced(
            node,
            "siren",
            "horn",
            {"available_tones": ["ping", "siren"], "command_topic": f"{horn}/set", "state_topic": horn},
        ),
        **announced(node, "valve", "tap", {"command_topic": f"{tap}/set", "state_topic": tap}),
        **announced(
            node,
            "valve",
            "pipe",
            {"command_topic": f"{pipe}/set", "reports_position": True, "state_topic": pipe},
        ),
    }
    messages = [
        (breeze, "ON"),
        (f"{breeze}/speed", "2"),
        (f"{breeze}/speed", "7"),
        (f"{breeze}/speed", "x"),
        (f"{breeze}/preset", "smart"),
        (f"{breeze}/preset", "None"),
        (f"{breeze}/swing", "oscillate_on"),
        (f"{breeze}/direction", "forward"),
        (f"{breeze}/speed", "0"),
        (f"{breeze}/speed", "None"),
        (breeze, "OFF"),
        (mist, "ON"),
        (f"{mist}/action", "humidifying"),
        (f"{mist}/current", "45.6"),
        (f"{mist}/current", "200"),
        (f"{mist}/target", "55"),
        (f"{mist}/target", "90"),
        (f"{mist}/mode", "eco"),
        (f"{mist}/mode", "storm"),
        (mist, "OFF"),
        (f"{mist}/current", "None"),
        (robot, '{"state": "cleaning", "fan_speed": "high"}'),
        (robot, '{"state": "docked"}'),
        (robot, '{"state": "flying", "fan_speed": "low"}'),
        (robot, "rubbish"),
        (robot, '{"state": null}'),
        (mower, '{"activity": "mowing"}'),
        (mower, '{"activity": "flying"}'),
        (mower, '{"activity": "None"}'),
        (mower, '{"activity": "docked"}'),
        (horn, "OFF"),
        (horn, '{"state": "ON", "tone": "siren", "duration": 10, "volume_level": 0.5}'),
        (horn, '{"volume_level": 3}'),
        (horn, '{"tone": "ping"}'),
        (horn, "None"),
        (horn, "rubbish"),
        (tap, "open"),
        (tap, "closing"),
        (tap, '{"state": "closed"}'),
        (tap, "stuck"),
        (tap, "opening"),
        (pipe, '{"position": 50}'),
        (pipe, '{"position": 60, "state": "opening"}'),
        (pipe, "100"),
        (pipe, "closing"),
        (pipe, "30.6"),
        (pipe, "0"),
        (pipe, '{"state": "open"}'),
        (pipe, "nonsense"),
    ]
    return configs, messages


def updates(node: str) -> tuple[Json, Messages]:
    """Updates as text, as JSON and with the latest version apart."""
    plug, board, whole, bulb = f"{node}/plug", f"{node}/board", f"{node}/whole", f"{node}/bulb"
    firmware = {"installed_version": 1, "latest_version": 2, "state": "available"}
    picture = "https://example.com/logo.png"
    configs = {
        **announced(
            node,
            "update",
            "plug",
            {
                "device_class": "firmware",
                "entity_picture": picture,
                "latest_version_template": "{{ value_json['update'].latest_version }}",
                "latest_version_topic": plug,
                "state_topic": plug,
                "value_template": "{{ value_json['update']['installed_version'] }}",
            },
        ),
        **announced(
            node,
            "update",
            "board",
            {
                "entity_picture": picture,
                "latest_version_topic": f"{board}/latest",
                "release_url": "https://example.com/notes",
                "state_topic": board,
                "title": "Board",
            },
        ),
        **announced(node, "update", "whole", {"entity_picture": picture, "state_topic": whole}),
        **announced(
            node,
            "update",
            "bulb",
            {
                "entity_picture": picture,
                "state_topic": bulb,
                "value_template": "{\"latest_version\":\"{{ value_json['update']['latest_version'] }}\","
                "\"installed_version\":\"{{ value_json['update']['installed_version'] }}\","
                "\"update_percentage\":{{ value_json['update'].get('progress', 'null') }},"
                "\"in_progress\":{{ (value_json['update']['state'] == 'updating')|lower }}}",
            },
        ),
    }
    latest = {"latest_version": "1.10.0", "installed_version": "1.9.0", "title": "Whole"}
    messages = [
        (plug, '{"update": {"installed_version": 16777241, "latest_version": 16777250}}'),
        (plug, '{"update": {"installed_version": 16777250, "latest_version": 16777250}}'),
        (plug, '{"update": {"installed_version": 16777251, "latest_version": 16777250}}'),
        (plug, '{"temperature": 5}'),
        (board, "1.2.3"),
        (f"{board}/latest", "1.2.3"),
        (f"{board}/latest", "1.2.10"),
        (f"{board}/latest", ""),
        (f"{board}/latest", "1.2"),
        (f"{board}/latest", "another"),
        (board, "{}"),
        (whole, json.dumps(latest)),
        (whole, json.dumps(latest | {"installed_version": "1.10", "release_summary": "x" * 300})),
        (whole, json.dumps({"installed_version": "1.9.9"})),
        (bulb, json.dumps({"update": firmware})),
        (bulb, json.dumps({"update": firmware | {"state": "updating", "progress": 12.5}})),
        (bulb, json.dumps({"brightness": 5})),
        (bulb, json.dumps({"update": firmware | {"installed_version": 2, "state": "idle"}})),
    ]
    return configs, messages


def events(node: str) -> tuple[Json, Messages]:
    """A button that tells an event for each press, whose last one the broker may have kept."""
    button = f"{node}/button"
    config = {"event_types": ["single", "double"], "state_topic": button}
    messages = [
        (button, '{"event_type": "single"}'),
        (button, '{"event_type": "single", "side": 2}'),
        (button, '{"event_type": "triple"}'),
        (button, '{"event_type": "double"}'),
        (button, "double"),
    ]
    return announced(node, "event", "button", config), messages


def gateways(node: str) -> tuple[Json, Messages]:
    """A Bluetooth sensor as Theengs Gateway announces it, heard by whichever gateway is near."""
    config = {
        "dev_cla": "temperature",
        "stat_t": f"+/+/BTtoMQTT/{node}",
        "unit_of_meas": "°C",
        "val_tpl": "{{ value_json.tempc | is_defined }}",
    }
    topics = [f"home/{gateway}/BTtoMQTT/{node}" for gateway in ("Hall", "Attic")]
    messages = [
        (topics[0], '{"tempc": 20.5, "rssi": -50}'),
        (topics[0], '{"tempc": 21, "rssi": -50}'),
        (topics[1], '{"tempc": 21, "rssi": -90}'),
        (topics[1], '{"rssi": -90}'),
        (topics[1], '{"tempc": 21.5}'),
        (f"home/Attic/BTtoMQTT/{node}/more", '{"tempc": 5}'),
    ]
    return announced(node, "sensor", "tempc", config), messages


KINDS = {
    "thermostats": thermostats,
    "lights": lights,
    "machines": machines,
    "updates": updates,
    "events": events,
    "gateways": gateways,
}
