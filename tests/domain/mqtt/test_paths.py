from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.fields import flatten
from ha_bridge.domain.mqtt.paths import PathError, drop, lookup, parse_path, selected


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


@pytest.mark.parametrize(
    ("pick", "drop", "left"),
    [
        ([], [], {"battery", "energy_power", "energy_meta_a", "list_0_x", "list_0_y", "list_1"}),
        (["battery"], [], {"battery"}),
        (["energy"], [], {"energy_power", "energy_meta_a"}),
        (["energy.*"], ["energy.meta"], {"energy_power"}),
        (["*.power"], [], {"energy_power"}),
        ([], ["list", "energy"], {"battery"}),
        ([], ["battery", "list[*].y", "energy.meta.a"], {"energy_power", "list_0_x", "list_1"}),
        (["list[1]", "battery"], ["battery"], {"list_1"}),
        ([""], ["list"], {"battery", "energy_power", "energy_meta_a"}),
        ([], [""], set()),
        (["battery.x"], [], set()),
    ],
)
def test_parts_are_picked_and_dropped_by_path(pick: list[str], drop: list[str], left: set[str]) -> None:
    document = {"battery": 80, "energy": {"power": 5, "meta": {"a": 1}}, "list": [{"x": 1, "y": 2}, 7]}
    fields, _ = flatten(selected(document, [*map(parse_path, pick)], [*map(parse_path, drop)]))
    assert fields.keys() == left


steps = st.sampled_from(["a", "b", "0", "1"])
paths = st.lists(steps | st.just("*"), max_size=3).map(tuple)
parts = st.recursive(
    st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab01"), inner, max_size=3),
    max_leaves=8,
)


def leaves(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from leaves(value, (*path, str(key)))
    elif document is not None:
        yield path, document


def is_under(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(pattern) <= len(path) and all(
        want in ("*", step) for want, step in zip(pattern, path, strict=False)
    )


@given(parts, st.lists(paths, max_size=3), st.lists(paths, max_size=3))
def test_a_value_stays_if_it_is_picked_and_not_dropped(
    document: Any, pick: list[tuple[str, ...]], drop: list[tuple[str, ...]]
) -> None:
    expected = {
        path: value
        for path, value in leaves(document)
        if (not pick or any(is_under(path, each) for each in pick))
        and not any(is_under(path, each) for each in drop)
    }
    assert dict(leaves(selected(document, pick, drop))) == expected
