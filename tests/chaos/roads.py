"""The ways that numbers take, and where they can be found at the end of each."""

import re
from typing import NamedTuple

from tests.chaos.book import Book
from tests.chaos.poison import MARK

_NUMBER = re.compile(r"([0-9]+)(?: |$)")


class Road(NamedTuple):
    """Numbers end as `field` of the points of `where`, or in dead letters, as `letter` finds them.

    `timed`: its events carry a time, so each ends in one point however often it is delivered. `entities`: a glob of
    Home Assistant's, which can tell whether it has forgotten a number itself; "" for none.
    """

    name: str
    book: Book
    field: str
    where: str
    letter: re.Pattern[str]
    timed: bool = True
    poisonous: bool = False
    entities: str = ""

    @property
    def query(self) -> str:
        return f"SELECT {self.field} FROM {self.where}"  # noqa: S608 - names of our own

    def numbers_in(self, letter: str) -> set[int]:
        return {int(number) for number in self.letter.findall(letter)}


def json_road(book: Book) -> Road:
    return Road("MQTT, JSON", book, "value", "chaos_json", re.compile(r"chaos_json,device=\d+ value=(\d+)"))


def value_road(book: Book) -> Road:
    letter = re.compile(r"chaos_value,meter=\d+ value=(\d+)")
    return Road("MQTT, values", book, "value", "chaos_value", letter, timed=False)


def poison_road(book: Book) -> Road:
    return Road("MQTT, poison", book, "poison", "chaos_json", MARK, timed=False, poisonous=True)


def states_road(book: Book) -> Road:
    letter = re.compile(r"sensor,entity_id=chaos_\d+ value=(\d+)")
    where = "sensor WHERE entity_id =~ /^chaos_[0-9]/"
    return Road("Home Assistant", book, "value", where, letter, entities="sensor.chaos_[0-9]")


def odd_road(book: Book) -> Road:
    letter = re.compile(r'sensor,entity_id=chaos_odd state="(\d+)')
    where = "sensor WHERE entity_id = 'chaos_odd'"
    return Road(
        "Home Assistant, odd", book, "state", where, letter, poisonous=True, entities="sensor.chaos_odd"
    )


def number_of(value: float | str) -> int:
    """A number is itself; a text begins with it and a space, or is it. 0 where there is none."""
    if isinstance(value, str):
        found = _NUMBER.match(value)
        return int(found[1]) if found else 0
    return int(value)
