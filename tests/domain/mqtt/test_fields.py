import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.fields import DEEPEST, MOST_FIELDS, flatten

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["on", "1", "x"])
)
keys = st.text(max_size=3) | st.sampled_from(["a", "a_str", "a_b", "b", "time", "a_str_num", "value"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"a": {"b": [1, True, "x"]}}, {"a_b_0": 1.0, "a_b_1": 1.0, "a_b_2_str": "x"}),
        ({"state": "ON"}, {"state_str": "ON", "state": 1.0}),
        ({"t": "21.5"}, {"t_str": "21.5", "t": 21.5}),
        ({"a_str": 5, "a": "y"}, {"a_str_num": 5.0, "a_str": "y"}),
        ({"a": None, "b": math.nan, "c": math.inf, "d": 10**400, "e": {}, "f": []}, {}),
        ([1, 2], {"0": 1.0, "1": 2.0}),
        (5, {"value": 5.0}),
        (False, {"value": 0.0}),
        ("x", {"value_str": "x"}),
        (None, {}),
    ],
)
def test_json_is_flattened(document: Any, fields: dict[str, object]) -> None:
    assert flatten(document) == (fields, 0)


@given(documents)
def test_a_name_says_its_type(document: Any) -> None:
    fields, left_out = flatten(document)
    for name, value in fields.items():
        assert type(value) is (str if name.endswith("_str") else float)
        assert isinstance(value, str) or math.isfinite(value)
    assert left_out == 0


def test_what_is_too_much_is_left_out_and_counted() -> None:
    fields, left_out = flatten(list(range(MOST_FIELDS + 7)))
    assert (len(fields), left_out) == (MOST_FIELDS, 7)


def test_what_is_too_deep_is_left_out_and_counted() -> None:
    document: Any = 1
    for _ in range(DEEPEST):
        document = [document]
    assert flatten(document)[1] == 0
    assert flatten({"deep": [document], "flat": 1}) == ({"flat": 1.0}, 1)
