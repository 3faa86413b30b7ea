from typing import Any

import pytest

from ha_bridge.domain.mqtt.paths import PathError, drop, lookup, parse_path


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0].b", ("a", "0", "b")),
        ('a["b.c"].d', ("a", "b.c", "d")),
        ("['x y']", ("x y",)),
        ("[1][2]", ("1", "2")),
        ("a b.0", ("a b", "0")),
    ],
)
def test_a_path_has_steps(text: str, steps: tuple[str, ...]) -> None:
    assert parse_path(text) == steps


@pytest.mark.parametrize("text", [".a", "a.", "a..b", "a[", "a[x]", "a]b", "a[0]b", 'a["b]'])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(PathError, match="no path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("document", "path", "found"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a": [1, {"b": 2}]}, "a[1].b", 2),
        ({"a": {"0": 3}}, "a.0", 3),
        ({"a": [1]}, "a[1]", None),
        ({"a": [1]}, "a.b", None),
        ({"a": 1}, "a.b", None),
        ({"a": 1}, "b", None),
        ([1], "[9999999999]", None),
        (5, "", 5),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(document: Any, path: str, found: Any) -> None:
    assert lookup(document, parse_path(path)) == found


@pytest.mark.parametrize(
    ("document", "path", "left"),
    [
        ({"a": {"b": 1, "c": 2}}, "a.b", {"a": {"c": 2}}),
        ({"a": 1}, "b", {"a": 1}),
        ([1, 2], "[0]", [1, 2]),
        ([{"t": 1}], "[0].t", [{}]),
    ],
)
def test_a_member_of_an_object_can_be_dropped(document: Any, path: str, left: Any) -> None:
    drop(document, parse_path(path))
    assert document == left
