"""The types of fields in an InfluxDB, where the first value that is written settles a field's type for good.

Layouts never change the type of a field. What may differ is a field that another program has written before.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

from ha_bridge.domain.points import FieldValue

FieldType = Literal["float", "integer", "string", "boolean"]

Written = Mapping[str, Mapping[str, FieldType]]
"""The fields that the bridge writes, by measurement."""


class Held(msgspec.Struct, frozen=True):
    """What a server has: the types of each field by measurement, in its own words; 1.x may have several of one.

    `texts`: whether it can keep any. VictoriaMetrics cannot and makes each of them 0.
    """

    fields: Mapping[str, Mapping[str, AbstractSet[str]]] = {}
    texts: bool = True


class Conflict(msgspec.Struct, frozen=True):
    """A field that the server has as one type and gets as another."""

    measurement: str
    field: str
    ours: FieldType
    theirs: str

    def __str__(self) -> str:
        return f'field "{self.field}" of "{self.measurement}" is {self.theirs} there, and {self.ours} here'


def type_of(value: FieldValue) -> FieldType:
    match value:
        case bool():
            return "boolean"
        case float():
            return "float"
        case int():
            return "integer"
        case _:
            return "string"


def conflicts(written: Written, held: Held) -> Iterator[Conflict]:
    """Find the fields of which no value can be stored; one that the server does not have yet takes any type."""
    for measurement, fields in written.items():
        there = held.fields.get(measurement, {})
        for field, ours in fields.items():
            theirs = there.get(field)
            if theirs and ours not in theirs:
                yield Conflict(measurement, field, ours, " or ".join(sorted(theirs)))


def findings(sink: str, written: Written, held: Held) -> list[str]:
    """Say what a sink cannot store of what is written, and what to do, a text for each field."""
    if not held.texts and any("string" in fields.values() for fields in written.values()):
        return [f"the server makes each text a 0: set sinks.{sink}.strings = false"]
    mend = (
        f"such points are refused: give sinks.{sink} a bucket or database of its own, or drop the field there"
    )
    return [f"{conflict}: {mend}" for conflict in conflicts(written, held)]
