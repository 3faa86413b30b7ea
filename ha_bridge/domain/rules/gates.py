"""What lets only some of an entity's values pass: those that have moved, and not too many of them."""

from collections.abc import Hashable, Mapping
from typing import Any

import msgspec

from ha_bridge.domain.layouts.memory import remember
from ha_bridge.domain.rules.rule import Rule
from ha_bridge.domain.selectors.comparisons import number

Values = Mapping[str, Any]
"""What an event says, by field; a state is the field of no name."""

NEVER = -(2**62)
_GATES = ("deadband", "deadband_percent", "rate_limit")


class _Passed(msgspec.Struct):
    """The last that passed: its time (microseconds), its numbers; `latest`: the time of the newest that was judged."""

    time: int
    numbers: Mapping[str, float]
    latest: int


class Gate:
    """The deadband and the rate limit of one rule, with the last that passed of each subject; `key` is its place in the rule.

    An entity that becomes unavailable passes, and so does the first after it. The deadband is about numbers; what has
    none passes it. All is judged by the events' own times, so that history is judged as it was when it happened.
    """

    def __init__(self, rule: Rule) -> None:
        self._absolute = rule.deadband
        self._share = rule.deadband_percent / 100
        self._every = round(rule.rate_limit * 1_000_000)
        self._passed: dict[Hashable, _Passed] = {}
        keys = [key for key in rule.actions() if key in _GATES]
        self.label = " and ".join(keys)
        self.key = keys[-1]

    def lets_pass(self, subject: Hashable, values: Values, time: int, *, gone: bool, resent: bool) -> bool:
        """Whether an event passes; `gone`: the entity has no state.

        One that is sent again and not newer than what is known passes: it may have passed before.
        """
        last = self._passed.get(subject) or remember(self._passed, subject, _Passed(NEVER, {}, NEVER))
        if resent and time <= last.latest:
            return True
        last.latest = max(last.latest, time)
        numbers = {} if gone else _numbers(values)
        if not gone and (abs(time - last.time) < self._every or not self._moved(last.numbers, numbers)):
            return False
        last.time, last.numbers = (NEVER if gone else time), numbers
        return True

    def _moved(self, before: Mapping[str, float], after: Mapping[str, float]) -> bool:
        if not after or before.keys() != after.keys() or not (self._absolute or self._share):
            return True
        return any(self._is_far(before[key], value) for key, value in after.items())

    def _is_far(self, before: float, after: float) -> bool:
        """Tell whether a number has moved by the deadband at least; the wider one counts where there are two."""
        return after != before and abs(after - before) >= max(self._absolute, abs(before) * self._share)


def gate(rule: Rule) -> Gate | None:
    """The gate of a rule that has one."""
    return Gate(rule) if any(getattr(rule, key) for key in _GATES) else None


def _numbers(values: Values) -> dict[str, float]:
    found = ((key, number(value)) for key, value in values.items())
    return {key: value for key, value in found if value is not None}
