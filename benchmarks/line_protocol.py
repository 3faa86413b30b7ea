"""What a line costs, next to influxdb-client's Point: `python -m benchmarks.line_protocol`.

Both make the same lines in the same run, so the ratio holds on any machine. Point starts from names and values, as it
does wherever it is used; this program starts from a Point whose Series is cached, as it is in every layout.
"""

import random
from collections.abc import Callable
from timeit import repeat
from typing import Any

from influxdb_client.client.write import point as client

from ha_bridge.domain.line_protocol import encode
from ha_bridge.domain.points import FieldValue, Point, Series

POINTS = 5_000
NANOSECONDS = 1e9
TAGS = {"entity_id": "living_room_temperature", "device_class": "temperature", "unit": "°C"}
TIME = 1_700_000_000_123_456

Fields = dict[str, FieldValue]


def client_line(fields: Fields) -> str:
    point: Any = client.Point("sensor")  # type: ignore[no-untyped-call]
    for key, tag in TAGS.items():
        point.tag(key, tag)
    for key, value in fields.items():
        point.field(key, value)
    return str(point.time(TIME * 1000).to_line_protocol())


def nanoseconds(work: Callable[[], object]) -> float:
    """Time the quickest of a few runs, per point."""
    return min(repeat(work, number=1, repeat=7)) / POINTS * NANOSECONDS


def compare(what: str, field_sets: list[Fields]) -> None:
    series = Series("sensor", TAGS)
    points = [Point(series, fields, TIME) for fields in field_sets]
    assert encode(points).decode() == "\n".join(map(client_line, field_sets))
    ours = nanoseconds(lambda: encode(points))
    theirs = nanoseconds(lambda: "\n".join(map(client_line, field_sets)))
    print(f"{what:34} {ours:6.0f} ns   Point {theirs:6.0f} ns   {theirs / ours:5.1f} times as fast")


def main() -> None:
    chance = random.Random(1)  # noqa: S311 - made-up measurements
    compare("temperatures, one decimal", [{"value": round(chance.gauss(21, 2), 1)} for _ in range(POINTS)])
    compare("numbers that never repeat", [{"value": chance.random() * 1000} for _ in range(POINTS)])
    compare("on and off, with the text", [{"state": "on", "value": 1.0} for _ in range(POINTS)])
    compare("six fields", [dict.fromkeys("abcdef", round(chance.random(), 2)) for _ in range(POINTS)])


if __name__ == "__main__":
    main()
