"""The devices in the rooms of the simulated home, kind by kind."""

from collections.abc import Iterator

from ha_bridge.demo.behaviours import Choice, Climate, Cover, Level, Light, Load, Meter
from ha_bridge.demo.catalogue import Device, battery, entity, sensor

_AIR = (
    ("Living room", 21.5, "Living room/air"),
    ("Kitchen", 21.0, "Kitchen/air"),
    ("Bedroom", 18.5, "Bedroom/air"),
    ("Bathroom", 22.5, "Bathroom air"),
    ("Cellar", 13.0, "Cellar air"),
)
_PLUGS = (
    ("Living room", "Television", 1.5, 95, 0.4),
    ("Kitchen", "Fridge", 1.2, 82, 0.35),
    ("Kitchen", "Dishwasher", 0.6, 1900, 0.1),
    ("Office", "Desk", 12, 140, 0.5),
    ("Cellar", "Freezer", 1.0, 74, 0.4),
)
_LAMPS = (
    ("Living room", "Ceiling", False),
    ("Living room", "Shelf", True),
    ("Kitchen", "Counter", False),
    ("Bedroom", "Bedside", True),
    ("Hallway", "Ceiling", False),
    ("Bathroom", "Mirror", False),
)
_MOTION = ("Hallway", "Bathroom", "Garden")
_CONTACTS = (("Hallway", "Door", "door"), ("Bedroom", "Window", "window"), ("Kitchen", "Window", "window"))
_THERMOSTATS = (("Living room", 20.8), ("Bedroom", 18.3), ("Bathroom", 22.0))
_BLINDS = ("Living room", "Bedroom")


def room_devices() -> Iterator[Device]:
    for row in _AIR:
        yield _air(*row)
    for plug in _PLUGS:
        yield _plug(*plug)
    for lamp in _LAMPS:
        yield _lamp(*lamp)
    for area in _MOTION:
        yield _motion(area)
    for contact in _CONTACTS:
        yield _contact(*contact)
    for thermostat in _THERMOSTATS:
        yield _thermostat(*thermostat)
    for area in _BLINDS:
        yield _blind(area)


def _air(area: str, mean: float, topic: str) -> Device:
    humidity = Level(48, 5, peak=7, noise=0.4)
    entities = [
        sensor(f"{area} temperature", Level(mean, 1.5), 3, "°C", "temperature", key="temperature"),
        sensor(f"{area} humidity", humidity, 3, "%", "humidity", key="humidity"),
        sensor(f"{area} pressure", Level(1013, noise=0.2), 1, "hPa", "atmospheric_pressure", key="pressure"),
        battery(area, 87),
    ]
    return Device(f"{area} air", area, "Aqara", "WSDCGQ11LM", "mqtt", entities, topic)


def _plug(area: str, name: str, idle: float, busy: float, chance: float) -> Device:
    load = Load(idle, busy, chance)
    meter = Meter(load, 120)
    entities = [
        entity("switch", name, Choice("on", "off"), 0.2, device_class="outlet"),
        sensor(f"{name} power", load, 8, "W", "power"),
        sensor(f"{name} energy", meter, 4, "kWh", "energy", state_class="total_increasing"),
        sensor(f"{name} voltage", Level(231, noise=0.8), 3, "V", "voltage", category="diagnostic"),
    ]
    return Device(name, area, "Shelly", "Plus Plug S", "shelly", entities)


def _lamp(area: str, name: str, colour: bool) -> Device:
    named = f"{area} {name}"
    modes = ["hs" if colour else "brightness"]
    light = entity(
        "light", named, Light(colour=colour), 0.7, supported_color_modes=modes, supported_features=40
    )
    return Device(named, area, "Signify", "LCT024", "hue", [light])


def _motion(area: str) -> Device:
    name = f"{area} motion"
    lux = Level(140, 120, peak=12, noise=15, digits=0)
    entities = [
        entity("binary_sensor", name, Choice("off", "on"), 1, key="occupancy", device_class="motion"),
        sensor(f"{area} illuminance", lux, 3, "lx", "illuminance", key="illuminance"),
        battery(name, 64),
    ]
    return Device(name, area, "IKEA", "E1745", "mqtt", entities, name)


def _contact(area: str, name: str, kind: str) -> Device:
    named = f"{area} {name}"
    contact = entity("binary_sensor", named, Choice("off", "on"), 0.4, key="contact", device_class=kind)
    entities = [contact, battery(named, 100)]
    return Device(named, area, "Aqara", "MCCGQ11LM", "mqtt", entities, f"{area}/{name.lower()}")


def _thermostat(area: str, mean: float) -> Device:
    name = f"{area} heating"
    climate = entity(
        "climate",
        name,
        Climate(Level(mean, 1, noise=0.15)),
        1.5,
        hvac_modes=["heat", "off"],
        min_temp=5,
        max_temp=30,
        supported_features=385,
    )
    return Device(name, area, "tado", "VA02", "tado", [climate])


def _blind(area: str) -> Device:
    name = f"{area} blind"
    cover = entity("cover", name, Cover(), 0.3, device_class="blind", supported_features=15)
    return Device(name, area, "Somfy", "io", "overkiz", [cover])
