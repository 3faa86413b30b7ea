"""How the things in the home behave: each gives a state and the attributes that go with it when asked."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

from ha_bridge.demo.curves import LATITUDE, LONGITUDE, Moment, sun_azimuth
from ha_bridge.demo.states import iso

Next = tuple[str, dict[str, Any]]

NOTHING: dict[str, Any] = {}


class Behaviour(Protocol):
    def next(self, moment: Moment) -> Next: ...


class Level:
    """A number that follows the day: `mean` ± `swing`, highest at `peak` o'clock, with a wandering noise."""

    def __init__(
        self, mean: float, swing: float = 0, peak: float = 15, noise: float = 0.1, digits: int = 1
    ) -> None:
        self._mean, self._swing, self._peak = mean, swing, peak
        self._noise, self._digits = noise, digits
        self._walk = 0.0

    def next(self, moment: Moment) -> Next:
        self._walk = 0.95 * self._walk + moment.rng.gauss(0, self._noise)
        day = self._swing * math.cos(2 * math.pi * (moment.hour - self._peak) / 24)
        value = self._mean + day + self._walk
        return f"{value:.{self._digits}f}", NOTHING


class Outdoors:
    """The temperature outside, in °C."""

    def next(self, moment: Moment) -> Next:
        return f"{moment.outdoors + moment.rng.gauss(0, 0.2):.1f}", NOTHING


class Load:
    """Power an appliance draws, in watts: idle, or busy with probability `chance`."""

    def __init__(self, idle: float, busy: float, chance: float) -> None:
        self._idle, self._busy, self._chance = idle, busy, chance
        self.watts = idle

    def next(self, moment: Moment) -> Next:
        busy = moment.rng.random() < self._chance
        self.watts = max(0.0, (self._busy if busy else self._idle) * moment.rng.gauss(1, 0.05))
        return f"{self.watts:.1f}", NOTHING


class Solar:
    """Power of the panels on the roof, in watts."""

    def __init__(self, peak: float) -> None:
        self._peak = peak
        self.watts = 0.0

    def next(self, moment: Moment) -> Next:
        height = max(0.0, math.sin(math.radians(moment.sun)))
        self.watts = self._peak * height * moment.rng.uniform(0.6, 1)
        return f"{self.watts:.1f}", NOTHING


class Meter:
    """Energy in kWh that only grows: what `source` has drawn since it was last asked, at least a watt-hour."""

    def __init__(self, source: Load | Solar, start: float = 0) -> None:
        self._source = source
        self._total = start
        self._asked: float | None = None

    def next(self, moment: Moment) -> Next:
        hours = (moment.now - (self._asked or moment.now)) / 3600
        self._asked = moment.now
        self._total += max(0.001, self._source.watts / 1000 * hours)
        return f"{self._total:.3f}", NOTHING


class Battery:
    """Percent, going down to 5 and then a fresh one."""

    def __init__(self, percent: int) -> None:
        self._percent = percent

    def next(self, _: Moment) -> Next:
        self._percent = self._percent - 1 if self._percent > 5 else 100
        return str(self._percent), NOTHING


