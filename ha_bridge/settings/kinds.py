"""The types of settings, each with the range it is held to."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from msgspec import Meta, Struct

DURATION, SIZE, LIFE = "duration", "size", "life"
Duration = Annotated[float, Meta(ge=0, extra={"unit": DURATION})]
SomeTime = Annotated[float, Meta(gt=0, extra={"unit": DURATION})]
Life = Annotated[float, Meta(ge=0, extra={"unit": LIFE})]
Bytes = Annotated[int, Meta(ge=1, extra={"unit": SIZE})]
Count = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Name = Annotated[str, Meta(min_length=1)]
Names = tuple[Name, ...]
DataMatch = Mapping[str, tuple[str, ...]]
"""Values within data, by their paths, as texts and globs; written as a table, with tables in it where the data have some.

No other setting has this type, so that it alone tells how a table is to be read.
"""
Order = Annotated[tuple[str, ...], "as written"]
"""The keys of a table in the order in which they are written: no key itself."""
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Section(Struct, frozen=True):
    """A table of settings: its fields are the keys, their defaults the defaults."""

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """The section of these keys, in the order in which they are written."""
        return cls(**written)


class EntityFilterSettings(Section, frozen=True, kw_only=True):
    """What entities, events and readings are picked by (`domain/selectors`)."""

    domains: Names = ()
    entities: Names = ()
    event_types: Names = ()
    measurements: Names = ()
    areas: Names = ()
    floors: Names = ()
    devices: Names = ()
    labels: Names = ()
    integrations: Names = ()
    categories: Names = ()
    device_classes: Names = ()
    units: Names = ()
    attributes: Names = ()
    times: Names = ()
    weekdays: Names = ()


class ComponentConfig(Section, frozen=True, kw_only=True):
    """What Home Assistant's own integration may be told about one entity, domain or glob.

    None: not written, which leaves a key to the less exact entries; "" and [] set it to nothing.
    """

    override_measurement: str | None = None
    ignore_attributes: Names | None = None
