"""Which kinds of components there are, and how each is read.

Source: the platforms in HA's `components/mqtt/`. A component whose state needs more than plain readings of a few topics
is not carried, and said so.
"""

from collections.abc import Callable, Mapping

import msgspec

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.kinds.climates import climate, water_heater
from ha_bridge.domain.mqtt.discovery.kinds.covers import cover, valve
from ha_bridge.domain.mqtt.discovery.kinds.events import event
from ha_bridge.domain.mqtt.discovery.kinds.fans import fan, humidifier
from ha_bridge.domain.mqtt.discovery.kinds.lights import light
from ha_bridge.domain.mqtt.discovery.kinds.sirens import siren
from ha_bridge.domain.mqtt.discovery.kinds.updates import update
from ha_bridge.domain.mqtt.discovery.kinds.vacuums import lawn_mower, vacuum
from ha_bridge.domain.mqtt.discovery.kinds.values import number, sensor, text
from ha_bridge.domain.mqtt.discovery.kinds.words import alarm, lock, on_off, select, switch, tracker
from ha_bridge.domain.mqtt.discovery.reading import (
    Carried,
    NotCarried,
    Source,
    State,
    Told,
    template_of,
    topic_of,
)
from ha_bridge.domain.mqtt.routes import Names

STATELESS = frozenset(
    {"button", "camera", "device_automation", "image", "infrared", "notify", "scene", "tag"}
)
"""Components whose entities have no state that somebody might want to keep."""

_STATES: Mapping[str, Callable[[Values], State]] = {
    "alarm_control_panel": alarm,
    "binary_sensor": on_off,
    "device_tracker": tracker,
    "lock": lock,
    "number": number,
    "select": select,
    "sensor": sensor,
    "switch": switch,
    "text": text,
}
_WHOLE: Mapping[str, Callable[[Values, Names], Carried]] = {
    "climate": climate,
    "cover": cover,
    "event": event,
    "fan": fan,
    "humidifier": humidifier,
    "lawn_mower": lawn_mower,
    "light": light,
    "siren": siren,
    "update": update,
    "vacuum": vacuum,
    "valve": valve,
    "water_heater": water_heater,
}


def carried(component: str, values: Values, names: Names) -> Carried:
    """What is read of a component, as the Home Assistant of that version does; raises NotCarried."""
    whole = _WHOLE.get(component)
    if whole is not None:
        return whole(values, names)
    make = _STATES.get(component)
    if make is None:
        raise NotCarried(f"the states of a {component[:80]} are not read")
    state = make(values)
    told = Source(
        topic_of(values, "state_topic"), template_of(values, "value_template"), lambda text: Told(state(text))
    )
    return Carried([msgspec.structs.replace(told, lenient=component != "sensor")])
