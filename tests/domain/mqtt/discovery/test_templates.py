import pytest

from ha_bridge.domain.mqtt.discovery.templates import NotPlain, NoValue, Payload, Undefined, parse


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
    ],
)
def test_something_within_nothing_is_undefined(template: str, payload: str) -> None:
    with pytest.raises(Undefined):
        parse(template).render(Payload(payload))


@pytest.mark.parametrize("template", ["{{ value | float }}", "{{ value | int }}", "{{ value | round(1) }}"])
def test_what_is_no_number_fails(template: str) -> None:
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
        "{{ value + 1 }}",
        "{{ value_json.a | float * 2 }}",
        "{{ value_json.a | upper }}",
        "{{ value_json.items }}",
        "{{ value_json.__class__ }}",
        "{{ value_json.a() }}",
        "{{ value_json[a] }}",
        "{{ value_json.a | round('x') }}",
        "{{ value_json.a | float(b) }}",
        "{{ value_json.a | float(0, 1) }}",
        "{% if value %}on{% endif %}",
        "{{ value }} {{ value }}",
        "{{ value_json.a if value_json.a else 0 }}",
        "{{ states('sensor.x') }}",
        "x{{ value }}",
    ],
)
def test_all_other_templates_are_not_plain(template: str) -> None:
    with pytest.raises(NotPlain):
        parse(template)
