"""Which events of HA's event bus are wanted, by the names, globs and rules of the settings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ha_bridge.domain.hass.event_rules import EventRule, EventRules
from ha_bridge.domain.hass.globs import is_glob, matching

STATE_CHANGED = "state_changed"
STATE_REPORTED = "state_reported"


class EventTypes:
    """`names` are subscribed one by one; a glob needs `every` type, which HA gives to administrators only.

    A rule asks for its type like a name does. Changes of state have a road of their own and never match.
    """

    def __init__(
        self,
        event_types: Iterable[str],
        exclude_event_types: Iterable[str],
        rules: Sequence[EventRule] = (),
    ) -> None:
        patterns = [*event_types, *(rule.event_type for rule in rules)]
        self._excluded = matching(exclude_event_types)
        self._included = matching(patterns)
        self._rules = EventRules(rules)
        self.every = any(map(is_glob, patterns))
        self.state_reported = STATE_REPORTED in patterns
        self.names = [name for name in dict.fromkeys(patterns) if not is_glob(name) and self.wants(name)]

    def wants(self, event_type: str) -> bool:
        """Whether any event of the type is wanted."""
        return (
            event_type not in (STATE_CHANGED, STATE_REPORTED)
            and self._included.fullmatch(event_type) is not None
            and self._excluded.fullmatch(event_type) is None
        )

    def takes(self, event_type: str, data: Mapping[str, Any]) -> bool:
        """Whether this event is wanted."""
        return self.wants(event_type) and self._rules.wants(event_type, data)
