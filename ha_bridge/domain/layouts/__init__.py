"""The shapes that points can take, each a class that fulfils `ports.Layout`, with its options beside it."""

from ha_bridge.domain.layouts.bridge import BridgeLayout, BridgeOptions
from ha_bridge.domain.layouts.component_config import ComponentOptions
from ha_bridge.domain.layouts.homeassistant import HomeAssistantLayout, HomeAssistantOptions
from ha_bridge.domain.layouts.reduced import ReducedLayout

__all__ = [
    "BridgeLayout",
    "BridgeOptions",
    "ComponentOptions",
    "HomeAssistantLayout",
    "HomeAssistantOptions",
    "ReducedLayout",
]