class Choice:
    """One of some texts, never twice the same in a row."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self._at = -1

    def next(self, moment: Moment) -> Next:
        step = 1 if self._at < 0 else moment.rng.randrange(1, len(self._texts))
        self._at = (self._at + step) % len(self._texts)
        return self._texts[self._at], NOTHING


class Fixed:
    """A state that its owner changes, not time."""

    def __init__(self, state: str) -> None:
        self._state = state

    def next(self, _: Moment) -> Next:
        return self._state, NOTHING


class Light:
    """On or off; while on it may only change its brightness (0 to 255) or colour. Off, both are null, as in HA."""

    def __init__(self, *, colour: bool = False) -> None:
        self._colour = colour
        self._on = False

    def next(self, moment: Moment) -> Next:
        self._on = moment.rng.random() < (0.6 if self._on else 0.5)
        mode = "hs" if self._colour else "brightness"
        dimmed: dict[str, Any] = {"color_mode": mode if self._on else None, "brightness": None}
        if self._on:
            dimmed["brightness"] = moment.rng.randrange(20, 256)
        if self._colour:
            hue = moment.rng.randrange(360)
            dimmed["hs_color"] = [hue, 80] if self._on else None
        return "on" if self._on else "off", dimmed


class Climate:
    """A thermostat: heats when the room is colder than its target, and the target is lower at night."""

    def __init__(self, room: Level) -> None:
        self._room = room

    def next(self, moment: Moment) -> Next:
        target = 21.0 if 6 <= moment.hour < 22 else 18.0
        current = float(self._room.next(moment)[0])
        mode = "off" if moment.outdoors > 22 else "heat"
        action = "off" if mode == "off" else "heating" if current < target else "idle"
        return mode, {"current_temperature": current, "temperature": target, "hvac_action": action}


class Whereabouts:
    """A phone: at home, at work, or somewhere, more often away by day."""

    def __init__(self, *, tracker: bool) -> None:
        self._tracker = tracker

    def next(self, moment: Moment) -> Next:
        away = moment.rng.random() < (0.7 if 8 <= moment.hour < 17 else 0.2)
        state = moment.rng.choice(["not_home", "Work"]) if away else "home"
        spread = 0.03 if away else 0.0002
        place = {
            "latitude": round(LATITUDE + moment.rng.gauss(0, spread), 6),
            "longitude": round(LONGITUDE + moment.rng.gauss(0, spread), 6),
            "gps_accuracy": moment.rng.randrange(4, 60),
        }
        return state, {**place, "battery_level": moment.rng.randrange(20, 101)} if self._tracker else place


class Sun:
    """The sun, as HA shows it; mostly its attributes change."""

    def next(self, moment: Moment) -> Next:
        state = "above_horizon" if moment.sun > 0 else "below_horizon"
        return state, {
            "next_noon": iso(moment.now + ((12 - moment.hour) % 24) * 3600),
            "next_midnight": iso(moment.now + ((24 - moment.hour) % 24) * 3600),
            "elevation": round(moment.sun + moment.rng.uniform(-0.05, 0.05), 2),
            "azimuth": round(sun_azimuth(moment.now), 2),
            "rising": moment.hour < 12,
        }


class Weather:
    """Text state, numbers as attributes."""

    def next(self, moment: Moment) -> Next:
        clear = "sunny" if moment.sun > 0 else "clear-night"
        state = moment.rng.choice([clear, clear, "partlycloudy", "cloudy", "rainy"])
        return state, {
            "temperature": round(moment.outdoors, 1),
            "humidity": moment.rng.randrange(40, 100),
            "pressure": round(moment.rng.uniform(995, 1030), 1),
            "wind_speed": round(moment.rng.uniform(0, 30), 1),
            "wind_bearing": moment.rng.randrange(360),
        }


class Cover:
    """A blind, in percent open; it runs through opening and closing."""

    def __init__(self) -> None:
        self._position = 100

    def next(self, moment: Moment) -> Next:
        goal = moment.rng.choice([0, 30, 70, 100])
        moving = "opening" if goal > self._position else "closing"
        arrived = moment.rng.random() < 0.6
        self._position = goal if arrived else (self._position + goal) // 2
        resting = "open" if self._position else "closed"
        return resting if arrived else moving, {"current_position": self._position}


class Player:
    """A speaker with what it plays."""

    def __init__(self, songs: Sequence[tuple[str, str]]) -> None:
        self._songs = songs

    def next(self, moment: Moment) -> Next:
        state = moment.rng.choice(["playing", "playing", "paused", "idle", "off"])
        if state in ("idle", "off"):
            return state, NOTHING
        title, artist = moment.rng.choice(self._songs)
        return state, {
            "volume_level": round(moment.rng.random(), 2),
            "is_volume_muted": False,
            "media_title": title,
            "media_artist": artist,
            "media_position": moment.rng.randrange(240),
        }
