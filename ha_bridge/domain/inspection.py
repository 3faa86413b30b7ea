"""When to ask a sink's server which types its fields have, about which measurements, and what came of it."""

from collections.abc import Sequence

from ha_bridge.domain.field_types import Held, Written, findings

SETTLE = 5.0
"""Seconds from the first word of what is written until the server is asked: more will follow."""

AGAIN = 600.0
"""Seconds until a server is asked again: about more fields, or whether it is mended."""

AWAY = 20.0
"""Seconds until a server is asked again that did not answer."""

AT_ONCE = 50
"""Measurements in one question, so that it is short and quickly answered."""


class Inspection:
    """Of one sink. `found` is what the last whole round has found, `untold` why the server does not tell.

    `now` in monotonic seconds.
    """

    def __init__(self, sink: str) -> None:
        self._sink = sink
        self._written: Written = {}
        self._ask_at: float | None = None
        self._not_before = 0.0
        self._left: list[str] = []
        self._finding: list[str] = []
        self.found: Sequence[str] = ()
        self.untold = ""

    def shaped(self, fields: Written, now: float) -> None:
        """These are all fields that are written."""
        self._written = fields
        if self._ask_at is None:
            self._ask_at = max(now + SETTLE, self._not_before)

    def question(self, now: float) -> Sequence[str]:
        """The measurements to ask about next, none where there is no need to."""
        if self._ask_at is not None and self._ask_at <= now:
            self._ask_at, self._not_before = None, now + AGAIN
            self._left, self._finding = list(self._written), []
        return self._left[:AT_ONCE]

    def answered(self, held: Held) -> None:
        """What the server says of the measurements asked about."""
        self.untold = ""
        asked, self._left = self._left[:AT_ONCE], self._left[AT_ONCE:]
        written = {name: self._written.get(name, {}) for name in asked}
        self._finding += findings(self._sink, written, held)
        if not self._left:
            self.found = tuple(dict.fromkeys(self._finding))
        if self.found and self._ask_at is None:
            self._ask_at = self._not_before

    def failed(self, now: float, refused: str = "") -> None:
        """It did not answer, or `refused` to tell: later, from the start."""
        self._left = []
        self.untold = refused
        self._ask_at = self._not_before = now + (AGAIN if refused else AWAY)
