"""Line protocol against two witnesses: influxdb-client's Point, and a reader that splits lines as InfluxDB does."""

import math
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from influxdb_client.client.write import point as client

from ha_bridge.domain import line_protocol
from ha_bridge.domain.line_protocol import encode, line
from ha_bridge.domain.points import FieldValue, Point, Series
from tests.domain.line_reader import Line, read_line

MICROS = 1_700_000_000_123_456

Fields = dict[str, FieldValue]
Tags = dict[str, str]

characters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(st.text(characters, max_size=12), st.text(" ,=\\\"'\n\r\t#aé°", max_size=6))
names = texts.filter(bool)
floats = st.one_of(st.floats(), st.integers(-999, 999).map(float))
values: st.SearchStrategy[FieldValue] = st.one_of(
    floats, st.integers(-(2**63), 2**63 - 1), st.booleans(), texts
)
fields = st.dictionaries(names, values, min_size=1, max_size=5)
tags = st.dictionaries(names, texts, max_size=4)
times = st.integers(-(2**52), 2**52)


def written(measurement: str, tags_: Tags, fields_: Fields, micros: int = MICROS) -> str:
    return line(Point(Series(measurement, tags_), fields_, micros))


def written_by_client(measurement: str, tags_: Tags, fields_: Fields, micros: int) -> str:
    point: Any = client.Point(measurement)  # type: ignore[no-untyped-call]
    point.time(micros * 1000)
    for key, tag in tags_.items():
        point.tag(key, tag)
    for key, value in fields_.items():
        point.field(key, value)
    return str(point.to_line_protocol())


# What Point gets wrong, and so is left out of the comparison: it lets a backslash of a name swallow the separator after
# it, a measurement that starts with a hash make its line a comment, and a line break in a string end the line. Minus
# zero is a matter of taste: it writes -0, this program 0.
client_texts = texts.filter(lambda text: not re.search(r"\\(?=[,= ]|\Z)", text))
client_names = client_texts.filter(bool)
client_measurements = client_names.filter(lambda name: not name.startswith("#"))
client_values = values.filter(
    lambda value: "\n" not in value and "\r" not in value if isinstance(value, str) else str(value) != "-0.0"
)


@given(
    client_measurements,
    st.dictionaries(client_names, client_texts, max_size=4),
    st.dictionaries(client_names, client_values, min_size=1, max_size=5),
    times,
)
def test_a_line_is_what_influxdb_client_writes(
    measurement: str, tags_: Tags, fields_: Fields, micros: int
) -> None:
    in_its_order = dict(sorted(fields_.items()))
    assert written(measurement, tags_, in_its_order, micros) == written_by_client(
        measurement, tags_, fields_, micros
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (21.0, "21"),
        (21.5, "21.5"),
        (-0.5, "-0.5"),
        (0.0, "0"),
        (-0.0, "0"),
        (1e16, "1e+16"),
        (1e-7, "1e-07"),
        (1, "1i"),
        (-7, "-7i"),
        (True, "true"),
        (False, "false"),
        ("on", '"on"'),
        ("", '""'),
        ("°C, a=b", '"°C, a=b"'),
        ('say "hi"', r'"say \"hi\""'),
        ("C:\\temp", r'"C:\\temp"'),
        ("two\nlines\r\nor three", r'"two\nlines\r\nor three"'),
    ],
)
def test_each_type_of_value_has_its_own_spelling(value: FieldValue, text: str) -> None:
    assert written("m", {}, {"f": value}) == f"m f={text} {MICROS}000"


