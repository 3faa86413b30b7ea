import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.discovery.rendering import NotPlain, NoValue, Payload, Undefined
from ha_bridge.domain.mqtt.discovery.templates import parse


@pytest.mark.parametrize(
    ("template", "payload", "text"),
    [
        ("{{ value }}", " 21.50 ", "21.50"),
        ("{{value_json.a.b}}", '{"a": {"b": 21.50}}', "21.5"),
        ("{{ value_json['a']['b'] }}", '{"a": {"b": "21.50"}}', "21.50"),
        ('{{- value_json["x y"] -}}', '{"x y": true}', "True"),
        ("{{ value_json.a[1] }}", '{"a": [1, null]}', "None"),
        ("{{ value_json[-1] }}", "[1, 2]", "2"),
        ("{{ value_json }}", "not JSON", ""),
        ("{{ value_json.a }}", '{"b": 1}', ""),
        ("{{ value_json.a[7] }}", '{"a": [1]}', ""),
        ("{{ value_json.a.b }}", '{"a": 5}', ""),
        ("{{ value | float }}", "21", "21.0"),
        ("{{ value | float(0) }}", "x", "0"),
        ("{{ value | float('unavailable') }}", "x", "unavailable"),
        ("{{ value | int }}", "21.7", "21"),
        ("{{ value | int(5) }}", "inf", "5"),
        ("{{ value_json.a | round(1) }}", '{"a": 1.26}', "1.3"),
        ("{{ value | float | round }}", "1.5", "2"),
        ("{{ value_json.a | default('x') }}", "{}", "x"),
        ("{{ value_json.a | default }}", "{}", ""),
        ("{{ value_json.a | default(0.5) | float }}", "{}", "0.5"),
        ("{{ value_json.a | default(none) }}", '{"a": 1}', "1"),
        ("{{ value_json.a | is_defined }}", '{"a": 1}', "1"),
        ("{{ value | lower }} {{ value | upper }}", "On", "on ON"),
        ("{{ value_json.a.get('b') }}{{ value_json.a.get('c', -1) }}", '{"a": {"b": 1}}', "1-1"),
        ("{{ {'off': 0, 'low': 1}[value] | default('None') }}", "high", "None"),
        ("{{ value_json[value_json.b] }}", '{"b": "c", "c": 5}', "5"),
        ("{{ value in ['on', 'auto'] }}", "on", "True"),
        ("{{ 'a' not in value_json }}", "no JSON", "True"),
        ("{{ 1 + 2 * 3 - 4 / 2 }}", "", "5.0"),
        ("{{ -(value | float) | round(1) }}", "1.26", "-1.3"),
        ("{{ value_json.pf | float * 100 | round }}", '{"pf": 0.5}', "50.0"),
        ("{{ (value | int > 5) and (value | int <= 10) or value == 'x' }}", "7", "True"),
        ("{{ not value == 'x' }}", "x", "False"),
        ("{{ value_json.a != 5 }}", "{}", "True"),
        ("{{ value_json.a is defined }}{{ value_json.a is not defined }}", "{}", "FalseTrue"),
        ("{{ 'a' if value_json.a }}", "{}", ""),
        ("{{ 'a' if value_json.a else 'b' if value_json.b else 'c' }}", '{"b": 1}', "b"),
        ("{% set names = {None: 'x', 'on': 'ON',} %} {{ names[value_json.a] }}", '{"a": null}', "x"),
        ("{%- set a = [] -%} {%- set b = [1, [2]] -%} {{ a }}{{ b }}", "", "[][1, [2]]"),
        ("{%if value!='999'%}{{value|float}}{%endif%}", "999", ""),
        ("{% if value == 'a' %}1{% elif value == 'b' %}2{% else %}3{% endif %}", "b", "2"),
        ("{% if value %}{% if value == 'a' %} x {% else %} y {% endif %}{% endif %}", "b", "y"),
        ("a {{- value -}} b", " ", "a b"),
        ('{"v":{{ value }}}', "5", '{"v":5}'),
    ],
)
def test_a_plain_template_gives_what_home_assistants_engine_gives(
    template: str, payload: str, text: str
) -> None:
    assert parse(template).render(Payload(payload)) == text


def test_one_payload_serves_many_templates() -> None:
    payload = Payload('{"a": 1, "b": 2}')
    assert [parse(f"{{{{ value_json.{key} }}}}").render(payload) for key in "ab"] == ["1", "2"]


