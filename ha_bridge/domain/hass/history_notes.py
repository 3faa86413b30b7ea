"""What history could not give, in words."""

from collections.abc import Sequence

FEW = 3
"""Entities that are named."""
LONG = 600
"""Characters after which a note only says that there is more."""
MORE = "and more"


class Notes:
    """Gathers one text, each thing once."""

    def __init__(self, text: str) -> None:
        self.text = text

    def add(self, text: str) -> None:
        if text in self.text or self.text.endswith(MORE):
            return
        added = text if len(self.text) < LONG else MORE
        self.text = f"{self.text}; {added}" if self.text else added


def named(entity_ids: Sequence[str]) -> str:
    """How many entities, and which few."""
    more = len(entity_ids) - FEW
    few = ", ".join(entity_ids[:FEW])
    return f"{len(entity_ids)} entities ({few} and {more} more)" if more > 0 else few
