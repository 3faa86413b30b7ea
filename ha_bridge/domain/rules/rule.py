"""A rule as the user writes it: which events it is about, and what is done with them."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from ha_bridge.domain.selectors import Patterns

Scalar = str | bool | int | float
Type = Literal["", "number", "integer", "text", "boolean"]


class Match(Patterns, frozen=True, kw_only=True):
    """Unlike in a selection, every key has to fit. `state`: comparisons with the state, all of which must hold."""

    state: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; its actions are done in the order in which they are written.

    `fields`: what `map` to `round` work on, attributes of an entity or fields of a reading; none of them is the state,
    or every field. Times are seconds. A tag of no text is dropped. `order`: its keys as they are written; none of them
    is the order of these fields.
    """

    name: str = ""
    match: Match = Match()
    drop: bool = False
    fields: tuple[str, ...] = ()
    map: Mapping[str, Scalar] = {}
    type: Type = ""
    default: Scalar | None = None
    scale: float = 1.0
    offset: float = 0.0
    convert: str = ""
    convert_from: str = ""
    round: int | None = None
    deadband: float = 0.0
    deadband_percent: float = 0.0
    rate_limit: float = 0.0
    heartbeat: float = 0.0
    rename: str = ""
    measurement: str = ""
    set_tags: Mapping[str, str] = {}
    drop_tags: tuple[str, ...] = ()
    set_attributes: Mapping[str, Scalar] = {}
    drop_attributes: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    keep: bool = False
    order: tuple[str, ...] = ()

    def actions(self) -> list[str]:
        """The keys of what it does, in order."""
        idle = Rule()
        keys = (key for key in self.order or ACTIONS if key in ACTIONS)
        return [key for key in keys if getattr(self, key) != getattr(idle, key)]

    def sees_attributes(self) -> bool:
        """Whether what it does depends on attributes, or changes them."""
        return bool(self.fields or self.convert or self.set_attributes or self.drop_attributes)


ACTIONS = tuple(key for key in Rule.__struct_fields__ if key not in ("name", "match", "fields", "order"))
"""Every key that does something, or says how."""


def label(number: int, name: str) -> str:
    """How a rule is called wherever people read of it; `number` from 1."""
    return f'rule {number} "{name}"' if name else f"rule {number}"