@pytest.mark.parametrize(
    ("template", "payload"),
    [
        ("{{ value_json.a.b }}", "{}"),
        ("{{ value_json.a }}", "not JSON"),
        ("{{ value_json.a | float(0) }}", "{}"),
        ("{{ value_json.a | is_defined }}", "{}"),
        ("{{ value_json.a < 5 }}", "{}"),
        ("{{ 5 - value_json.a }}", "{}"),
        ("{{ value_json.a.get('b') }}", "{}"),
        ("{{ value_json['update']['a'] }}", "{}"),
    ],
)
def test_something_within_nothing_is_undefined(template: str, payload: str) -> None:
    with pytest.raises(Undefined):
        parse(template).render(Payload(payload))


@pytest.mark.parametrize(
    "template",
    [
        *(
            "{{ value | float }}",
            "{{ value | int }}",
            "{{ value | round(1) }}",
            "{{ -value }}",
            "{{ value * 2 }}",
        ),
        *("{{ value < 5 }}", "{{ 1 / 0 }}", "{{ value in 5 }}", "{{ {}.get([]) }}"),
    ],
)
def test_what_cannot_be_calculated_fails(template: str) -> None:
    with pytest.raises(NoValue):
        parse(template).render(Payload("x"))


def test_what_is_not_finite_cannot_be_rounded_to_a_whole_number() -> None:
    with pytest.raises(NoValue):
        parse("{{ value | round }}").render(Payload("inf"))


@pytest.mark.parametrize(
    "template",
    [
        "",
        "ON",
        "{{ value",
        "{{ values }}",
        "{{ value_json.items }}",
        "{{ value_json.__class__ }}",
        "{{ value_json.a() }}",
        "{{ value_json[a] }}",
        "{{ value_json.a | round('x') }}",
        "{{ value_json.a | float(b) }}",
        "{{ value_json.a | float(0, 1) }}",
        "{{ states('sensor.x') }}",
        "{{ value | regex_replace('a') }}",
        "{{ value | lower(1) }}",
        "{{ value | 'lower' }}",
        "{{ value_json.'a' }}",
        "{{ value_json.a is defined if value else 5 }}",
        "{{ value is none }}",
        "{{ (value if value) }}",
        "{{ 'a' 'b' }}",
        "{{ value_json. }}",
        "{{ 'a\\n' }}",
        "{{ {[]: 1} }}",
        "{{ {'a' 1} }}",
        "{{ [1 2] }}",
        "{{ -'a' | float(-'a') }}",
        "{{ value ** 2 }}",
        "{{ value ~ 'a' }}",
        "{{ value_json.a[0:1] }}",
        "{{ 1 < 2 < 3 }}",
        "{{ value }}{# a comment #}",
        "{% for a in value %}{{ a }}{% endfor %}",
        "{% if value %}a",
        "{% if value %}a{% else %}b{% else %}c{% endif %}",
        "{{ value }}{% endif %}",
        "{{ value }}{% set a = 1 %}",
        "{% set value = 1 %}{{ value }}",
        "{% set a, b = 1 %}{{ a }}",
        "{% set a = 1 %}{% set b = a %}{{ b }}",
        "{{ value }}" + " " * 2000 + "x",
        "{{ " + "(" * 30 + "value" + ")" * 30 + " }}",
        "{{ " + "[" * 30 + "]" * 30 + " }}",
        "{{ " + "{1:" * 30 + "1" + "}" * 30 + " }}",
        "{% if value %}" * 30 + "a" + "{% endif %}" * 30,
    ],
)
def test_all_other_templates_are_not_plain(template: str) -> None:
    with pytest.raises(NotPlain):
        parse(template)


def test_numbers_too_long_to_be_written_fail() -> None:
    payload = Payload("9" * 4000)
    with pytest.raises(NoValue):
        parse("{{ value | int * (value | int) }}").render(payload)


@given(st.text(alphabet="{}%| '\"().[]value_jsonifels=+-*/0123", max_size=60), st.text(max_size=10))
def test_strange_templates_are_not_plain_or_give_a_text(template: str, payload: str) -> None:
    with contextlib.suppress(NotPlain, NoValue):
        assert isinstance(parse(template).render(Payload(payload)), str)
