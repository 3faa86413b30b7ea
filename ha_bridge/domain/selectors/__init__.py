"""What a user may pick events by, each kind of selector in a module of its own."""

from ha_bridge.domain.selectors.moments import Zone
from ha_bridge.domain.selectors.patterns import Patterns

__all__ = ["Patterns", "Zone"]
