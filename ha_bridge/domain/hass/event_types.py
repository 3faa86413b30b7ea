"""Which events of HA's event bus are wanted, by the names and globs of the settings."""

import re
from collections.abc import Iterable
from fnmatch import translate

STATE_CHANGED = "state_changed"
STATE_REPORTED = "state_reported"


class EventTypes:
    """`names` are subscribed one by one; a glob needs `every` type, which HA gives to administrators only.

    Changes of state have a road of their own and never match.
    """

    def __init__(self, event_types: Iterable[str], exclude_event_types: Iterable[str]) -> None:
        patterns = list(event_types)
        self._excluded = _matching(exclude_event_types)
        self._included = _matching(patterns)
        self.every = any(map(_is_glob, patterns))
        self.state_reported = STATE_REPORTED in patterns
        self.names = [name for name in dict.fromkeys(patterns) if not _is_glob(name) and self.wants(name)]

    def wants(self, event_type: str) -> bool:
        return (
            event_type not in (STATE_CHANGED, STATE_REPORTED)
            and self._included.fullmatch(event_type) is not None
            and self._excluded.fullmatch(event_type) is None
        )


def _is_glob(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def _matching(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all; for none, one that matches nothing."""
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")
