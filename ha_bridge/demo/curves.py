"""The day outside: sun, temperature, clouds. Pure functions of the time, good enough to look right on a chart."""

import math
import random

import msgspec

LATITUDE = 52.52
LONGITUDE = 13.405
DAY = 86400.0
YEAR = 365.2425 * DAY


class Moment(msgspec.Struct, frozen=True):
    """What behaviours need to know. `now` Unix seconds, `hour` solar time, `sun` elevation in degrees, `outdoors` in °C."""

    now: float
    hour: float
    sun: float
    outdoors: float
    rng: random.Random


def moment(now: float, rng: random.Random) -> Moment:
    hour = solar_hour(now)
    return Moment(now, hour, sun_elevation(now), outdoor_temperature(now), rng)


def solar_hour(now: float) -> float:
    """Hours since solar midnight at the home's longitude, 0 to 24."""
    return (now / 3600 + LONGITUDE / 15) % 24


def season(now: float) -> float:
    """-1 at the winter solstice, 1 at the summer solstice."""
    return -math.cos(2 * math.pi * (now + 10 * DAY) / YEAR)


def sun_elevation(now: float) -> float:
    """Degrees above the horizon."""
    declination = math.radians(23.44 * season(now))
    latitude = math.radians(LATITUDE)
    angle = math.radians(15 * (solar_hour(now) - 12))
    height = math.sin(latitude) * math.sin(declination)
    height += math.cos(latitude) * math.cos(declination) * math.cos(angle)
    return math.degrees(math.asin(height))


def sun_azimuth(now: float) -> float:
    """Degrees from north, roughly: it goes round evenly."""
    return solar_hour(now) * 15


def outdoor_temperature(now: float) -> float:
    """°C: warmest at three in the afternoon, with a season and a spell of some days."""
    day = 4 * math.cos(2 * math.pi * (solar_hour(now) - 15) / 24)
    spell = 3 * math.sin(2 * math.pi * now / (4.7 * DAY))
    return 10 + 9 * season(now) + day + spell
