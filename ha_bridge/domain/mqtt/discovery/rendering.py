"""What templates work on, and how they fail."""

from typing import Any

import msgspec


class NotPlain(ValueError):
    """A template that is none of the plain forms."""


class NoValue(ValueError):
    """The template fails on this payload: Home Assistant ignores the message."""


class Undefined(NoValue):
    """The template asks for something within nothing: most components then take the payload as it is."""


MISSING: Any = type("Missing", (), {"__str__": lambda _self: "", "__bool__": lambda _self: False})()
"""What Jinja calls undefined."""

_decode = msgspec.json.Decoder().decode


class Payload:
    """A payload as templates see it; decoded as JSON once, by the first that asks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._document: Any = None
        self._decoded = False

    @property
    def document(self) -> Any:
        """The decoded JSON, MISSING where it is none."""
        if not self._decoded:
            self._decoded = True
            try:
                self._document = _decode(self.text)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                self._document = MISSING
        return self._document
