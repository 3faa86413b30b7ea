"""Everything in the simulated home: its areas, the devices of the rooms, people, machines, sky and helpers."""

from ha_bridge.demo.behaviours import (
    Choice,
    Fixed,
    Level,
    Meter,
    Outdoors,
    Player,
    Solar,
    Sun,
    Weather,
    Whereabouts,
)
from ha_bridge.demo.catalogue import Device, Entity, battery, entity, sensor
from ha_bridge.demo.curves import LATITUDE, LONGITUDE
from ha_bridge.demo.rooms import room_devices

AREAS = ("Living room", "Kitchen", "Bedroom", "Bathroom", "Hallway", "Office", "Garden", "Cellar")

# A motion sensor, the automation it triggers, the light that goes on.
AUTOMATIONS = {
    "binary_sensor.hallway_motion": ("automation.light_in_the_hallway", "light.hallway_ceiling"),
    "binary_sensor.bathroom_motion": ("automation.light_in_the_bathroom", "light.bathroom_mirror"),
}

_SONGS = (
    ("Für Elise", "Beethoven"),
    ("L'autunno", "Vivaldi"),
    ("Gymnopédie No. 1", "Satie"),
    ("Má vlast", "Smetana"),
)
_PROGRAMME = ("idle", "washing", "rinsing", "spinning", "finished")
_MODES = ("day", "night", "away")


def devices() -> list[Device]:
    """Furnish a home; every call gives another, because behaviours remember."""
    return [
        *room_devices(),
        *_machines(),
        *_players(),
        *(_phone(who, guest=who == "Guest") for who in ("Ada", "Grace", "Guest")),
        Device("Persons", None, "", "", "person", [_person(who) for who in ("Ada", "Grace")]),
        *_sky(),
        Device("Automations", None, "", "", "automation", [_automation(row[0]) for row in AUTOMATIONS.values()]),
        Device("Helpers", None, "", "", "homeassistant", _helpers()),
    ]  # fmt: skip


def _machines() -> list[Device]:
    status = entity(
        "sensor", "Washing machine status", Choice(*_PROGRAMME), 0.5, device_class="enum", options=_PROGRAMME
    )
    lock = entity("lock", "Front door lock", Choice("locked", "unlocked"), 0.2, supported_features=1)
    solar = Solar(6500)
    roof = [
        sensor("Solar power", solar, 6, "W", "power"),
        sensor("Solar energy", Meter(solar, 15230), 3, "kWh", "energy", state_class="total_increasing"),
    ]
    return [
        Device("Washing machine", "Cellar", "Miele", "WWD 120", "miele", [status]),
        Device("Front door lock", "Hallway", "Nuki", "Smart Lock", "nuki", [lock]),
        Device("Roof", "Garden", "SMA", "STP 6.0", "sma", roof),
    ]


def _sky() -> list[Device]:
    carbon_dioxide = Level(650, 180, peak=14, noise=20, digits=0)
    office = [
        sensor("Office CO2", carbon_dioxide, 3, "ppm", "carbon_dioxide"),
        sensor("Office temperature", Level(21.5, 1.2), 3, "°C", "temperature"),
    ]
    garden = [
        sensor("Outdoor temperature", Outdoors(), 3, "°C", "temperature"),
        sensor("Outdoor humidity", Level(70, 12, peak=5, noise=0.8, digits=0), 2, "%", "humidity"),
    ]
    units = {"temperature_unit": "°C", "pressure_unit": "hPa", "wind_speed_unit": "km/h"}
    return [
        Device("Office air", "Office", "Netatmo", "NAMain", "netatmo", office),
        Device("Garden air", "Garden", "Netatmo", "NAModule1", "netatmo", garden),
        Device("Sun", None, "", "", "sun", [entity("sun", "Sun", Sun(), 0.6)]),
        Device("Forecast", None, "", "", "met", [entity("weather", "Home", Weather(), 0.3, **units)]),
    ]


def _players() -> list[Device]:
    return [_player("Kitchen speaker", "Kitchen"), _player("Guest speaker", None, guest=True)]


def _player(name: str, area: str | None, *, guest: bool = False) -> Device:
    player = entity("media_player", name, Player(_SONGS), 1, device_class="speaker", supported_features=64063)
    return Device(name, area, "Sonos", "One", "sonos", [player], guest=guest)


def _phone(who: str, *, guest: bool) -> Device:
    name = f"{who} phone"
    tracker = entity("device_tracker", name, Whereabouts(tracker=True), 0.6, source_type="gps")
    entities = [tracker, battery(name, 71, key="")]
    return Device(name, None, "Google", "Pixel 8", "mobile_app", entities, guest=guest)


def _person(who: str) -> Entity:
    trackers = [f"device_tracker.{who.lower()}_phone"]
    return entity("person", who, Whereabouts(tracker=False), 0.4, id=who.lower(), device_trackers=trackers)


def _automation(entity_id: str) -> Entity:
    name = entity_id.partition(".")[2].replace("_", " ").capitalize()
    return entity("automation", name, Fixed("on"), 0, id=entity_id, mode="single", current=0)


def _helpers() -> list[Entity]:
    return [
        entity("zone", "Home", Choice("2", "1", "0"), 0.1, latitude=LATITUDE, longitude=LONGITUDE, radius=100),
        entity("button", "Restart the router", Fixed("unknown"), 0, device_class="restart"),
        entity("input_select", "House mode", Choice(*_MODES), 0.1, options=_MODES, editable=True),
        sensor("Processor use", Level(9, noise=2, digits=0), 3, "%", category="diagnostic"),
    ]  # fmt: skip
