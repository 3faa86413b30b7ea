"""Plain templates give what the template engines of real Home Assistants give, and short keys are theirs."""

import json
import subprocess
from typing import Any

import pytest

from ha_bridge.domain.mqtt.discovery.abbreviations import DEVICE_KEYS, KEYS
from ha_bridge.domain.mqtt.discovery.rendering import NoValue, Payload, Undefined
from ha_bridge.domain.mqtt.discovery.templates import parse
from tests.system.generated_templates import templates
from tests.system.servers.missing import missing
from tests.system.servers.newest import SERVERS, newest_command

pytestmark = pytest.mark.system

TEMPLATES = [
    "{{ value }}",
    "{{value_json.a.b}}",
    "{{ value_json['a'] }}",
    '{{ value_json["a"]["b"] }}',
    "{{ value_json.a | float }}",
    "{{ value_json.a | float(0) }}",
    "{{ value_json.a|int }}",
    "{{ value_json.a | round(1) }}",
    "{{ value_json.a | round }}",
    "{{ value_json.a | default('x') }}",
    "{{ value_json.a | default(0) | float | round(2) }}",
    "{{ value_json.a | is_defined }}",
    "{{ value | float }}",
    "{{ value|int(5) }}",
    "{{ value | round(2) }}",
    "{{ value_json }}",
    "{{ value_json[0] }}",
    "{{ value_json.a[1].b }}",
    "{{- value_json.a -}}",
    "{{ value_json.a.b.c }}",
    "{{ value_json.a | float('unavailable') }}",
    "{{ value_json[-1] }}",
    "{{ value_json.a|default(none) }}",
    "{{ value[0] }}",
]
# As zigbee2mqtt (a thermostat, two blinds, two fans, an update) and the scripts for Shelly devices send them.
WRITTEN = [
    (
        "{% set values = {None:None,'idle':'idle','heat':'heating','cool':'cooling','fan_only':'fan'} %}"
        "{{ values[value_json.a] }}"
    ),
    '{% if "a" in value_json and value_json.a %} {{ value_json.a }} {% else %} stop {% endif %}',
    (
        '{% if "a" in value_json and value_json.a %} {% if value_json.b > 0 %} closing {% else %} opening {% endif %}'
        " {% else %} stopped {% endif %}"
    ),
    "{{ {'off':0, 'low':1, 'medium':2}[value_json.a] | default('None') }}",
    "{{ value_json.a if value_json.a in ['on', 'auto', 'ON'] else 'None' | default('None') }}",
    (
        '{"latest_version":"{{ value_json[\'a\'][\'b\'] }}","installed_version":"{{ value_json[\'a\'] }}",'
        "\"update_percentage\":{{ value_json['a'].get('progress', 'null') }},"
        "\"in_progress\":{{ (value_json['a']['b'] == 'updating')|lower }}}"
    ),
    "{% if value_json.a == true %}ON{% else %}OFF{% endif %}",
    "{%if value!=999%}{{value|float|round(1)}}{%endif%}",
    "{{value|float*100|round}}",
    "{{ (value | float / 60 / 1000) | round(2) }}",
    "{{value_json.a|float*100|round}}",
    "{{value|lower}}",
    "{{ value_json['update']['a'] }}",
    '{{ value_json["a"] | default("") }}',
]
PAYLOADS = [
    *("21.50", "21", "abc", "", " 5 ", "ON", "null", "{", "[1, {}]"),
    *(
        f'{{"a": {value}}}'
        for value in ("21.50", '"21.50"', '{"b": 1}', '{"b": {"c": true}}', "null", "true")
    ),
    *(
        f'{{"a": {value}}}'
        for value in ('[1, {"b": "x"}]', '"ON "', "1e400", "NaN", '"nan"', "1e3", '"0x10"')
    ),
    *('{"b": 1}', '{"a": 123456789012345}', '{"a": ""}', '{"a": "1_0"}', '{"a": -0.04}'),
]


def asked(version: str, cases: list[tuple[str, str]]) -> dict[str, Any]:
    script = "tests/system/oracle_templates.py"
    if version == "newest":
        command = newest_command("python3", "-B", f"{{checkout}}/{script}")
    else:
        python = SERVERS / "ha-2024.3.3/bin/python"
        if not python.exists():
            missing("Home Assistant 2024.3.3")
        command = [str(python), "-B", str(SERVERS.parent / script)]
    answer = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def given(template: str, payload: str) -> str | bool | None:
    try:
        return parse(template).render(Payload(payload))
    except Undefined:
        return True
    except NoValue:
        return None


@pytest.mark.parametrize("version", ["2024.3.3", "newest"])
def test_templates_and_short_keys_are_those_of_home_assistant(version: str) -> None:
    every = [*TEMPLATES, *WRITTEN, *templates(400, seed=1)]
    cases = [(template, payload) for template in every for payload in PAYLOADS]
    found = asked(version, cases)
    wrong = [
        (case, theirs) for case, theirs in zip(cases, found["given"], strict=True) if given(*case) != theirs
    ]
    assert wrong[:20] == []
    for table, ours in zip(found["keys"], (KEYS, DEVICE_KEYS), strict=True):
        assert {short: key for short, key in table.items() if short != key}.items() <= ours.items()
