"""Whatever strangers publish, every kind reads it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.mqtt.discovery.announcing import Home

TOPICS = (
    *(
        "act_t",
        "act_stat_t",
        "bri_stat_t",
        "curr_hum_t",
        "curr_temp_t",
        "dir_stat_t",
        "fan_mode_stat_t",
        "hum_stat_t",
    ),
    *(
        "l_ver_t",
        "mode_stat_t",
        "osc_stat_t",
        "pct_stat_t",
        "pos_t",
        "pr_mode_stat_t",
        "stat_t",
        "swing_mode_stat_t",
    ),
    *("temp_hi_stat_t", "temp_lo_stat_t", "temp_stat_t"),
)
COMMANDS = ("bri_cmd_t", "dir_cmd_t", "hum_cmd_t", "mode_cmd_t", "osc_cmd_t", "pct_cmd_t", "pr_mode_cmd_t")
CONFIG: Any = {
    **dict.fromkeys(TOPICS, "t"),
    **dict.fromkeys(COMMANDS, "c"),
    "av_tones": ["a"],
    "evt_typ": ["a", "b"],
    "modes": ["off", "heat"],
    "name": "A",
    "ops": ["a"],
    "pos": True,
    "pr_modes": ["a"],
    "sup_clrm": ["xy", "hs"],
    "sup_feat": ["fan_speed"],
}
KINDS = (
    *(
        "alarm_control_panel",
        "binary_sensor",
        "climate",
        "cover",
        "device_tracker",
        "event",
        "fan",
        "humidifier",
    ),
    *(
        "lawn_mower",
        "light",
        "lock",
        "number",
        "select",
        "sensor",
        "siren",
        "switch",
        "text",
        "update",
        "vacuum",
    ),
    *("valve", "water_heater"),
)

WORDS = st.sampled_from(
    ["ON", "off", "None", "heat", "open", "closing", "a", "1.5", "-3", "1e999", "nan", "[]", "{}"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(WORDS, SCALARS, max_size=2)
KEYS = st.sampled_from(
    [
        *("brightness", "color_mode", "duration", "effect", "event_type", "fan_speed", "in_progress"),
        *("installed_version", "latest_version", "position", "release_summary", "state", "tone"),
        *("update_percentage", "volume_level"),
    ]
)
PAYLOADS = st.dictionaries(KEYS, VALUES).map(json.dumps) | WORDS | st.text() | VALUES.map(json.dumps)


@pytest.mark.parametrize("names", ["2024.3", "2026.11"])
@pytest.mark.parametrize("schema", ["basic", "json", "template"])
@given(payloads=st.lists(PAYLOADS, max_size=3))
@settings(max_examples=100, deadline=None)
def test_no_payload_is_too_strange(names: Any, schema: str, payloads: list[str]) -> None:
    home = Home(names=names)
    for kind in KINDS:
        home.announce(
            f"{kind}/x", CONFIG, schema=schema, stat_tpl="{{ value }}", brightness_template="{{ value }}"
        )
    for payload in payloads:
        assert all(event.state for event in home.hear("t", payload))
    assert home.reader.left_out == 0
