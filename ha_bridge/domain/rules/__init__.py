"""What the user's rules do to events on their way to the sinks."""

from ha_bridge.domain.rules.aliases import Aliases
from ha_bridge.domain.rules.book import Rules, Shaped
from ha_bridge.domain.rules.rule import Match, Rule

__all__ = ["Aliases", "Match", "Rule", "Rules", "Shaped"]
