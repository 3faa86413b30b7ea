"""Sets states in a real Home Assistant and remembers which of them it has acknowledged."""

import itertools
import threading
from collections import deque

from urllib3.exceptions import HTTPError

from tests.chaos.book import Book
from tests.system.servers.hass_rest import HassRest
from tests.system.servers.http_call import HttpError

PAUSE = 0.05
ENTITIES = 5


class HassSender:
    """Each number is the state of some `sensor.chaos_…` once; odd texts are states of `sensor.chaos_odd`."""

    def __init__(self, rest: HassRest) -> None:
        self.states, self.odd = Book(), Book()
        self._rest = rest
        self._odd: deque[tuple[int, str]] = deque()
        self._going = threading.Event()
        self._going.set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def books(self) -> tuple[Book, ...]:
        return self.states, self.odd

    def add(self, number: int, text: str) -> None:
        """Say an odd text, once, when Home Assistant answers next."""
        self._odd.append((number, text))

    def pause(self) -> None:
        self._going.clear()

    def go_on(self) -> None:
        self._going.set()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        numbers = itertools.count(1)
        while not self._over.wait(PAUSE):
            if self._odd:
                number, text = self._odd.popleft()
                self._set(self.odd if number else Book(), number, "sensor.chaos_odd", text)
            elif self._going.is_set():
                number = next(numbers)
                self._set(self.states, number, f"sensor.chaos_{number % ENTITIES}", str(number))

    def _set(self, book: Book, number: int, entity_id: str, state: str) -> None:
        book.send(number)
        try:
            self._rest.set_state(entity_id, state)
        except (HTTPError, HttpError):
            return  # who knows: it may have been set before the answer was lost
        book.acknowledge(number)
