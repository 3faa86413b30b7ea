"""What is told of fields that another program has written with another type."""

import pytest

from ha_bridge.domain.field_types import FieldType, Held, conflicts, findings, type_of
from ha_bridge.domain.points import FieldValue


@pytest.mark.parametrize(
    ("value", "kind"), [(1.0, "float"), (1, "integer"), (True, "boolean"), ("on", "string")]
)
def test_a_value_has_a_type(value: FieldValue, kind: FieldType) -> None:
    assert type_of(value) == kind


def test_a_field_of_another_type_is_told_and_no_other() -> None:
    held = Held(
        {
            "sensor": {
                "value": {"integer", "string"},
                "state": {"string"},
                "available": {"boolean", "float"},
            },
            "theirs": {"value": {"integer"}},
        }
    )
    written: dict[str, dict[str, FieldType]] = {
        "sensor": {"value": "float", "state": "string", "available": "boolean", "fresh": "float"},
        "light": {"value": "float"},
    }
    assert list(map(str, conflicts(written, held))) == [
        'field "value" of "sensor" is integer or string there, and float here'
    ]


def test_a_finding_says_what_to_do() -> None:
    written: dict[str, dict[str, FieldType]] = {"sensor": {"value": "float", "state": "string"}}
    [finding] = findings("main", written, Held({"sensor": {"value": {"integer"}}}))
    assert finding.startswith(
        'field "value" of "sensor" is integer there, and float here: such points are refused'
    )
    assert "sinks.main" in finding
    assert findings("main", written, Held()) == []


def test_texts_are_lost_where_the_server_keeps_none() -> None:
    assert findings("main", {"m": {"state": "string"}}, Held(texts=False)) == [
        "the server makes each text a 0: set sinks.main.strings = false"
    ]
    assert findings("main", {"m": {"value": "float"}}, Held(texts=False)) == []
