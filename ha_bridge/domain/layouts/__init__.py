"""The shapes that points can take, each a class that fulfils `ports.Layout`, with its options beside it."""

from ha_bridge.domain.layouts.component_config import ComponentOptions
from ha_bridge.domain.layouts.homeassistant import HomeAssistantLayout, HomeAssistantOptions

__all__ = [
    "ComponentOptions",
    "HomeAssistantLayout",
    "HomeAssistantOptions",
]