@pytest.mark.parametrize(
    ("measurement", "tags_", "key"),
    [
        ("sensor", {"unit": "°C", "entity_id": "a"}, "sensor,entity_id=a,unit=°C"),
        ("my home, sweet=home", {}, r"my\ home\,\ sweet=home"),
        ("m", {"a=b": "c, d=e"}, r"m,a\=b=c\,\ d\=e"),
        ("m", {"none": "", "": "nameless", "some": "x"}, "m,some=x"),
        ("m", {"path": "C:\\"}, "m,path=C:"),
        ("m", {"path": "C:\\temp"}, "m,path=C:\\temp"),
        ("m\\\\", {"a\\=": "b\\ c"}, "m,a\\==b\\ c"),
        ("\\", {"\\": "b", "c": "\\"}, "_"),
        ("line\nbreak", {"a\tb": "c\rd"}, r"line\nbreak,a\tb=c\rd"),
        ("#", {"a": "b"}, r"\#,a=b"),
    ],
)
def test_a_series_key_is_escaped_and_its_tags_sorted(measurement: str, tags_: Tags, key: str) -> None:
    assert Series(measurement, tags_).key == key


def test_a_series_has_only_the_tags_that_exist() -> None:
    assert Series("m", {"b": "2", "a": "1", "none": ""}).tags == {"a": "1", "b": "2"}


def test_fields_keep_their_order() -> None:
    assert written("m", {}, {"b": 1.0, "a": "x"}) == f'm b=1,a="x" {MICROS}000'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_left_out_and_the_rest_stays(value: float) -> None:
    assert written("m", {}, {"bad": value, "good": 1.0}) == f"m good=1 {MICROS}000"
    assert written("m", {}, {"bad": value}) == ""


def test_a_payload_is_its_lines_with_one_break_between_and_none_after() -> None:
    series = Series("m", {"unit": "°C"})
    points = [Point(series, {"v": value}, 1) for value in (1.0, math.nan, 2.0)]
    assert encode(points) == "m,unit=°C v=1 1000\nm,unit=°C v=2 1000".encode()
    assert encode([]) == b""


def test_a_lone_surrogate_does_not_stop_the_line() -> None:
    assert encode([Point(Series("m", {}), {"v": "\ud83d"}, 1)]) == b'm v="?" 1000'


@given(st.lists(st.builds(Point, st.builds(Series, names, tags), fields, times), max_size=5))
def test_no_text_brings_a_raw_line_break_into_a_payload(points: list[Point]) -> None:
    lines = [text for point in points if (text := line(point))]
    payload = encode(points)
    assert payload.splitlines() == [text.encode() for text in lines]


def stored_name(text: str) -> str:
    """Give the name InfluxDB ends up with: without the backslashes that would swallow what follows them."""
    kept = re.sub(r"\\+(?=[,= ]|\Z)", "", text)
    return kept.replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")


def stored_value(value: FieldValue) -> FieldValue:
    return value.replace("\n", r"\n").replace("\r", r"\r") if isinstance(value, str) else value


@given(names, tags, fields, times)
@example("m\\", {"k\\": "v\\\\", "l": "\\"}, {"f\\": "\\", "g": '\\"'}, 0)
@example("#m", {"k": "v"}, {"f": -0.0}, -1)
def test_what_is_written_is_read_back(measurement: str, tags_: Tags, fields_: Fields, micros: int) -> None:
    finite = {
        key: value for key, value in fields_.items() if not isinstance(value, float) or math.isfinite(value)
    }
    text = written(measurement, tags_, fields_, micros)
    assert bool(text) == bool(finite)
    if finite:
        kept = stored_name(measurement) or "_"
        assert read_line(text) == Line(
            "\\" + kept if kept.startswith("#") else kept,
            {
                k: v
                for key, tag in sorted(tags_.items())
                if (k := stored_name(key)) and (v := stored_name(tag))
            },
            {stored_name(key) or "_": stored_value(value) for key, value in finite.items()},
            micros * 1000,
        )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_remembering_numbers_never_confuses_them(numbers: list[float]) -> None:
    for number in numbers * 2:
        assert read_line(written("m", {}, {"v": number})).fields == {"v": number}


def test_the_memory_for_names_and_numbers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_protocol, "_REMEMBERED", 3)
    for number in range(10):
        assert written("m", {}, {f"f{number}": number + 0.5}) == f"m f{number}={number}.5 {MICROS}000"
    assert len(line_protocol._keys) <= 3
    assert len(line_protocol._numbers) <= 3
